"""Accuracy of the preferred video of a pair, and the KVQ challenge score."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vqaprep.errors import InputError
from vqaprep.training.correlation import Correlation, paired_scores

IndexPairs = NDArray[np.int64]


def pair_accuracy(predicted: ArrayLike, mos: ArrayLike, *, pairs: IndexPairs) -> float:
    """Score the pairs (P, 2) of video indices whose opinions differ: the higher prediction should be preferred.

    Pairs of equal opinion have no right answer and are left out: Table III of source 004 contradicts itself
    on them. Equal predictions vote for the first video of the pair, as the KVQ challenge has it. NaN when no
    pair is left.
    """
    scores, target = paired_scores(predicted, mos)
    first, second = np.asarray(pairs, dtype=np.int64).reshape(-1, 2).T
    is_decided = target[first] != target[second]
    if not is_decided.any():
        return float("nan")
    is_right = (scores[first] >= scores[second]) == (target[first] > target[second])
    return float(is_right[is_decided].mean())


def source_pairs(source_ids: Sequence[str]) -> tuple[IndexPairs, IndexPairs]:
    """Pair every video with every later one: (P, 2) of one source content, and (Q, 2) of two."""
    names = np.unique(np.asarray(source_ids, dtype=str), return_inverse=True)[1]
    pairs = np.stack(np.triu_indices(len(names), k=1), axis=1).astype(np.int64)
    is_same = names[pairs[:, 0]] == names[pairs[:, 1]]
    return pairs[is_same], pairs[~is_same]


def kvq_score(correlation: Correlation, *, acc_source: float, acc_nonsource: float) -> float:
    """Weigh correlations and pair accuracies, all in [0, 1], as the KVQ challenge (NTIRE 2024) does."""
    for name, value in (("acc_source", acc_source), ("acc_nonsource", acc_nonsource)):
        if not 0 <= value <= 1:
            raise InputError(f"{name} is {value}; it must be a share in [0, 1].")
    return 0.45 * correlation.srocc + 0.45 * correlation.plcc + 0.05 * acc_nonsource + 0.05 * acc_source
