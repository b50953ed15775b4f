"""Folds take the place of the stored split: every sample is tested on once, and never trained on where it is."""

from pathlib import Path

import pandas as pd
import pytest

from vqaprep.errors import InputError
from vqaprep.shards.read import ShardReader
from vqaprep.training.settings import TrainSettings
from vqaprep.training.subsets import Folds, open_subset


@pytest.fixture
def folded(shards: Path, tmp_path: Path) -> Path:
    """The index of the shards, whose samples lie in folds 0, 1, 2, 0 and so on."""
    table = pd.read_parquet(shards / "index.parquet")
    table["fold"] = pd.array([i % 3 for i in range(len(table))], dtype="Int64")
    table.to_parquet(tmp_path / "index.parquet")
    return tmp_path


def keys(reader: ShardReader) -> set[str]:
    return set(reader.column("key"))


def test_parts_by_fold_are_all_samples_each_once(folded: Path) -> None:
    for folds in (Folds(0), Folds(2, validate_next=True)):
        parts = [keys(open_subset(folded, split, folds)) for split in ("train", "val", "test")]
        assert set.union(*parts) == keys(ShardReader(folded))
        assert sum(map(len, parts)) == len(ShardReader(folded))
        assert bool(parts[1]) == (folds.validate_next)


def test_every_sample_is_tested_on_in_one_fold(folded: Path) -> None:
    tested = [keys(open_subset(folded, "test", Folds(fold))) for fold in range(3)]
    assert sum(map(len, tested)) == len(set.union(*tested)) == len(ShardReader(folded))


def test_without_folds_the_stored_split_holds(shards: Path) -> None:
    assert keys(open_subset(shards, "val", None)) == keys(ShardReader(shards, split="val"))
    assert keys(open_subset(shards, None, Folds(7))) == keys(ShardReader(shards))


def test_a_fold_that_is_not_there_is_told(folded: Path, shards: Path) -> None:
    with pytest.raises(InputError, match=r"has no fold 7, but \[0, 1, 2\]"):
        open_subset(folded, "train", Folds(7))
    with pytest.raises(InputError, match="kfold"):
        open_subset(shards, "train", Folds(0))


def test_the_fold_after_the_last_is_the_first(folded: Path) -> None:
    validated = keys(open_subset(folded, "val", Folds(2, validate_next=True)))
    assert validated == keys(open_subset(folded, "test", Folds(0)))
    with pytest.raises(ValueError, match="needs test_fold"):
        TrainSettings(system="action", validate_next=True)
