"""From tables of examples to one weights file: forests, a scale, a domain, and a set of reference scores."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.scorer.fit import (
    NUM_FOLDS,
    fit_drawn,
    fit_kernel,
    fit_quality,
    fit_spread,
    fold_of,
    inputs_of,
    out_of_fold,
    spread_out_of_fold,
    times_for_coverage,
)
from vqaprep.evaluation.quality.weights import quality_of, save_weights

_NATURAL_DOUBT = 0.98  # share of natural clips that stay under each threshold of doubt
_RANGE = (0.001, 0.999)  # of each input, over the clips that the scorer learned from


def numbers(table: pd.DataFrame, names: list[str]) -> NDArray[np.float32]:
    """Return the inputs (rows, names) of the forests; a value that an example lacks is 0."""
    found = table.reindex(columns=names).to_numpy(np.float32)
    return np.nan_to_num(found, nan=0.0, posinf=1e6, neginf=-1e6)


def build(tables: dict[str, pd.DataFrame], path: Path) -> dict[str, Any]:
    """Fit everything, write the weights to `path`, and return what unseen films showed.

    The result holds `said` (out of fold, a row of `train`), `low`, `high`, and the out-of-fold answers of the domain.
    """
    train, drawn, found = (tables[name] for name in ("train", "drawn", "found"))
    names = inputs_of(train)
    inputs, target = numbers(train, names), train.vmaf.to_numpy(float)
    fold = fold_of(list(train.group))
    said = out_of_fold(inputs, target, fold)
    errors = target - said
    sizes, own_times = spread_out_of_fold(inputs, errors, fold)
    half = sizes * own_times
    natural = np.concatenate([inputs, numbers(found, names)])
    domain = _domain(natural, numbers(drawn, names), [*train.group, *found.group], list(drawn.group))
    forests = {
        "quality": fit_quality(inputs, target),
        "spread": fit_spread(inputs, errors),
        "drawn": fit_drawn(natural, numbers(drawn, names)),
    }
    kernel = fit_kernel(inputs, target)
    scores = quality_of(forests["quality"], kernel, numbers(found, names))
    reference = pd.Series(scores).groupby(found.content.to_numpy()).mean()
    about = {
        "name": "vqaprep quality 1", "target": "VMAF v0.6.1, 0 to 100, at native pixels",
        "scale": {"times": times_for_coverage(errors, sizes)},
        "domain": {name: domain[name] for name in ("lowest", "highest", "most_drawn", "most_strange")},
        "reference": {"name": f"{len(reference)} web clips of Surveillance Camera Fight, as they are",
                      "scores": [round(float(score), 2) for score in sorted(reference)]},
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    save_weights(path, inputs=tuple(names), forests=forests, kernel=kernel, about=about)
    low, high = np.clip(said - half, 0, 100), np.clip(said + half, 0, 100)
    return {"said": said, "low": low, "high": high, "fold": fold, "domain": domain}


def _domain(
    natural: NDArray[np.float32], drawn: NDArray[np.float32], groups: list[str], drawn_groups: list[str]
) -> dict[str, Any]:
    """Find the thresholds of doubt from clips of films that were left out; return them with those answers."""
    fold, drawn_fold = fold_of(groups), fold_of(drawn_groups)
    natural_said, drawn_said = np.empty(len(natural)), np.empty(len(drawn))
    strange, drawn_strange = np.empty(len(natural)), np.empty(len(drawn))
    for number in range(NUM_FOLDS):
        held, drawn_held = fold == number, drawn_fold == number
        forest = fit_drawn(natural[~held], drawn[~drawn_held])
        natural_said[held] = 1 / (1 + np.exp(-forest.predict(natural[held])))
        drawn_said[drawn_held] = 1 / (1 + np.exp(-forest.predict(drawn[drawn_held])))
        low, high = np.quantile(natural[~held], _RANGE, axis=0)
        strange[held] = ((natural[held] < low) | (natural[held] > high)).mean(axis=1)
        drawn_strange[drawn_held] = ((drawn[drawn_held] < low) | (drawn[drawn_held] > high)).mean(axis=1)
    low, high = np.quantile(natural, _RANGE, axis=0)
    return {
        "lowest": [float(f"{value:.6g}") for value in low], "highest": [float(f"{value:.6g}") for value in high],
        "most_drawn": max(0.5, float(np.quantile(natural_said, _NATURAL_DOUBT))),
        "most_strange": float(np.quantile(strange, 0.995)),
        "natural_said": natural_said, "drawn_said": drawn_said, "drawn_strange": drawn_strange, "strange": strange,
    }  # fmt: skip
