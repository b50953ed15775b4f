"""Gamma contrast: a display or camera with the wrong tone curve."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(0.8, 1.2, 1.6),
    unit="gamma",
    citation="SelfVQA (SRL-VQA) distortion set",
    orders=((2, 3),),
)
def contrast(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Map each value v to 255 (v / 255) ** `strength`: below 1 lightens, above 1 darkens."""
    curve = np.rint(255 * (np.arange(256) / 255) ** strength).astype(np.uint8)
    return np.asarray(cv2.LUT(frames.reshape(-1, 1), curve), np.uint8).reshape(frames.shape)
