"""Pair accuracy counts decided pairs only, and the KVQ score is its weighted sum."""

import math

import numpy as np
import pytest

from vqaprep.errors import InputError
from vqaprep.evaluation.preference import kvq_score, pair_accuracy, source_pairs
from vqaprep.training.correlation import correlate


def test_pairs_of_equal_opinion_are_left_out() -> None:
    pairs = np.array([[0, 1], [1, 2], [0, 2]])
    assert pair_accuracy([1, 5, 3], [2, 2, 4], pairs=pairs) == 0.5


def test_equal_predictions_vote_for_the_first_video() -> None:
    assert pair_accuracy([1, 1], [4, 2], pairs=np.array([[0, 1]])) == 1
    assert pair_accuracy([1, 1], [4, 2], pairs=np.array([[1, 0]])) == 0


def test_no_decided_pair_has_no_accuracy() -> None:
    assert math.isnan(pair_accuracy([1, 2], [3, 3], pairs=np.array([[0, 1]])))


def test_accuracy_equals_a_loop_over_pairs() -> None:
    rng = np.random.default_rng(0)
    predicted, mos = rng.normal(size=12), rng.integers(1, 6, size=12)
    same, different = source_pairs([f"s{index // 3}" for index in range(12)])
    right = [
        (predicted[a] >= predicted[b]) == (mos[a] > mos[b])
        for a in range(12)
        for b in range(a + 1, 12)
        if a // 3 != b // 3 and mos[a] != mos[b]
    ]
    assert pair_accuracy(predicted, mos, pairs=different) == pytest.approx(np.mean(right))
    assert len(same) == 4 * 3 and len(same) + len(different) == 12 * 11 / 2


def test_kvq_score_weighs_correlations_and_accuracies() -> None:
    found = correlate([1, 2, 3, 4.5], [1, 3, 2, 4], mapping="none")
    expected = 0.45 * found.srocc + 0.45 * found.plcc + 0.05 * 0.9 + 0.05 * 0.6
    assert kvq_score(found, acc_source=0.6, acc_nonsource=0.9) == pytest.approx(expected)
    perfect = correlate([1, 2, 3], [1, 2, 3], mapping="none")
    assert kvq_score(perfect, acc_source=1, acc_nonsource=1) == pytest.approx(1)


def test_an_accuracy_in_percent_is_refused() -> None:
    with pytest.raises(InputError, match="acc_source is 80"):
        kvq_score(correlate([1, 2], [1, 2]), acc_source=80, acc_nonsource=0.9)
