"""The model of `sureal`: a rating is the quality of the video, plus the rater's bias, plus noise of the rater's size.

Maximum likelihood by alternating projection, as ITU-T P.910 (10/2023) Appendix VI and P.913 12.6 have it; Li et al.,
"A simple model for subject behavior in subjective experiments", Electronic Imaging 2020. Raters need no screening:
an inconsistent one gets little weight.
"""

from dataclasses import dataclass

import numpy as np

from vqaprep.rating.opinion import Scores, checked

_Z = 1.95996  # 95 % of a normal distribution, with the digits of the published code
_LEAST_VARIANCE = 1e-8
_LEAST_CHANGE = 1e-8
_MOST_STEPS = 1000


@dataclass(frozen=True)
class Subjects:
    """What the ratings say of videos and raters.

    `mos` (J,) is free of the raters' biases, `std` (J,) what is left of a video's ratings, `interval` (J,) half the
    95 % interval of `mos`; `bias` (I,) has the mean 0, `inconsistency` (I,) is the deviation of a rater's noise.
    """

    mos: Scores
    std: Scores
    interval: Scores
    bias: Scores
    inconsistency: Scores


def fit(scores: Scores) -> Subjects:
    """Return the model of ratings (J videos, I raters), NaN where none is; every video and rater has one.

    Raises:
        InputError: the ratings are no such matrix.
    """
    scores = checked(scores)
    is_rated = ~np.isnan(scores)
    given = np.where(is_rated, scores, 0.0)
    num_j, num_i = is_rated.sum(axis=1), is_rated.sum(axis=0)
    mos = given.sum(axis=1) / num_j
    bias = _mean(given - mos[:, None], is_rated, num_i)
    for _ in range(_MOST_STEPS):
        before = mos
        rest = np.where(is_rated, given - mos[:, None] - bias, 0.0)
        inconsistency = np.sqrt(_mean((rest - _mean(rest, is_rated, num_i)) ** 2, is_rated, num_i))
        weights = is_rated / (inconsistency**2 + _LEAST_VARIANCE)
        mos = (weights * (given - bias)).sum(axis=1) / weights.sum(axis=1)
        bias = _mean(given - mos[:, None], is_rated, num_i)
        if np.linalg.norm(before - mos) < _LEAST_CHANGE:
            break
    # The published code keeps the deviations of the last step, whose `mos` changed by less than 1e-8 since.
    centred = np.where(is_rated, rest - (rest.sum(axis=1) / num_j)[:, None], 0.0)
    std = np.sqrt((centred**2).sum(axis=1) / num_j)
    return Subjects(mos + bias.mean(), std, _Z * std / np.sqrt(num_j), bias - bias.mean(), inconsistency)


def _mean(values: Scores, is_rated: np.ndarray[tuple[int, int], np.dtype[np.bool_]], num: Scores) -> Scores:
    """Return the mean of each rater's values where there are any."""
    return np.asarray(np.where(is_rated, values, 0.0).sum(axis=0) / num, np.float64)
