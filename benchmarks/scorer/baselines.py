"""What a scorer has to beat: guesses that look at no pixels, known measures, and known features fitted again.

Each is fitted on the same folds by film as the scorer. Two of them know the truth (kind, kind and level): they are
no rivals but say how much of the target they explain.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from benchmarks.scorer.fit import NUM_FOLDS

Values = NDArray[np.float64]
Fit = Callable[[pd.DataFrame, pd.DataFrame], Values]
KNOWS_TRUTH = ("kind", "kind and level")


def baselines(table: pd.DataFrame, fold: NDArray[np.int64]) -> dict[str, Values]:
    """Return what each baseline says of every row, fitted on the other folds."""
    brisque = [name for name in table.columns if name.startswith("brisque_")]
    motion = [name for name in table.columns if name.startswith(("rhythm_", "change_", "flow_"))]
    fits: dict[str, Fit] = {
        "constant": lambda known, new: np.full(len(new), known.vmaf.mean()),
        "picture size": lambda known, new: _trees(known, new, ["height_px", "width_px"]),
        "BRISQUE, released": lambda known, new: -new.brisque.fillna(known.brisque.median()).to_numpy(),
        "NIQE, released": lambda known, new: -new.niqe.fillna(known.niqe.median()).to_numpy(),
        "BRISQUE's features, SVR": lambda known, new: _vectors(known, new, brisque),
        "BRISQUE's features, trees": lambda known, new: _trees(known, new, brisque),
        "BRISQUE's features, ridge": lambda known, new: _ridge(known, new, brisque),
        "motion features, trees": lambda known, new: _trees(known, new, motion),
        "kind": lambda known, new: _mean_of(known, new, ["kind"]),
        "kind and level": lambda known, new: _mean_of(known, new, ["kind", "level"]),
    }
    found = {}
    for name, fit in fits.items():
        values = np.empty(len(table))
        for number in range(NUM_FOLDS):
            held = fold == number
            values[held] = fit(table[~held], table[held])
        found[name] = values
    return found


def _inputs(known: pd.DataFrame, new: pd.DataFrame, names: list[str]) -> tuple[Values, Values]:
    scale = StandardScaler().fit(np.nan_to_num(known[names].to_numpy()))
    first, second = (scale.transform(np.nan_to_num(one[names].to_numpy())).clip(-5, 5) for one in (known, new))
    return first, second


def _trees(known: pd.DataFrame, new: pd.DataFrame, names: list[str]) -> Values:
    first, second = _inputs(known, new, names)
    model = ExtraTreesRegressor(150, min_samples_leaf=3, max_features=0.33, random_state=0)
    return np.asarray(model.fit(first, known.vmaf).predict(second))


def _vectors(known: pd.DataFrame, new: pd.DataFrame, names: list[str]) -> Values:
    first, second = _inputs(known, new, names)
    return np.asarray(SVR(C=60, epsilon=3, gamma=0.5 / len(names)).fit(first, known.vmaf).predict(second))


def _ridge(known: pd.DataFrame, new: pd.DataFrame, names: list[str]) -> Values:
    first, second = _inputs(known, new, names)
    return np.asarray(RidgeCV(np.logspace(-1, 4, 11)).fit(first, known.vmaf).predict(second))


def _mean_of(known: pd.DataFrame, new: pd.DataFrame, names: list[str]) -> Values:
    means = known.groupby(names).vmaf.mean()
    keys = [tuple(row) if len(names) > 1 else row[0] for row in new[names].itertuples(index=False)]
    return np.array([means.get(key, known.vmaf.mean()) for key in keys])
