"""Which samples of a shard folder train, validate or test: by the split they carry, or by fold."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vqaprep.errors import InputError
from vqaprep.shards.read import ShardReader
from vqaprep.train.settings import TrainSettings


@dataclass(frozen=True)
class Folds:
    """Folds that take the place of the stored split: one is tested on, one may validate, the others train."""

    test: int
    val: int | None = None


def folds_of(settings: TrainSettings) -> Folds | None:
    """Return the folds that a run is told to go by, if any."""
    return None if settings.test_fold is None else Folds(settings.test_fold, settings.val_fold)


def open_part(folder: Path, split: str | None, folds: Folds | None) -> ShardReader:
    """Return the samples of `split` (None: all), which `folds` settle where they are given.

    Raises:
        InputError: the folder is no complete shard folder, or has no such fold.
    """
    if folds is None or split is None:
        return ShardReader(folder, split=split)
    wanted = {"test": folds.test, "val": folds.val}
    known = sorted({fold for fold in ShardReader(folder).column("fold") if fold is not None})
    for fold in wanted.values():
        if fold is not None and fold not in known:
            raise InputError(
                f"{folder} has no fold {fold}, but {known}; make folds with `vqaprep split --method kfold`"
            )
    if split != "train":
        fold = wanted[split]
        return ShardReader(folder, fold=-1 if fold is None else fold)
    reader = ShardReader(folder, without_fold=folds.test)
    if folds.val is not None:
        reader.rows = np.intersect1d(reader.rows, ShardReader(folder, without_fold=folds.val).rows)
    return reader
