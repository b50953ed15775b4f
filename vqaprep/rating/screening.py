"""Screen raters: by outlying scores (BT.500), or by correlation with the others (P.910)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vqaprep.rating.opinion import Scores, checked

Screen = Literal["none", "bt500", "p910"]
_OUTLIERS, _ONE_SIDED = 0.05, 0.3
LEAST_CORRELATION = 0.75


@dataclass(frozen=True)
class Screened:
    """Which raters stay, bool (I,), and why each of the others goes, by number."""

    is_kept: np.ndarray[tuple[int], np.dtype[np.bool_]]
    reasons: dict[int, str]


def screen(scores: Scores, how: Screen, *, least_correlation: float = LEAST_CORRELATION) -> Screened:
    """Return which raters of ratings (J videos, I raters) stay; where a rule refuses all, all stay.

    `bt500` refuses by outlying scores, `p910` by a correlation under `least_correlation`.
    """
    scores = checked(scores)
    reasons: dict[int, str] = {}
    if how == "bt500":
        reasons = _bt500(scores)
    elif how == "p910":
        reasons = _p910(scores, least_correlation)
    if len(reasons) == scores.shape[1]:
        reasons = {}
    is_kept = np.array([rater not in reasons for rater in range(scores.shape[1])], bool)
    return Screened(is_kept, reasons)


def _bt500(scores: Scores) -> dict[int, str]:
    """Refuse raters with many scores far from the mean, on both sides of it: ITU-R BT.500-14, A1-2.3.1.

    Far is 2 deviations where a video's scores look normal by their kurtosis (2 to 4), else the square root of 20.
    """
    is_rated = ~np.isnan(scores)
    num = is_rated.sum(axis=1, keepdims=True)
    centred = np.where(is_rated, scores - np.nanmean(scores, axis=1, keepdims=True), 0.0)
    second, fourth = ((centred**power).sum(axis=1, keepdims=True) / num for power in (2, 4))
    with np.errstate(invalid="ignore", divide="ignore"):
        kurtosis = fourth / second**2
    is_normal = (kurtosis >= 2) & (kurtosis <= 4)
    far = np.where(is_normal, 2.0, np.sqrt(20.0)) * np.sqrt(second)
    is_spread = is_rated & (second > 0)  # where all agree nobody is far
    above = (is_spread & (centred >= far)).sum(axis=0)
    below = (is_spread & (centred <= -far)).sum(axis=0)
    reasons = {}
    for rater, (high, low, rated) in enumerate(zip(above, below, is_rated.sum(axis=0), strict=True)):
        share, lean = (high + low) / max(rated, 1), abs(high - low) / max(high + low, 1)
        if share > _OUTLIERS and lean < _ONE_SIDED:
            reasons[rater] = f"{share:.0%} of the scores are far from the mean (most {_OUTLIERS:.0%}), on both sides"
    return reasons


def _p910(scores: Scores, least: float) -> dict[int, str]:
    """Refuse the rater who correlates least with the mean of the others, again and again, up to a least correlation.

    Pearson's r below 0.75 over all videos, as the screening by correlation of ITU-T P.910 and P.913 has it. Where the
    videos of a test differ little, also careful raters correlate less, and a lower limit is right.
    """
    reasons: dict[int, str] = {}
    while True:
        kept = [rater for rater in range(scores.shape[1]) if rater not in reasons]
        if len(kept) < 3:
            return reasons
        correlations = {rater: correlation(scores, rater, kept) for rater in kept}
        worst = min(correlations, key=lambda rater: correlations[rater])
        if correlations[worst] >= least:
            return reasons
        reasons[worst] = f"correlation {correlations[worst]:.2f} with the other raters (least {least:g})"


def correlation(scores: Scores, rater: int, among: list[int]) -> float:
    """Return Pearson's correlation of a rater with the mean of the others in `among`; 0 where there is none."""
    others = [one for one in among if one != rater]
    if not others:
        return 0.0
    is_both = ~np.isnan(scores[:, rater]) & ~np.isnan(scores[:, others]).all(axis=1)
    mine, theirs = scores[is_both, rater], np.nanmean(scores[is_both][:, others], axis=1)
    if len(mine) < 2 or mine.std() == 0 or theirs.std() == 0:
        return 0.0
    return float(np.corrcoef(mine, theirs)[0, 1])
