"""Ladders of damage that the scorer learns from: each kind at four levels, from just visible to bad."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, get

LADDERS: dict[str, tuple] = {
    "gaussian_blur": (0.7, 1.1, 1.8, 3.0),
    "gaussian_noise": (5.0, 14.0, 30.0, 60.0),
    "motion_blur": (3, 5, 9, 17),
    "h264_crf": (27, 35, 42, 49),
    "hevc": (27, 35, 42, 49),
    "jpeg": (40, 15, 7, 3),
    "mpeg2": (6, 13, 22, 31),
    "packet_loss": (0.03, 0.1, 0.25, 0.5),
    "frame_freeze": (0.2, 0.45, 0.7, 0.9),
    "contrast": (1.2, 1.6, 2.2, 3.0),
    "contrast_linear": (-0.15, -0.3, -0.45, -0.6),
    "brightness": (-0.2, -0.4, -0.65, -0.9),
    "rescale": (0.7, 0.5, 0.35, 0.22),
    "gaussian_noise+h264_crf": ((4.0, 27), (9.0, 34), (16.0, 40), (28.0, 46)),
    "rescale+h264_crf": ((0.8, 26), (0.6, 32), (0.42, 37), (0.25, 43)),
    "gaussian_blur+h264_crf": ((0.6, 26), (0.9, 32), (1.4, 38), (2.2, 44)),
}
"""Kind to its strengths, mildest first; those of `vqaprep.distortions`, and `rescale` (share of each side kept)."""
_WAYS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


def damaged(frames: Frames, kind: str, level: int, rng: np.random.Generator, rate_fps: float) -> Frames:
    """Return `frames` with a kind of damage at a level of 1 to 4; 0 returns them as they are."""
    if level == 0:
        return frames
    strength = LADDERS[kind][level - 1]
    parts = kind.split("+")
    strengths = strength if len(parts) > 1 else (strength,)
    source = SourceInfo(rate_fps, None)
    for part, value in zip(parts, strengths, strict=True):
        if part == "rescale":
            frames = _rescaled(frames, value, _WAYS[int(rng.integers(len(_WAYS)))])
        elif part == "gaussian_blur":  # ours cuts the kernel at one sigma, as its source does
            frames = np.stack([cv2.GaussianBlur(frame, (0, 0), value) for frame in frames])
        else:
            frames = get(part).apply(frames, value, rng, source)
    return frames


def _rescaled(frames: Frames, share: float, way: int) -> Frames:
    height, width = frames.shape[1:3]
    size = (max(8, round(width * share)), max(8, round(height * share)))
    small = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames]
    return np.stack([cv2.resize(frame, (width, height), interpolation=way) for frame in small])
