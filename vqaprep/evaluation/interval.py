"""How far an accuracy can be trusted: 95 % intervals over videos, to hold against chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vqaprep.errors import InputError


@dataclass(frozen=True)
class Interval:
    """Closed interval [low, high] of a share."""

    low: float
    high: float


def bootstrap(
    is_correct: ArrayLike,
    video_ids: Sequence[str],
    *,
    rng: np.random.Generator,
    num_draws: int = 2000,
    confidence: float = 0.95,
) -> Interval:
    """Give the percentile interval of the accuracy over clips, drawing whole videos with replacement.

    The clips of a video succeed and fail together; drawing clips would make the interval too narrow. With
    few videos, or when all clips agree, it is too narrow all the same.
    """
    correct = np.asarray(is_correct, dtype=bool)
    if correct.shape != (len(video_ids),) or not len(video_ids):
        raise InputError(f"{correct.shape} outcomes for {len(video_ids)} clips; give one per clip.")
    videos = np.unique(np.asarray(video_ids, dtype=str), return_inverse=True)[1]
    num_clips = np.bincount(videos)
    num_right = np.bincount(videos, weights=correct)
    shares = np.empty(num_draws)
    for draw in range(num_draws):
        picked = rng.integers(len(num_clips), size=len(num_clips))
        shares[draw] = num_right[picked].sum() / num_clips[picked].sum()
    low, high = np.quantile(shares, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))
