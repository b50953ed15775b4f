"""The rival of the speed networks: trees on the motion curve of a clip, on the same clips and folds by film.

The curve is the mean absolute change of luma between neighbouring frames of the whole picture, and its logarithm less
the clip's mean of that. Trees learn from clips that are drawn as those of the network are.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier

from vqaprep.training.data import Examples
from vqaprep.training.examples.query_key import QueryKey
from vqaprep.training.subsets import Folds

LABELS = ("speed_class", "localization_class")
_TRAINING_PASSES = 12  # more draws did not help: the films are the bound
_NOISE = 0.05
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def motion_trees(shards: Path, kind: QueryKey, *, fold: int, draws: int, seed: int = 0) -> pd.DataFrame:
    """Return a row for each test clip of `fold`, in the order of `vqaprep evaluate --draws`: truth and said class.

    Columns: `video_id`, `group_id`, `key`, and for each label that the clips have its name and `trees_NAME`.
    """
    folds = Folds(fold)
    train = Examples(shards, kind, split="train", seed=seed, passes=_TRAINING_PASSES, folds=folds)
    test = Examples(shards, kind.for_evaluation(), split="test", seed=seed, folds=folds)
    known, labelled = _read(train, 1)
    new, about = _read(test, draws)
    found = pd.DataFrame(about)
    for label in LABELS:
        if label in found:
            trees = ExtraTreesClassifier(200, min_samples_leaf=3, max_features=0.3, random_state=seed)
            trees.fit(known, [row[label] for row in labelled])
            found[f"trees_{label}"] = trees.predict(new)
    return found


def curve(frames_THWC: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the 2 (T - 1) numbers of a clip: its log motion curve, and the same relative to its mean."""
    luma = frames_THWC @ _LUMA
    level = np.log(np.abs(np.diff(luma, axis=0)).mean(axis=(1, 2)) + _NOISE)
    return np.concatenate([level, level - level.mean()])


def _read(examples: Examples, draws: int) -> tuple[NDArray[np.float32], list[dict[str, Any]]]:
    curves, rows = [], []
    for draw in range(draws):
        for number in range(len(examples)):
            example, record = examples[draw, number], examples.record(number)
            curves.append(curve(example["clip"].numpy()))
            about = {name: record[name] for name in ("key", "video_id", "group_id")}
            rows.append(about | {name: example[name] for name in LABELS if name in example})
    return np.stack(curves), rows
