"""Choose the most informative pairs: each pair of a batch by its gain after the ones before it.

The gain of a pair is what one more comparison takes from the variances of all qualities, which has a closed form
(Sherman and Morrison); less sure videos weigh more, so that the widest interval shrinks first. The same idea, with
other gains, is in Hybrid-MST (Li et al., NeurIPS 2018) and ASAP (Mikhailiuk et al., ICPR 2020).
"""

import numpy as np

from vqaprep.rating.opinion import Scores
from vqaprep.rating.pairs import expected_information, fit_pairs, information_of

Pair = tuple[int, int]


def next_pairs(wins: Scores, num: int, *, is_allowed: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> list[Pair]:
    """Return `num` pairs to compare next, the first of each the one with the smaller number.

    `wins` (J, J) counts what is known already, and `is_allowed` (J, J) says which pairs may be compared. A pair comes
    again in one batch only when that says more than any other.
    """
    scale = fit_pairs(wins)
    covariance = np.asarray(np.linalg.inv(expected_information(scale.quality, wins + wins.T)), np.float64)
    # Expect the information over what the difference may still be: a first guess of it may be far off.
    difference = scale.quality[:, None] - scale.quality[None, :]
    information = _expected(difference, _variance(covariance))
    pairs: list[Pair] = []
    for _ in range(num):
        variance = _variance(covariance)
        moved = covariance - covariance.mean(axis=0)  # against the mean of all, as intervals are
        moved *= np.maximum(np.diag(moved), 0.0)[:, None]  # of each video by its own variance
        taken = (moved**2).sum(axis=0)[:, None] + (moved**2).sum(axis=0)[None, :] - 2 * moved.T @ moved
        gain = np.where(is_allowed, information * taken / (1 + information * variance), -1.0)
        first, second = np.unravel_index(int(np.argmax(np.triu(gain, 1))), gain.shape)
        pair = int(first), int(second)
        pairs.append(pair)
        along = covariance[:, pair[0]] - covariance[:, pair[1]]
        weight = information[pair]
        covariance -= weight * np.outer(along, along) / (1 + weight * variance[pair])
    return pairs


def _variance(covariance: Scores) -> Scores:
    """Return the variance of each difference (J, J)."""
    own = np.diag(covariance)
    return np.asarray(np.maximum(own[:, None] + own[None, :] - 2 * covariance, 0.0), np.float64)


def _expected(difference: Scores, variance: Scores) -> Scores:
    """Return the mean information over a normal distribution of the difference, by five nodes of Gauss and Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    spread = np.sqrt(variance)
    values = [w * information_of(difference + node * spread) for node, w in zip(nodes, weights, strict=True)]
    return np.asarray(np.sum(values, axis=0) / weights.sum(), np.float64)
