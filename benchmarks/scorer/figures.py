"""Figures of a scorer on unseen films, each with a 95 % interval by bootstrap over films."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

Values = NDArray[np.float64]
TONE = ("brightness", "contrast", "contrast_linear")
"""Kinds that change tone: without the reference, nothing says which tone was meant."""
SOURCE_001 = ("gaussian_blur", "contrast", "h264_crf", "motion_blur", "gaussian_noise")
_DRAWS = 200
CLEAN_BITS = 0.1
"""Coded bits of each pixel of a source film from which on its reduced picture counts as a clean reference."""
_SEEN_VMAF = 90.0


def sets_of(table: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Return the rows of each set that is reported; `bits_per_px` says how clean the references are."""
    kind, is_clean = table.kind, (table.bits_per_px >= CLEAN_BITS).to_numpy()
    return {
        "clean references, 16 kinds": is_clean,
        "clean references, 13 kinds without changes of tone": is_clean & ~kind.isin(TONE).to_numpy(),
        "clean references, 5 kinds of source 001": is_clean & kind.isin(("none", *SOURCE_001)).to_numpy(),
        "all references, 16 kinds": np.ones(len(table), bool),
    }


def srocc(table: pd.DataFrame, said: Values) -> float:
    """Rank correlation with VMAF over all rows; 0 for a constant."""
    return float(spearmanr(said, table.vmaf)[0]) if np.ptp(said) > 0 else 0.0


def within_kinds(table: pd.DataFrame, said: Values) -> float:
    """Mean over kinds of the rank correlation inside a kind."""
    found = [srocc(table[rows], said[rows]) for rows in _rows_by(table, ["kind"]) if table.kind[rows].iloc[0] != "none"]
    return float(np.mean(found))


def ladders(table: pd.DataFrame, said: Values) -> float:
    """Mean rank correlation of the score with the level along each ladder of one content and kind."""
    found = [
        float(spearmanr(said[rows], -table.level[rows])[0]) if np.ptp(said[rows]) > 0 else 0.0
        for rows in _rows_by(table, ["content", "kind"])
        if rows.sum() > 1 and table.kind[rows].iloc[0] != "none"
    ]
    return float(np.mean(found))


def damaged_below_reference(table: pd.DataFrame, said: Values, *, below: float = _SEEN_VMAF) -> float:
    """Share of damaged clips (VMAF under `below`) that score lower than their own reference."""
    pristine = {row.content: value for row, value in zip(table.itertuples(), said, strict=True) if row.kind == "none"}
    pairs = [
        pristine[row.content] > value
        for row, value in zip(table.itertuples(), said, strict=True)
        if row.kind != "none" and row.vmaf < below and row.content in pristine
    ]
    return float(np.mean(pairs))


def interval(
    table: pd.DataFrame,
    figure: Callable[[pd.DataFrame, Values], float],
    said: Values,
    other: Values | None = None,
    *,
    draws: int = _DRAWS,
) -> tuple[float, float]:
    """Return the 95 % interval of a figure, or of its difference to that of `other`, by drawing films."""
    rng = np.random.default_rng(0)
    rows_of = {name: np.flatnonzero(table.group == name) for name in table.group.unique()}
    names, found = list(rows_of), []
    for _ in range(draws):
        rows = np.concatenate([rows_of[names[n]] for n in rng.integers(0, len(names), len(names))])
        part = table.iloc[rows]
        found.append(figure(part, said[rows]) - (0 if other is None else figure(part, other[rows])))
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)


def _rows_by(table: pd.DataFrame, names: list[str]) -> list[NDArray[np.bool_]]:
    keys = table[names].astype(str).agg("\x1f".join, axis=1)
    return [(keys == key).to_numpy() for key in sorted(keys.unique())]
