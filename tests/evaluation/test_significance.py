"""The rank-sum test against all arrangements, and the verdicts built on it."""

from itertools import combinations

import pytest

from vqaprep.evaluation.significance import rank_sum, verdict


def exact_p(higher: list[float], lower: list[float]) -> float:
    """Share of the ways to choose `higher` from all values whose rank sum is at least the seen one."""
    values = sorted(higher + lower)
    ranks = {value: rank for rank, value in enumerate(values)}
    seen = sum(ranks[value] for value in higher)
    sums = [sum(choice) for choice in combinations(range(len(values)), len(higher))]
    return sum(total >= seen for total in sums) / len(sums)


def test_p_value_equals_the_count_of_all_arrangements() -> None:
    higher, lower = [0.71, 0.76, 0.74, 0.69], [0.70, 0.66, 0.72, 0.65, 0.61]
    assert rank_sum(higher, lower) == pytest.approx(exact_p(higher, lower))
    assert rank_sum(lower, higher) == pytest.approx(exact_p(lower, higher))


def test_three_clear_splits_against_three_are_just_significant() -> None:
    assert rank_sum([0.8, 0.81, 0.82], [0.7, 0.71, 0.72]) == pytest.approx(1 / 20)
    assert verdict([0.8, 0.81, 0.82], [0.7, 0.71, 0.72]) == "1"
    assert verdict([0.7, 0.71, 0.72], [0.8, 0.81, 0.82]) == "0"


def test_one_overlap_among_three_is_not_significant() -> None:
    assert verdict([0.8, 0.81, 0.705], [0.7, 0.71, 0.72]) == "-"
