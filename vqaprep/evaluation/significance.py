"""Test whether one method's scores over repeated splits are higher than another's."""

from typing import Literal

from numpy.typing import ArrayLike
from scipy.stats import mannwhitneyu

Verdict = Literal["1", "0", "-"]


def rank_sum(higher: ArrayLike, lower: ArrayLike) -> float:
    """Give the one-sided Wilcoxon rank-sum p-value of `higher` lying above `lower`.

    Exact for small samples without ties, else by the normal approximation. Three splits against three can
    reach no less than 1/20.
    """
    return float(mannwhitneyu(higher, lower, alternative="greater").pvalue)


def verdict(first: ArrayLike, second: ArrayLike, *, alpha: float = 0.05) -> Verdict:
    """Say `1` if `first` is superior at level `alpha`, `0` if inferior, `-` if neither (source 002, Table 6)."""
    tolerance = 1e-9  # three against three gives exactly 1/20, up to rounding
    if rank_sum(first, second) <= alpha + tolerance:
        return "1"
    return "0" if rank_sum(second, first) <= alpha + tolerance else "-"
