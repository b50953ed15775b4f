"""Agreement of predicted quality with mean opinion scores, whole, by group, over repeats and across datasets."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.special import expit
from scipy.stats import kendalltau, pearsonr, spearmanr

from vqaprep.errors import InputError

FloatArray = NDArray[np.float64]
Row = dict[str, Any]
MappingName = Literal["none", "rescale", "logistic4"]
STATISTICS = ("srocc", "krocc", "plcc", "rmse")


@dataclass(frozen=True)
class Correlation:
    """Rank agreement of the raw scores, linear agreement and error (in MOS units) of the mapped ones.

    A correlation of constant scores is undefined and given as NaN. `mapping` is the one that was used: a
    logistic that could not be fitted shows as `rescale`.
    """

    srocc: float
    krocc: float
    plcc: float
    rmse: float
    num_videos: int
    mapping: MappingName


def correlate(predicted: ArrayLike, mos: ArrayLike, *, mapping: MappingName = "logistic4") -> Correlation:
    """Compare N predicted scores with N opinion scores; raise InputError for fewer than two, or for NaN.

    `rescale` gives the predictions the mean and the standard deviation of the opinion scores, as source 004
    and FAST-VQA do; `none` leaves them as they are, as Tables 1 to 3 of source 002 do.
    """
    scores, target = paired_scores(predicted, mos)
    used, mapped = to_scale(scores, target, mapping)
    is_defined = np.ptp(scores) > 0 and np.ptp(target) > 0
    return Correlation(
        srocc=float(spearmanr(scores, target).statistic) if is_defined else float("nan"),
        krocc=float(kendalltau(scores, target).statistic) if is_defined else float("nan"),
        plcc=float(pearsonr(mapped, target).statistic) if is_defined else float("nan"),
        rmse=float(np.sqrt(np.mean((mapped - target) ** 2))),
        num_videos=len(target),
        mapping=used,
    )


def logistic4(scores: ArrayLike, beta1: float, beta2: float, beta3: float, beta4: float) -> FloatArray:
    """Map scores to opinions: (beta1 - beta2) / (1 + exp(-(x - beta3) / |beta4|)) + beta2 (source 001)."""
    scaled: FloatArray = (np.asarray(scores, dtype=np.float64) - beta3) / abs(beta4)
    mapped: FloatArray = (beta1 - beta2) * expit(scaled) + beta2
    return mapped


def by_group(
    predicted: ArrayLike, mos: ArrayLike, *, groups: Sequence[str], mapping: MappingName = "logistic4"
) -> list[Row]:
    """Make one row per group, such as a distortion or a dataset, in order of name.

    A group of one video has no correlation and gets NaN.
    """
    scores, target = paired_scores(predicted, mos)
    names = np.asarray(groups, dtype=str)
    if len(names) != len(target):
        raise InputError(f"{len(names)} group names for {len(target)} videos; give one name per video.")
    return [
        {"group": str(name), **_group_statistics(scores[names == name], target[names == name], mapping)}
        for name in np.unique(names)
    ]


def cross_rows(values: Mapping[tuple[str, str], float]) -> list[Row]:
    """Lay out values keyed by (training set, test set): a row per training set, a column per test set.

    Pairs that are absent, commonly the diagonal, are left out of their row.
    """
    trained = dict.fromkeys(train for train, _ in values)
    tested = dict.fromkeys(test for _, test in values)
    return [
        {"train": train} | {test: values[train, test] for test in tested if (train, test) in values}
        for train in trained
    ]


def paired_scores(predicted: ArrayLike, mos: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Give both as float64 vectors of one length; raise InputError where that or finiteness fails."""
    scores, target = np.asarray(predicted, dtype=np.float64), np.asarray(mos, dtype=np.float64)
    if scores.ndim != 1 or scores.shape != target.shape or len(scores) < 2:
        raise InputError(
            f"scores of shape {scores.shape} against opinions of shape {target.shape}; "
            "both must be vectors of the same two or more videos."
        )
    num_bad = int(np.count_nonzero(~np.isfinite(scores) | ~np.isfinite(target)))
    if num_bad:
        raise InputError(f"{num_bad} of {len(scores)} videos have no finite score or opinion; drop them first.")
    return scores, target


def to_scale(scores: FloatArray, target: FloatArray, mapping: MappingName) -> tuple[MappingName, FloatArray]:
    """Return the mapping that was used, and the scores (N,) brought to the scale of `target` by it."""
    if mapping == "none":
        return "none", scores
    betas = fitted_logistic4(scores, target) if mapping == "logistic4" else None
    return ("rescale", _rescaled(scores, target)) if betas is None else ("logistic4", logistic4(scores, *betas))


def fitted_logistic4(scores: FloatArray, target: FloatArray) -> FloatArray | None:
    """Return the four parameters of `logistic4` that bring scores (N,) closest to `target`, or None where none do."""
    num_parameters = 4
    if len(scores) < num_parameters or np.ptp(scores) == 0:
        return None
    start = (target.max(), target.min(), scores.mean(), scores.std() / 4)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # It says that the parameters' covariance is unknown, which nothing here uses.
        warnings.simplefilter("ignore", OptimizeWarning)
        try:
            betas, _ = curve_fit(logistic4, scores, target, p0=start, maxfev=20_000)
        except RuntimeError:
            return None
        fitted = logistic4(scores, *betas)
    # A step or a plateau far outside the scores fits too, and says nothing about them.
    is_sound = np.isfinite(fitted).all() and np.ptp(fitted) > 0
    return np.asarray(betas, np.float64) if is_sound else None


def _rescaled(scores: FloatArray, target: FloatArray) -> FloatArray:
    spread = scores.std()
    centred = scores - scores.mean()
    rescaled: FloatArray = (centred / spread if spread > 0 else centred) * target.std() + target.mean()
    return rescaled


def _group_statistics(scores: FloatArray, target: FloatArray, mapping: MappingName) -> Row:
    if len(scores) < 2:
        return dict.fromkeys(STATISTICS, float("nan")) | {"num_videos": len(scores), "mapping": mapping}
    return asdict(correlate(scores, target, mapping=mapping))
