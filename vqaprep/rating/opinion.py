"""Mean opinion scores: mean, deviation and confidence interval of each video, and scores against its reference.

Scores are float64 (J, I): J videos, I raters, NaN where a rater did not rate a video.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vqaprep.errors import InputError

Scores = npt.NDArray[np.float64]
CONFIDENCE = 0.95
BEST = 5.0
"""Upper end of the scale of absolute category rating."""


@dataclass(frozen=True)
class Opinion:
    """One number per video: `mos`, `std` of its ratings, half `interval` of 95 %, and how many ratings it has."""

    mos: Scores
    std: Scores
    interval: Scores
    num_ratings: npt.NDArray[np.int64]


def opinion(scores: Scores) -> Opinion:
    """Return mean, sample deviation and interval of each video.

    The interval is `t * std / sqrt(n)` with the quantile t of Student's distribution for n - 1 degrees of freedom, as
    ITU-T P.1401 has it for fewer than 30 raters; it tends to 1.96 with more. With one rating it is not known (NaN).

    Raises:
        InputError: a video has no rating.
    """
    scores = checked(scores)
    num = np.sum(~np.isnan(scores), axis=1)
    if not num.all():
        raise InputError(f"{int((num == 0).sum())} videos have no rating; leave them out")
    mean = np.nanmean(scores, axis=1)
    centred = np.where(np.isnan(scores), 0.0, scores - mean[:, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        std = np.sqrt(np.sum(centred**2, axis=1) / (num - 1))
    return Opinion(mean, std, _quantile(num) * std / np.sqrt(num), num)


def differential(scores: Scores, references: npt.NDArray[np.int64]) -> Scores:
    """Return scores against those of the hidden reference: `V(video) - V(reference) + 5`, as ITU-T P.910 has it.

    `references` holds the row of each video's reference, -1 where it has none: such videos get NaN. A video that
    looks better than its reference gets more than 5.
    """
    scores = checked(scores)
    against = np.where(references[:, None] >= 0, scores[np.maximum(references, 0)], np.nan)
    return scores - against + BEST


def checked(scores: Any) -> Scores:
    """Return scores as float64 (J, I).

    Raises:
        InputError: they have another shape, or hold an infinite number.
    """
    matrix = np.asarray(scores, np.float64)
    if matrix.ndim != 2 or np.isinf(matrix).any():
        raise InputError(
            f"ratings have the shape {matrix.shape}; give finite numbers, videos by raters, NaN where none is"
        )
    return matrix


def _quantile(num: npt.NDArray[np.int64]) -> Scores:
    from scipy.stats import t

    return np.asarray(t.ppf((1 + CONFIDENCE) / 2, np.where(num > 1, num - 1, np.nan)), np.float64)
