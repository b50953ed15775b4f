"""Statistics of ITU-T P.1401 and of Krasula et al.: errors beyond the scores' confidence intervals, and sure orders.

ITU-T P.1401 (01/2020), "Methods, metrics and procedures for statistical evaluation, qualification and comparison of
objective quality prediction models". Krasula, Fliegel, Le Callet, Klima, "On the accuracy of objective image and video
quality models: new methodology for performance evaluation", QoMEX 2016.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import f, norm, rankdata, t

from vqaprep.errors import InputError
from vqaprep.training.correlation import paired_scores

FloatArray = NDArray[np.float64]


def rmse_star(predicted: ArrayLike, mos: ArrayLike, ci95: ArrayLike, *, num_parameters: int = 4) -> float:
    """Return the error beyond each score's own 95 % interval (P.1401, equation 7-29), in units of MOS.

    `predicted` (N,) is on the MOS scale, `ci95` (N,) the half width of each interval; `num_parameters` are those of
    the mapping that brought it there, and are taken off the degrees of freedom.

    Raises:
        InputError: vectors of other lengths, or too few videos for the mapping.
    """
    scores, target, half = _with_intervals(predicted, mos, ci95)
    if len(scores) <= num_parameters:
        raise InputError(f"{len(scores)} videos for a mapping of {num_parameters} parameters; more videos are needed")
    beyond = np.maximum(np.abs(scores - target) - half, 0)
    return float(np.sqrt(np.square(beyond).sum() / (len(scores) - num_parameters)))


def outlier_ratio(predicted: ArrayLike, mos: ArrayLike, ci95: ArrayLike) -> float:
    """Return the share of videos whose prediction lies outside the 95 % interval of its score (P.1401, 7.5.3)."""
    scores, target, half = _with_intervals(predicted, mos, ci95)
    return float(np.mean(np.abs(scores - target) > half))


def correlations_differ(first: float, second: float, *, num_videos: int) -> float:
    """Return the two-sided p-value that two correlations over `num_videos` differ (Fisher's z, P.1401, 7.6.1)."""
    apart = np.arctanh(first) - np.arctanh(second)
    return float(2 * norm.sf(abs(apart) / np.sqrt(2 / (num_videos - 3))))


def errors_differ(first: float, second: float, *, degrees: int) -> float:
    """Return the p-value that the larger of two root mean squared errors is larger (F test, P.1401, 7.6.4)."""
    ratio = (max(first, second) / min(first, second)) ** 2
    return float(f.sf(ratio, degrees, degrees))


@dataclass(frozen=True)
class PairAnalysis:
    """How well differences of predictions match significant differences of scores.

    `different_auc`: pairs that people see as different against those that they do not. `better_auc`: which of a
    different pair is better. `right_share`: different pairs whose order is right. Undefined ones are NaN.
    """

    different_auc: float
    better_auc: float
    right_share: float
    num_different: int
    num_similar: int


def pair_analysis(predicted: ArrayLike, mos: ArrayLike, ci95: ArrayLike) -> PairAnalysis:
    """Compare all pairs of videos; two are different where their scores differ at the 5 % level.

    The deviation of a score is its interval's half width over 1.96. `predicted` needs no mapping.
    """
    scores, target, half = _with_intervals(predicted, mos, ci95)
    one, other = np.triu_indices(len(scores), 1)
    apart = target[one] - target[other]
    doubt = np.hypot(half[one], half[other])
    is_different = np.abs(apart) > doubt
    predicted_differences = scores[one] - scores[other]
    sure, sure_said = apart[is_different], predicted_differences[is_different]
    # Each pair counts in both orders, so that which video comes first has no weight.
    signed, label = np.concatenate([sure_said, -sure_said]), np.concatenate([sure, -sure]) > 0
    return PairAnalysis(
        different_auc=_auc(np.abs(predicted_differences), is_different),
        better_auc=_auc(signed, label),
        right_share=float(np.mean(sure_said * sure > 0)) if len(sure) else float("nan"),
        num_different=int(is_different.sum()),
        num_similar=int((~is_different).sum()),
    )


def corrected_t_test(differences: ArrayLike, *, num_train: int, num_test: int) -> float:
    """Return the two-sided p-value of the mean difference over repeated splits that share training data.

    Nadeau and Bengio, Machine Learning 52 (2003): the variance grows by the share of what splits have in common.

    Raises:
        InputError: fewer than two splits.
    """
    values = np.asarray(differences, np.float64)
    if values.ndim != 1 or len(values) < 2:
        raise InputError(f"differences of shape {values.shape}; give one for each of two or more splits")
    spread = values.var(ddof=1) * (1 / len(values) + num_test / num_train)
    if spread == 0:
        return 1.0 if values.mean() == 0 else 0.0
    return float(2 * t.sf(abs(values.mean()) / np.sqrt(spread), len(values) - 1))


def calibration_error(probabilities: ArrayLike, is_right: ArrayLike, *, num_bins: int = 10) -> float:
    """Return the expected calibration error: mean distance of stated from observed shares, over bins of equal width."""
    stated, right = np.asarray(probabilities, np.float64), np.asarray(is_right, np.float64)
    if stated.shape != right.shape or stated.ndim != 1 or not len(stated):
        raise InputError(f"{stated.shape} probabilities for {right.shape} outcomes; give one for each")
    place = np.minimum((stated * num_bins).astype(int), num_bins - 1)
    counts = np.bincount(place, minlength=num_bins)
    gaps = np.abs(np.bincount(place, stated, num_bins) - np.bincount(place, right, num_bins))
    return float(gaps.sum() / counts.sum())


def _with_intervals(predicted: ArrayLike, mos: ArrayLike, ci95: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    scores, target = paired_scores(predicted, mos)
    half = np.asarray(ci95, np.float64)
    if half.shape != target.shape or not np.isfinite(half).all() or (half < 0).any():
        raise InputError(f"intervals of shape {half.shape} for {len(target)} videos; give one half width for each")
    return scores, target, half


def _auc(values: FloatArray, is_positive: NDArray[np.bool_]) -> float:
    num_positive, num_negative = int(is_positive.sum()), int((~is_positive).sum())
    if not num_positive or not num_negative:
        return float("nan")
    ranks = rankdata(values)
    return float((ranks[is_positive].sum() - num_positive * (num_positive + 1) / 2) / (num_positive * num_negative))
