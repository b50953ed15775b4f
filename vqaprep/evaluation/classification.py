"""Agreement of predicted classes with labels: the measures of source 000, and confusion of any classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from vqaprep.errors import InputError


@dataclass(frozen=True)
class BinaryScores:
    """Measures of a two-class decision, class 1 positive; NaN where a class they need is absent.

    `auc_hard` is the area under the curve of the decisions, (sensitivity + specificity) / 2: what source 000
    prints as AUC. `auc_soft` is that of the probabilities, NaN when none were given.
    """

    accuracy: float
    f1: float
    sensitivity: float
    specificity: float
    auc_hard: float
    auc_soft: float
    num_samples: int


def binary_scores(labels: ArrayLike, predicted: ArrayLike, *, probabilities: ArrayLike | None = None) -> BinaryScores:
    """Score N decisions of class 0 or 1; `probabilities` (N,) are those of class 1."""
    (tn, fp), (fn, tp) = confusion_matrix(labels, predicted, num_classes=2).tolist()
    sensitivity, specificity = _ratio(tp, tp + fn), _ratio(tn, tn + fp)
    return BinaryScores(
        accuracy=_ratio(tp + tn, tp + tn + fp + fn),
        f1=_ratio(2 * tp, 2 * tp + fp + fn),
        sensitivity=sensitivity,
        specificity=specificity,
        auc_hard=(sensitivity + specificity) / 2,
        auc_soft=float("nan") if probabilities is None else _area_under_curve(labels, probabilities),
        num_samples=tp + tn + fp + fn,
    )


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, *, num_classes: int) -> NDArray[np.int64]:
    """Count samples, (num_classes, num_classes): labels down, predictions across."""
    truth, guess = np.asarray(labels), np.asarray(predicted)
    if truth.ndim != 1 or truth.shape != guess.shape or not len(truth):
        raise InputError(f"{truth.shape} labels against {guess.shape} predictions; give two equal, filled vectors.")
    outside = sorted(set(np.union1d(truth, guess).tolist()) - set(range(num_classes)))
    if outside:
        raise InputError(f"class {outside[0]} is not one of the whole numbers 0 to {num_classes - 1}.")
    cells = truth.astype(np.int64) * num_classes + guess.astype(np.int64)
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes).astype(np.int64)


def accuracy(labels: ArrayLike, predicted: ArrayLike, *, num_classes: int) -> float:
    """Give the share of samples whose predicted class is their label."""
    matrix = confusion_matrix(labels, predicted, num_classes=num_classes)
    return float(np.trace(matrix) / matrix.sum())


def over_runs(runs: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """Reduce the measures of several runs to (mean, standard deviation).

    The deviation divides by the number of runs: source 000's five-run values can only arise that way.
    """
    if not runs:
        raise InputError("no runs to reduce; give the measures of at least one.")
    columns = {name: [run[name] for run in runs] for name in runs[0]}
    return {name: (float(np.mean(values)), float(np.std(values))) for name, values in columns.items()}


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _area_under_curve(labels: ArrayLike, probabilities: ArrayLike) -> float:
    is_positive, scores = np.asarray(labels) == 1, np.asarray(probabilities, dtype=np.float64)
    if scores.shape != is_positive.shape or not np.isfinite(scores).all():
        raise InputError(f"{scores.shape} probabilities for {is_positive.shape} labels; give one finite each.")
    num_positive = int(is_positive.sum())
    num_pairs = num_positive * (len(scores) - num_positive)
    if not num_pairs:
        return float("nan")
    # Mann-Whitney: the rank sum less its least possible value counts the pairs in the right order.
    num_ordered = rankdata(scores)[is_positive].sum() - num_positive * (num_positive + 1) / 2
    return float(num_ordered / num_pairs)
