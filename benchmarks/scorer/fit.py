"""Fit the scorer: boosted trees on the table of examples, folds by film, intervals that cover.

The forests of scikit-learn become plain arrays, which `vqaprep.evaluation.quality.trees` reads.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from vqaprep.evaluation.quality.kernel import Kernel, standardized
from vqaprep.evaluation.quality.trees import Forest
from vqaprep.evaluation.quality.weights import quality_of

ABOUT = ("content", "group", "kind", "level", "vmaf", "height_px", "width_px", "second")
MEASURES = ("brisque", "niqe")
NUM_FOLDS = 5
_COVERAGE = 0.90
_QUALITY = {"max_iter": 200, "learning_rate": 0.07, "max_leaf_nodes": 12, "min_samples_leaf": 12,
            "l2_regularization": 3.0, "max_features": 0.15}  # fmt: skip
_SPREAD = {"max_iter": 60, "learning_rate": 0.06, "max_leaf_nodes": 8, "min_samples_leaf": 40, "max_features": 0.3}
_DRAWN = {"max_iter": 80, "learning_rate": 0.08, "max_leaf_nodes": 6, "min_samples_leaf": 20, "max_features": 0.3,
          "l2_regularization": 3.0}  # fmt: skip
_SEEDS = (0, 1)
_CENTRES, _GAMMA, _RIDGE = 700, 0.8, 0.6
_LEAST_ERROR = 0.5  # of VMAF: below it errors do not differ


def inputs_of(table: pd.DataFrame) -> list[str]:
    """Return the names of the numbers of a table, in the order of the weights."""
    return sorted(name for name in table.columns if name not in ABOUT and not name.startswith(MEASURES))


def fold_of(groups: Sequence[str], seed: int = 0) -> NDArray[np.int64]:
    """Return a fold for each row: all rows of a group (a film) are in the same one."""
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    place = dict(zip(names, order % NUM_FOLDS, strict=True))
    return np.array([place[group] for group in groups])


def fit_quality(inputs: NDArray[np.float32], target: NDArray[np.float64], seeds: Sequence[int] = _SEEDS) -> Forest:
    """Return the mean of boosted trees of several seeds, as one forest."""
    models = [HistGradientBoostingRegressor(**_QUALITY, early_stopping=False, random_state=s) for s in seeds]
    return joined([forest_of(model.fit(inputs, target)) for model in models])


def fit_kernel(inputs: NDArray[np.float32], target: NDArray[np.float64]) -> Kernel:
    """Return a kernel ridge regression on a drawn part of the clips (Nystroem), in closed form."""
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    drawn = np.random.default_rng(0).permutation(len(inputs))[:_CENTRES]
    centres = standardized(inputs[drawn], mean, spread).astype(np.float16)
    gamma, base = _GAMMA / inputs.shape[1], float(target.mean())
    empty = np.zeros(len(centres), np.float32)
    kernel = Kernel(mean.astype(np.float32), spread.astype(np.float32), centres, empty, base, gamma)
    bumps = kernel.bumps(inputs)
    bound = _RIDGE * kernel.bumps(inputs[drawn]) + 1e-6 * np.eye(len(centres))
    found = np.linalg.solve(bumps.T @ bumps + bound, bumps.T @ (target - base))
    return replace(kernel, weights=found.astype(np.float32))


def fit_spread(inputs: NDArray[np.float32], errors: NDArray[np.float64]) -> Forest:
    """Return a forest for the logarithm of the size of an error, learned from errors on unseen films."""
    model = HistGradientBoostingRegressor(**_SPREAD, early_stopping=False, random_state=0)
    return forest_of(model.fit(inputs, np.log(np.maximum(np.abs(errors), _LEAST_ERROR))))


def fit_drawn(natural: NDArray[np.float32], drawn: NDArray[np.float32]) -> Forest:
    """Return a forest for the log odds that a clip is drawn, with both classes weighing the same."""
    inputs = np.concatenate([natural, drawn])
    is_drawn = np.repeat([0, 1], [len(natural), len(drawn)])
    weight = np.where(is_drawn, 0.5 / len(drawn), 0.5 / len(natural)) * len(inputs)
    model = HistGradientBoostingClassifier(**_DRAWN, early_stopping=False, random_state=0)
    return forest_of(model.fit(inputs, is_drawn, sample_weight=weight))


def out_of_fold(
    inputs: NDArray[np.float32], target: NDArray[np.float64], fold: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return what forests say of each row that learned from the other folds, in [0, 100]."""
    found = np.empty(len(target))
    for number in range(NUM_FOLDS):
        held = fold == number
        known = inputs[~held], target[~held]
        found[held] = quality_of(fit_quality(*known), fit_kernel(*known), inputs[held])
    return found


def times_for_coverage(errors: NDArray[np.float64], sizes: NDArray[np.float64]) -> float:
    """Return the factor on predicted sizes within which a share of `_COVERAGE` of the errors lies (split conformal)."""
    ratio = np.sort(np.abs(errors) / sizes)
    rank = int(np.ceil(_COVERAGE * (len(ratio) + 1))) - 1
    return float(ratio[min(rank, len(ratio) - 1)])


def spread_out_of_fold(
    inputs: NDArray[np.float32], errors: NDArray[np.float64], fold: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return predicted sizes of errors on unseen films, and the factor of each row from the other folds alone."""
    sizes, times = np.empty(len(errors)), np.empty(len(errors))
    for number in range(NUM_FOLDS):
        held = fold == number
        sizes[held] = np.exp(fit_spread(inputs[~held], errors[~held]).predict(inputs[held]))
    for number in range(NUM_FOLDS):
        held = fold == number
        times[held] = times_for_coverage(errors[~held], sizes[~held])
    return sizes, times


def forest_of(model: Any) -> Forest:
    """Return a fitted gradient-boosting model of scikit-learn as plain arrays."""
    parts: dict[str, list[NDArray[Any]]] = {"feature": [], "threshold": [], "left": [], "right": [], "value": []}
    roots, start, depth = [], 0, 0
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        own = np.arange(len(nodes))
        is_leaf = nodes["is_leaf"].astype(bool)
        parts["feature"].append(np.where(is_leaf, 0, nodes["feature_idx"]))
        parts["threshold"].append(nodes["num_threshold"])
        parts["left"].append(np.where(is_leaf, own, nodes["left"]) + start)
        parts["right"].append(np.where(is_leaf, own, nodes["right"]) + start)
        parts["value"].append(np.where(is_leaf, nodes["value"], 0))
        roots.append(start)
        start, depth = start + len(nodes), max(depth, int(nodes["depth"].max()))
    kinds = {"feature": np.int16, "threshold": np.float32, "left": np.int32, "right": np.int32, "value": np.float32}
    arrays = {name: np.concatenate(found).astype(kinds[name]) for name, found in parts.items()}
    base = float(np.ravel(model._baseline_prediction)[0])
    return Forest(**arrays, roots=np.array(roots, np.int32), base=base, depth=depth)


def joined(forests: Sequence[Forest]) -> Forest:
    """Return one forest whose answer is the mean of the answers of `forests`."""
    starts = np.cumsum([0, *(len(forest.value) for forest in forests)])[:-1]
    moved: dict[str, Any] = {
        name: np.concatenate([getattr(f, name) + s for f, s in zip(forests, starts, strict=True)]).astype(np.int32)
        for name in ("left", "right", "roots")
    }
    kept = {name: np.concatenate([getattr(f, name) for f in forests]) for name in ("feature", "threshold")}
    value = (np.concatenate([f.value for f in forests]) / len(forests)).astype(np.float32)
    base = float(np.mean([f.base for f in forests]))
    return Forest(**moved, **kept, value=value, base=base, depth=max(f.depth for f in forests))
