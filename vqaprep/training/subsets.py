"""Choose the samples for training, validation or test: by their stored split, or by fold."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vqaprep.errors import InputError
from vqaprep.shards.read import ShardReader
from vqaprep.training.settings import TrainSettings

_NONE = -1  # a fold that no sample is in


@dataclass(frozen=True)
class Folds:
    """Folds in place of the stored split: fold `test` tests, the next one validates if so set, the others train."""

    test: int
    validate_next: bool = False


def folds_of(settings: TrainSettings) -> Folds | None:
    """Return the folds of a run's settings, if any."""
    return None if settings.test_fold is None else Folds(settings.test_fold, settings.validate_next)


def open_subset(folder: Path, split: str | None, folds: Folds | None) -> ShardReader:
    """Return the samples of `split` (None: all); with `folds`, they decide the split in place of the stored one.

    Raises:
        InputError: the folder is no complete shard folder, or has no such fold.
    """
    if folds is None or split is None:
        return ShardReader(folder, split=split)
    folds_there = sorted({fold for fold in ShardReader(folder).column("fold") if fold is not None})
    if folds.test not in folds_there:
        raise InputError(
            f"{folder} has no fold {folds.test}, but {folds_there}; make folds with `vqaprep split --method kfold`"
        )
    val = folds_there[(folds_there.index(folds.test) + 1) % len(folds_there)] if folds.validate_next else _NONE
    if split != "train":
        return ShardReader(folder, fold=folds.test if split == "test" else val)
    reader = ShardReader(folder, without_fold=folds.test)
    # Both folds are left out; a reader leaves out one, so the rows of two readers are intersected.
    reader.rows = np.intersect1d(reader.rows, ShardReader(folder, without_fold=val).rows)
    return reader
