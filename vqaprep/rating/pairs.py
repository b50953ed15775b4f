"""Quality from comparisons of pairs: the maximum-likelihood scale and its confidence intervals.

Thurstone's case V: video a is chosen over b with the probability `Phi((q_a - q_b) / s)`. The unit is one just
objectionable difference (JOD): at a difference of 1, three of four choose the better one (Perez-Ortiz and Mantiuk,
arXiv:1712.03686).
"""

from dataclasses import dataclass

import numpy as np

from vqaprep.errors import InputError
from vqaprep.rating.opinion import Scores

_UNIT = 0.6744897501960817  # Phi of this is 0.75
_PRIOR_JOD = 10.0  # a weak normal prior: a video that always wins would else be infinitely good
_MOST_STEPS, _LEAST_CHANGE = 100, 1e-9
_Z = 1.959963984540054


@dataclass(frozen=True)
class Scale:
    """Quality in JOD (J,) with the mean 0, its covariance (J, J), and half the 95 % `interval` of each (J,)."""

    quality: Scores
    covariance: Scores

    @property
    def interval(self) -> Scores:
        """Half the interval of each video against the mean of all."""
        return _Z * np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


def fit_pairs(wins: Scores) -> Scale:
    """Return the scale of `wins` (J, J), where `wins[a, b]` says how often a was chosen over b.

    Raises:
        InputError: it is no such matrix.
    """
    wins = np.asarray(wins, np.float64)
    if wins.ndim != 2 or wins.shape[0] != wins.shape[1] or not np.isfinite(wins).all() or (wins < 0).any():
        raise InputError(
            f"counts of wins have the shape {wins.shape}; give one row and one column per video, 0 or more"
        )
    quality = np.zeros(len(wins))
    for _ in range(_MOST_STEPS):
        slope, information = _derivatives(quality, wins)
        step = np.linalg.solve(information, slope)
        step *= min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))  # the first steps could overshoot
        quality = quality + step
        if np.abs(step).max() < _LEAST_CHANGE:
            break
    centre = np.eye(len(wins)) - 1 / len(wins)
    covariance = centre @ np.linalg.inv(expected_information(quality, wins + wins.T)) @ centre
    return Scale(quality - quality.mean(), covariance)


def components(wins: Scores) -> list[list[int]]:
    """Return the groups of videos that comparisons connect; qualities of different groups cannot be compared."""
    is_linked = (np.asarray(wins) + np.asarray(wins).T) > 0
    groups: list[list[int]] = []
    left = set(range(len(is_linked)))
    while left:
        group, waiting = set[int](), [min(left)]
        while waiting:
            video = waiting.pop()
            if video not in group:
                group.add(video)
                waiting += np.flatnonzero(is_linked[video]).tolist()
        groups.append(sorted(group))
        left -= group
    return groups


def expected_information(quality: Scores, num: Scores) -> Scores:
    """Return Fisher's information (J, J) of `num` (J, J) comparisons of each pair, with the prior's."""
    weights = num * information_of(quality[:, None] - quality[None, :])
    return np.diag(weights.sum(axis=1)) - weights + np.eye(len(quality)) / _PRIOR_JOD**2


def information_of(difference: Scores) -> Scores:
    """Return what one comparison says of a difference in JOD: largest at 0, nothing where everybody agrees."""
    from scipy.stats import norm

    x = _UNIT * difference
    chance = np.clip(norm.cdf(x), 1e-12, 1 - 1e-12)
    return np.asarray((_UNIT * norm.pdf(x)) ** 2 / (chance * (1 - chance)), np.float64)


def chance_of(difference: Scores) -> Scores:
    """Return how likely the first of a pair is chosen, by the difference of their qualities in JOD."""
    from scipy.stats import norm

    return np.asarray(norm.cdf(_UNIT * difference), np.float64)


def _derivatives(quality: Scores, wins: Scores) -> tuple[Scores, Scores]:
    """Return slope (J,) and negative second derivative (J, J) of the log posterior."""
    from scipy.stats import norm

    x = _UNIT * (quality[:, None] - quality[None, :])
    ratio = np.exp(norm.logpdf(x) - norm.logcdf(x))  # of the density to the chance, also far out
    won = wins * ratio * _UNIT
    slope = (won - won.T).sum(axis=1) - quality / _PRIOR_JOD**2
    curve = wins * ratio * (ratio + x) * _UNIT**2
    curve = curve + curve.T
    return slope, np.diag(curve.sum(axis=1)) - curve + np.eye(len(quality)) / _PRIOR_JOD**2
