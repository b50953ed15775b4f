"""Flicker: the light pulses, as lamps on mains current do against a camera's frame rate."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(4, 8, 16),
    unit="amplitude_of_255",
    citation="ours: a sinusoid on luma",
    is_temporal=True,
)
def flicker(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Add a sinusoid of amplitude `strength` to luma, of a frequency between 2 Hz and half the frame rate."""
    frequency_hz = rng.uniform(2, max(2, source.rate_fps / 2))
    phase = rng.uniform(0, 2 * np.pi)
    t_s = np.arange(len(frames)) / source.rate_fps
    offsets = np.rint(strength * np.sin(2 * np.pi * frequency_hz * t_s + phase))
    flickering = np.empty(frames.shape, np.uint8)
    for before, offset, after in zip(frames, offsets, flickering, strict=True):
        # One offset for R, G and B changes luma by as much and leaves chroma alone.
        cv2.LUT(before, np.clip(np.arange(256) + offset, 0, 255).astype(np.uint8), dst=after)
    return flickering
