"""Whether two runs differ on the same clips: intervals over contents, the tests of P.1401, a test over repeated splits.

`differences` needs predictions of the same examples. Where runs were repeated (folds, seeds), they are paired in order.
"""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vqaprep.errors import InputError
from vqaprep.evaluation.compare import Evaluation, flat, grouped
from vqaprep.evaluation.content_draws import interval_of, share_draws, srocc_draws
from vqaprep.evaluation.p1401 import corrected_t_test, correlations_differ, errors_differ
from vqaprep.evaluation.table import TableRow, write_table

_PARAMETERS = 4
"""Of the logistic mapping, which the errors of two runs both lose from their degrees of freedom."""
_CLASSES = ("speed_class", "localization_class", "pace", "distortion", "label")
FloatArray = NDArray[np.float64]
Pair = tuple[Evaluation, Evaluation]


def write_differences(evaluations: Sequence[Evaluation], out: Path) -> None:
    """Write `differences.*` where at least two runs predicted the same examples."""
    rows = differences(evaluations)
    if rows:
        write_table(rows, out / "differences")


def differences(evaluations: Sequence[Evaluation]) -> list[TableRow]:
    """Return a row for each two runs and measure: the mean difference, its interval, and p-values.

    - `low_95`, `high_95`: over contents drawn with replacement, alike for both runs.
    - `p_splits`: corrected resampled t test over the repeats (Nadeau and Bengio 2003), where there are several.
    - `p_correlation`, `p_error`: Fisher's z and the F test of P.1401 over videos, for scores that were not repeated.
    """
    groups = grouped(evaluations)
    rows: list[TableRow] = []
    for one, other in combinations(groups, 2):
        pairs = _pairs(groups[one], groups[other]) if one[1] == other[1] else []
        names = {"first": one[0], "second": other[0]} | ({"on": one[1]} if one[1] else {})
        for measure in _measures(pairs):
            rows.append(names | {"measure": measure, "repeats": len(pairs)} | _difference(measure, pairs))
    return rows


def _pairs(first: Sequence[Evaluation], second: Sequence[Evaluation]) -> list[Pair]:
    """Pair each evaluation with the first unused one of the same examples."""
    pairs, left = [], list(second)
    for one in first:
        other = next((other for other in left if _examples(other) == _examples(one)), None)
        if other is not None:
            left.remove(other)
            pairs.append((one, other))
    return pairs


def _examples(evaluation: Evaluation) -> list[str]:
    predicted = evaluation.predictions
    return list(predicted["key"].astype(str)) if "key" in predicted else []


def _measures(pairs: Sequence[Pair]) -> list[str]:
    if not pairs or not all(_examples(one) for one, _ in pairs):
        return []
    columns = set.intersection(*(set(e.predictions.columns) for pair in pairs for e in pair))
    classes = [f"{name}.accuracy" for name in _CLASSES if {name, f"said_{name}"} <= columns]
    return classes + (["quality.srocc"] if {"mos", "said_quality"} <= columns else [])


def _difference(measure: str, pairs: Sequence[Pair]) -> TableRow:
    apart = [_draws(measure, one) - _draws(measure, other) for one, other in pairs]
    values = [_value(measure, one) - _value(measure, other) for one, other in pairs]
    low, high = interval_of(np.mean(apart, axis=0))
    row: TableRow = {"difference": float(np.mean(values)), "low_95": low, "high_95": high}
    num_train, num_test = (pairs[0][0].metrics.get(name, 0) for name in ("num_train_videos", "num_videos"))
    if len(pairs) > 1 and num_train:
        row["p_splits"] = corrected_t_test(values, num_train=num_train, num_test=num_test)
    if len(pairs) == 1 and measure == "quality.srocc":
        row |= _p1401(*pairs[0])
    return row


def _p1401(one: Evaluation, other: Evaluation) -> TableRow:
    """Return the p-values over videos; nothing where there is no score per video."""
    first, second = (flat(e.metrics) for e in (one, other))
    num = one.metrics.get("quality", {}).get("videos", {}).get("num_videos", 0)
    plcc, rmse = "quality.videos.plcc", "quality.videos.rmse"
    if num <= _PARAMETERS or not {plcc, rmse} <= first.keys() & second.keys() or not min(first[rmse], second[rmse]):
        return {}
    return {
        "p_correlation": correlations_differ(first[plcc], second[plcc], num_videos=num),
        "p_error": errors_differ(first[rmse], second[rmse], degrees=num - _PARAMETERS),
    }


def _draws(measure: str, evaluation: Evaluation) -> FloatArray:
    """Return the measure for each draw of contents; the same contents give the same draws."""
    predicted, label = evaluation.predictions, measure.partition(".")[0]
    if label == "quality":
        labelled = predicted[predicted["mos"].notna()]
        return srocc_draws(labelled["said_quality"].to_numpy(float), labelled, 0)
    labelled = predicted[predicted[label].notna()]
    return share_draws((labelled[label] == labelled[f"said_{label}"]).to_numpy(bool), labelled, 0)


def _value(measure: str, evaluation: Evaluation) -> float:
    label = measure.partition(".")[0]
    path = "quality.clips.srocc" if label == "quality" else f"{label}.accuracy"
    measures = flat(evaluation.metrics)
    if path not in measures:
        raise InputError(f"{evaluation.path} has predictions of {label} and no measure of them; evaluate again")
    return measures[path]
