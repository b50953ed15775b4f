"""From decisions on clips to decisions on people, pooled over the folds of a cross-validation (source 000)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vqaprep.errors import InputError
from vqaprep.evaluation.classification import BinaryScores, binary_scores


@dataclass(frozen=True)
class Vote:
    """One subject's outcome: true and predicted class (0 or 1), mean probability of class 1, clips counted."""

    subject_id: str
    label: int
    predicted: int
    probability: float
    num_clips: int
    num_correct: int


def vote(
    subject_ids: Sequence[str], labels: ArrayLike, *, predicted: ArrayLike, probabilities: ArrayLike
) -> list[Vote]:
    """Let each subject's clips vote; all four have one entry per clip, subjects come out in order of name.

    A subject is right only when more than half of the clips are: a tie is wrong.
    """
    names = np.asarray(subject_ids, dtype=str)
    truth, guess, chance = (
        np.asarray(labels),
        np.asarray(predicted),
        np.asarray(probabilities, dtype=np.float64),
    )
    if not names.shape == truth.shape == guess.shape == chance.shape:
        raise InputError(
            f"subjects {names.shape}, labels {truth.shape}, predictions {guess.shape} and probabilities "
            f"{chance.shape}; give one of each per clip."
        )
    return [
        _vote(str(name), truth[names == name], guess[names == name], chance[names == name]) for name in np.unique(names)
    ]


def pool_folds(folds: Iterable[Sequence[Vote]]) -> list[Vote]:
    """Join the held-out subjects of all folds; raise InputError if one was held out twice."""
    pooled = [outcome for fold in folds for outcome in fold]
    names: set[str] = set()
    for outcome in pooled:
        if outcome.subject_id in names:
            raise InputError(f"subject {outcome.subject_id!r} is in two folds; split by subject, each held out once.")
        names.add(outcome.subject_id)
    return pooled


def subject_scores(votes: Sequence[Vote]) -> BinaryScores:
    """Score subjects, not clips: every subject counts once."""
    return binary_scores(
        [outcome.label for outcome in votes],
        [outcome.predicted for outcome in votes],
        probabilities=[outcome.probability for outcome in votes],
    )


def _vote(name: str, labels: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray) -> Vote:
    label = int(labels[0])
    if (labels != label).any() or label not in (0, 1):
        raise InputError(f"subject {name!r} has labels {sorted(set(labels.tolist()))}; one of 0 or 1 is allowed.")
    num_correct = int(np.count_nonzero(predicted == label))
    is_correct = 2 * num_correct > len(labels)
    return Vote(
        subject_id=name,
        label=label,
        predicted=label if is_correct else 1 - label,
        probability=float(probabilities.mean()),
        num_clips=len(labels),
        num_correct=num_correct,
    )
