"""Reading samples by number."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.made import Inline
from tests.shards.conftest import clips_of
from vqaprep.errors import InputError, IntegrityError
from vqaprep.rows import Video
from vqaprep.shards.make import make_shards
from vqaprep.shards.order import SampleOrder
from vqaprep.shards.read import Sample, ShardReader
from vqaprep.shards.settings import ShardSettings


@pytest.fixture
def folder(film: Callable[..., Video], tmp_path: Path) -> Path:
    return build(film, tmp_path, "npy")


def build(film: Callable[..., Video], tmp_path: Path, codec: str) -> Path:
    videos = [film(f"{i}.mp4", 20, seed=i, split=("train", "test")[i % 2], fold=i) for i in range(4)]
    variants = (("none", 0), ("contrast", 1))
    clips = [c for v in videos for c in clips_of(v, starts=(0, 8), variants=variants, roles=("query", "key"))]
    out = tmp_path / codec
    out.mkdir()
    make_shards(clips, out, ShardSettings(spatial="native", codec=codec), Inline(), lambda _n, _d: None)
    return out


def test_splits_and_folds_choose_samples(folder: Path) -> None:
    assert len(ShardReader(folder)) == 8
    train = ShardReader(folder, split="train")
    assert {train[i].labels["split"] for i in range(len(train))} == {"train"}
    assert train.column("split") == ["train"] * 4
    assert set(ShardReader(folder, fold=2).column("fold")) == {2}
    assert set(ShardReader(folder, without_fold=2).column("fold")) == {0, 1, 3}


def test_a_sample_holds_all_its_views(folder: Path) -> None:
    assert list(ShardReader(folder)[3].views) == ["query.none", "query.contrast", "key.none", "key.contrast"]


def test_a_record_and_a_view_can_be_read_alone(folder: Path) -> None:
    reader = ShardReader(folder, split="test")
    sample = reader[2]
    assert reader.record(2) == sample.labels
    for described, shown in zip(sample.labels["views"], sample.views.values(), strict=True):
        assert np.array_equal(reader.view(2, described), shown)


def test_exact_codecs_give_the_same_arrays(film: Callable[..., Video], tmp_path: Path) -> None:
    plain, packed = (ShardReader(build(film, tmp_path, codec)) for codec in ("npy", "zstd"))
    for i in range(len(plain)):
        assert plain[i].key == packed[i].key
        assert all(np.array_equal(packed[i].views[name], shown) for name, shown in plain[i].views.items())


def test_arrays_are_the_callers_own(folder: Path) -> None:
    reader = ShardReader(folder)
    before = reader[0].views["query.none"].copy()
    reader[0].views["query.none"][:] = 0
    assert np.array_equal(reader[0].views["query.none"], before)


def test_readers_travel_to_other_processes(folder: Path) -> None:
    reader = ShardReader(folder, split="test")
    copy = pickle.loads(pickle.dumps(reader))
    assert [copy[i].key for i in range(len(copy))] == [reader[i].key for i in range(len(reader))]


def test_any_number_of_workers_gives_the_same_batches(folder: Path) -> None:
    from torch.utils.data import DataLoader

    order = SampleOrder(num=8, seed=3, epoch=1, batch=2)
    seen = []
    for num_workers in (0, 1, 2):
        loader: DataLoader[Sample] = DataLoader(
            ShardReader(folder),  # type: ignore[arg-type]  # it has a length and numbers, which is all that is asked for
            batch_sampler=order,
            num_workers=num_workers,
            collate_fn=_keys,
            multiprocessing_context="fork" if num_workers else None,
        )
        seen.append(list(loader))
    assert sorted(key for batch in seen[0] for key in batch) == sorted(ShardReader(folder).column("key"))
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


def _keys(batch: list[Sample]) -> list[str]:
    return [sample.key for sample in batch]


def test_addresses_are_read_by_range(folder: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.put(str(folder), "/shards-test", recursive=True)
    here, there = ShardReader(folder), ShardReader("memory://shards-test")
    assert len(there) == len(here)
    assert all(np.array_equal(there[5].views[name], shown) for name, shown in here[5].views.items())


def test_an_unfinished_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"index\.parquet"):
        ShardReader(tmp_path)


def test_a_folder_without_samples_is_empty(tmp_path: Path) -> None:
    make_shards([], tmp_path, ShardSettings(), Inline(), lambda _n, _d: None)
    assert len(ShardReader(tmp_path)) == 0


def test_a_cut_tar_is_told(folder: Path) -> None:
    for tar in (folder / "shards").glob("*.tar"):
        tar.write_bytes(tar.read_bytes()[:600])
    with pytest.raises(IntegrityError, match="verify"):
        ShardReader(folder)[1]
