"""Subjects are right on more than half of their clips, and are counted once over all folds."""

import pytest

from vqaprep.errors import InputError
from vqaprep.evaluation.subject import Vote, pool_folds, subject_scores, vote


def test_a_tie_is_wrong_for_either_label() -> None:
    ids, labels, predicted = ["p", "p", "q", "q"], [1, 1, 0, 0], [1, 0, 1, 0]
    outcomes = vote(ids, labels, predicted=predicted, probabilities=[0.6, 0.3, 0.6, 0.1])
    assert [(outcome.label, outcome.predicted) for outcome in outcomes] == [(1, 0), (0, 1)]


def test_more_than_half_is_right_and_probabilities_are_averaged() -> None:
    outcomes = vote(["b", "a", "b", "b"], [1, 0, 1, 1], predicted=[1, 0, 0, 1], probabilities=[0.9, 0.2, 0.3, 0.6])
    assert outcomes[0] == Vote("a", 0, 0, 0.2, 1, 1)
    assert outcomes[1] == Vote("b", 1, 1, (0.9 + 0.3 + 0.6) / 3, 3, 2)


def test_subjects_count_once_however_many_clips_they_have() -> None:
    ids = ["long"] * 9 + ["short"]
    labels = [1] * 9 + [0]
    predicted = [1] * 9 + [1]
    outcomes = vote(ids, labels, predicted=predicted, probabilities=[0.9] * 10)
    found = subject_scores(outcomes)
    assert found.accuracy == 0.5 and found.num_samples == 2


def test_folds_pool_before_scoring() -> None:
    folds = [
        vote([name], [1], predicted=[guess], probabilities=[0.5]) for name, guess in (("a", 1), ("b", 0), ("c", 1))
    ]
    assert subject_scores(pool_folds(folds)).accuracy == pytest.approx(2 / 3)


def test_a_subject_held_out_twice_is_refused() -> None:
    fold = vote(["a"], [1], predicted=[1], probabilities=[0.5])
    with pytest.raises(InputError, match="'a' is in two folds"):
        pool_folds([fold, fold])


@pytest.mark.parametrize("labels", [[0, 1], [2, 2]])
def test_a_subject_has_one_binary_label(labels: list[int]) -> None:
    with pytest.raises(InputError, match="subject 'a' has labels"):
        vote(["a", "a"], labels, predicted=[0, 0], probabilities=[0.5, 0.5])


def test_every_clip_needs_all_four_entries() -> None:
    with pytest.raises(InputError, match="one of each per clip"):
        vote(["a", "a"], [1, 1], predicted=[1], probabilities=[0.5, 0.5])
