"""The shipped scorer on one clip: the number that `score` gives of a second, without its interval."""

from functools import cache

import cv2
import numpy as np

from vqaprep.evaluation.quality.scale import score_second
from vqaprep.evaluation.quality.second import second_numbers, thumbnail
from vqaprep.evaluation.quality.watch import LEAST_PX, moments_of, windows_of
from vqaprep.evaluation.quality.weights import DEFAULT, Weights, load_weights, weights_path
from vqaprep.evaluation.scorers import Frames, scorer


@scorer(title="shipped scorer", citation="packages/vqaprep-weights/README.md", least_px=LEAST_PX)
def quality(frames: Frames, rate_fps: float) -> float:
    """Estimate of VMAF in [0, 100] at native pixels; NaN for fewer than three frames."""
    # Neighbours are about 1/30 s apart at most, as in the clips that the scorer learned from.
    frames = frames[:: max(1, round(rate_fps / 30))]
    if len(frames) < 3:
        return float("nan")
    thumbnails = np.stack([thumbnail(np.asarray(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY), np.uint8)) for one in frames])
    windows = []
    for left, top, right, bottom in windows_of((frames.shape[2], frames.shape[1]), 0):
        window = frames[:, top:bottom, left:right]
        windows.append(second_numbers([window[n - 1 : n + 2] for n in moments_of(len(frames))], thumbnails))
    return score_second(_shipped(), windows).quality


@cache
def _shipped() -> Weights:
    return load_weights(weights_path(DEFAULT))
