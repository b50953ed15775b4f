"""Batches depend on seed, epoch and position alone: not on loader processes, ranks or where a run resumes."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from vqaprep.errors import InputError
from vqaprep.media.convert import Frames
from vqaprep.shards.geometry import squares
from vqaprep.training import data
from vqaprep.training.augment import Augment
from vqaprep.training.data import Batches, Examples, Places, collate, to_model
from vqaprep.training.examples import Kind
from vqaprep.training.examples.clip import Clip
from vqaprep.training.examples.pairs import Pairs
from vqaprep.training.examples.query_key import QueryKey

SPEED = QueryKey(num_frames=8)


def examples(shards: Path, kind: Kind = SPEED, **how: Any) -> Examples:
    return Examples(shards, kind, **{"split": "train", "seed": 0, "crop_px": 32, **how})


def batches(found: Examples, workers: int = 0, **how: Any) -> list[dict[str, Tensor]]:
    return list(Batches(Places(found, **{"batch": 4, "epoch": 0, "seed": 0, **how}), workers))


def assert_same(one: list[dict[str, Tensor]], two: list[dict[str, Tensor]]) -> None:
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        assert a.keys() == b.keys()
        for name in a:
            torch.testing.assert_close(a[name], b[name], rtol=0, atol=0)


def numbers(found: list[dict[str, Tensor]]) -> list[int]:
    return [int(n) for batch in found for n in batch["example"]]


def test_a_batch_has_what_the_system_reads(shards: Path) -> None:
    batch = batches(examples(shards))[0]
    assert batch["clip"].shape == batch["key"].shape == (4, 8, 32, 32, 3)
    assert batch["clip"].dtype == torch.uint8
    assert batch["speed_class"].shape == (4,)


@pytest.mark.parametrize("workers", [1, 2])
def test_loader_processes_change_nothing(shards: Path, workers: int) -> None:
    found = examples(shards)
    assert_same(batches(found, workers=workers), batches(found))


def test_loader_processes_stay_when_the_epoch_changes(shards: Path) -> None:
    class ExamplesWithProcess(Examples):
        def __getitem__(self, where: tuple[int, int]) -> dict[str, Any]:
            return super().__getitem__(where) | {"process": os.getpid()}

    found = ExamplesWithProcess(shards, SPEED, split="train", seed=0, crop_px=32)
    kept = Batches(Places(found, batch=4, epoch=0, seed=0), workers=1)
    first, *_ = kept  # what was read ahead of a left epoch is not the next one's
    next(iter(kept))
    kept.places.epoch, kept.places.start = 1, 4
    again = list(kept)
    pids = {int(pid) for batch in (first, *again) for pid in batch.pop("process")}
    assert len(pids) == 1 and pids != {os.getpid()}
    assert_same(again, batches(examples(shards), epoch=1, start=4))


def test_a_resumed_epoch_goes_on_where_it_stopped(shards: Path) -> None:
    found = examples(shards)
    assert_same(batches(found, start=4), batches(found)[1:])


def test_ranks_share_the_batches_of_one_process(shards: Path) -> None:
    found = examples(shards)
    whole = batches(found)
    parts = [batches(found, rank=rank, world_size=2) for rank in (0, 1)]
    for step, batch in enumerate(whole):
        assert sorted(numbers([batch])) == sorted(numbers([part[step] for part in parts]))


def test_examples_that_belong_together_stand_in_one_batch_also_on_resume_and_shared(shards: Path) -> None:
    found = examples(shards)
    found.together = 3
    how: dict[str, Any] = {"batch": 6}
    whole = batches(found, **how)
    for first, second, third in zip(*[iter(numbers(whole))] * 3, strict=True):
        assert (first % 3, second, third) == (0, first + 1, first + 2)
    assert sorted(numbers(whole)) == list(range(12))
    assert_same(batches(found, start=6, **how), whole[1:])
    parts = [batches(found, rank=rank, world_size=2, **how) for rank in (0, 1)]
    for step, batch in enumerate(whole):
        assert sorted(numbers([batch])) == sorted(numbers([part[step] for part in parts]))


def test_an_epoch_sees_every_example_once_in_an_order_of_its_own(shards: Path) -> None:
    found = examples(shards)
    orders = [numbers(batches(found, epoch=epoch)) for epoch in (0, 1)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(len(found)))


def test_passes_draw_each_sample_anew(shards: Path) -> None:
    found = examples(shards, passes=2)
    num = len(found) // 2
    one, two = (found[0, n] for n in (0, num))
    assert len(found) == 2 * num == 24
    assert one["speed_class"] == two["speed_class"], "stored clips keep their label"
    assert (one["draws_u"] != two["draws_u"]).all()
    assert found.record(0)["key"] == found.record(num)["key"]


def test_crops_move_in_training_and_stay_in_the_middle_elsewhere(shards: Path) -> None:
    found = examples(shards)
    assert not torch.equal(found[0, 0]["clip"], found[1, 0]["clip"])
    still = examples(shards, QueryKey(num_frames=8, is_training=False))
    assert torch.equal(still[0, 0]["clip"], still[1, 0]["clip"])
    whole = examples(shards, crop_px=None)[0, 0]["clip"]
    top, left = ((n - 32) // 2 for n in whole.shape[1:3])
    for centred in (still, examples(shards, crop="centre")):
        assert torch.equal(centred[0, 0]["clip"], whole[:, top : top + 32, left : left + 32])


def test_a_crop_larger_than_the_clips_is_refused_with_both_sizes(shards: Path) -> None:
    with pytest.raises(InputError, match=r"60x40 px, under crop_px=64"):
        examples(shards, crop_px=64)[0, 0]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_loader_process_refuses_in_the_same_words(shards: Path, workers: int) -> None:
    with pytest.raises(InputError) as told:
        batches(examples(shards, crop_px=64), workers=workers)
    assert str(told.value) == "clips are 60x40 px, under crop_px=64: make larger shards"


def test_a_split_that_is_not_there_is_refused(shards: Path) -> None:
    with pytest.raises(InputError, match="no sample in split 'test'"):
        examples(shards, split="test")


def test_shards_without_what_a_system_learns_from_are_refused_with_the_remedy(shards: Path) -> None:
    with pytest.raises(InputError, match="vqaprep distort"):
        examples(shards, Pairs())
    with pytest.raises(InputError, match="--measure vmaf"):
        examples(shards, Clip(target="vmaf"))


def test_a_number_that_only_some_have_is_unknown_for_the_others() -> None:
    batch = collate([{"label": 1, "example": 0, "key": torch.zeros(1)}, {"example": 1}])
    assert list(batch) == ["example", "label"]
    assert batch["label"][0] == 1 and batch["label"][1].isnan()


def test_models_read_float_clips_with_colour_first(shards: Path) -> None:
    raw = batches(examples(shards))[0]
    inputs = to_model(raw, SPEED, None)
    assert inputs["clip"].shape == (4, 3, 8, 32, 32)
    assert inputs["clip"].dtype == torch.float32
    assert inputs["speed_class"].dtype == torch.int64
    torch.testing.assert_close(inputs["clip"][0, :, 0, 0, 0] * 255, raw["clip"][0, 0, 0, 0].float())
    assert "draws_u" not in inputs


def test_query_and_key_are_cropped_apart(shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[tuple[float, float]] = []

    def noted(frames: Frames, side_px: int, at: Iterable[tuple[float, float]]) -> list[Frames]:
        places.extend(at := list(at))
        return squares(frames, side_px, at)

    monkeypatch.setattr(data, "squares", noted)
    one = examples(shards, crop_px=8)[(0, 0)]
    assert {"clip", "key"} <= one.keys()
    assert len(set(places)) == 2


def test_query_and_key_are_changed_apart(shards: Path) -> None:
    raw = batches(examples(shards))[0]
    raw["key"] = raw["clip"]
    inputs = to_model(raw, SPEED, Augment(hflip=0.5, color=1, brightness=0.4))
    assert not torch.equal(inputs["clip"], inputs["key"])


def test_loader_processes_without_open_files_are_refused_before_they_hang(
    shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (20, 20))
    with pytest.raises(InputError, match=r"--loader-workers 2 needs about 80 open files.*allows 20.*workers 0"):
        batches(examples(shards), workers=2)
