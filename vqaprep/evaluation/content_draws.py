"""Draw whole contents with replacement: the spread that a metric would have on other films of the same kind.

Clips of one source film succeed and fail together. Drawing clips, or the videos of one film apart, would make intervals
too narrow. A content is the group of a video (`group_id`), or the video itself where no group is known.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from vqaprep.settings.seeds import rng_for

NUM_DRAWS = 1000
FloatArray = NDArray[np.float64]


def contents(found: pd.DataFrame) -> NDArray[np.str_]:
    """Return the content of each row."""
    names = found["group_id"].fillna(found["video_id"]) if "group_id" in found else found["video_id"]
    return names.to_numpy(str)


def srocc_draws(said: FloatArray, found: pd.DataFrame, seed: int) -> FloatArray:
    """Return the rank correlation of `said` with `mos` over clips, for each draw; NaN where it is undefined.

    The same contents and seed give the same draws, so two results subtract to draws of their difference.
    """
    true, names = found["mos"].to_numpy(float), contents(found)
    members = [np.flatnonzero(names == name) for name in np.unique(names)]
    rng, values = rng_for(seed, "bootstrap", "contents"), np.full(NUM_DRAWS, np.nan)
    for draw in range(NUM_DRAWS if len(members) > 1 else 0):
        rows = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        ranks = rankdata(np.stack([said[rows], true[rows]]), axis=1)
        if np.ptp(ranks, axis=1).all():
            values[draw] = np.corrcoef(ranks)[0, 1]
    return values


def share_draws(is_right: NDArray[np.bool_] | FloatArray, found: pd.DataFrame, seed: int) -> FloatArray:
    """Return the mean of `is_right` (N,), shares or yes and no, for each draw."""
    place = np.unique(contents(found), return_inverse=True)[1]
    num_rows, num_right = np.bincount(place), np.bincount(place, weights=is_right)
    rng, values = rng_for(seed, "bootstrap", "contents"), np.full(NUM_DRAWS, np.nan)
    for draw in range(NUM_DRAWS if len(num_rows) > 1 else 0):
        picked = rng.integers(len(num_rows), size=len(num_rows))
        values[draw] = num_right[picked].sum() / num_rows[picked].sum()
    return values


def interval_of(values: FloatArray) -> tuple[float, float]:
    """Return the 95 % percentile interval of draws; NaN where none is defined."""
    defined = values[np.isfinite(values)]
    low, high = np.quantile(defined, (0.025, 0.975)) if len(defined) else (np.nan, np.nan)
    return float(low), float(high)
