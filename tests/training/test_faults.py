"""What goes wrong in training is told with its remedy."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from vqaprep.errors import InputError, IntegrityError, VqaprepError
from vqaprep.training.data import Examples
from vqaprep.training.loop import train
from vqaprep.training.memory import memory_explained
from vqaprep.training.requirements import requirements
from vqaprep.training.settings import TrainSettings
from vqaprep.training.setup import prepare
from vqaprep.training.systems import load_module
from vqaprep.training.validation import validated

Asking = Callable[..., TrainSettings]


def run(settings: TrainSettings, shards: Path, path: Path) -> None:
    path.mkdir(exist_ok=True)
    train(settings, shards, path, seed=0)


def test_a_loss_that_is_no_number_ends_the_run_with_what_to_change(shards: Path, tmp_path: Path, shade: Asking) -> None:
    with pytest.raises(VqaprepError, match=r"not finite at epoch \d, step \d+ .*lower --lr.*--force"):
        run(shade(epochs=20, lr=1e30), shards, tmp_path / "run")


def test_missing_labels_are_told_with_their_name(
    shards: Path, tmp_path: Path, shade: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="--measure vmaf"):
        run(shade(epochs=1, target="vmaf"), shards, tmp_path / "a")
    settings = shade(epochs=1)
    monkeypatch.setattr(load_module("shade").Model, "loss_on", lambda _, batch, step: {"loss": batch["opinion"]})
    with pytest.raises(InputError, match="the shards lack 'opinion', which shade learns from"):
        run(settings, shards, tmp_path / "b")


def _state(**changes: Any) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        torch.save(torch.load(path, weights_only=True) | changes, path)

    return change


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "torn": lambda path: path.write_bytes(b"torn"),
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:500]),
    "a pickle with an object": lambda path: path.write_bytes(pickle.dumps({"model": Path("x")})),
    "a list": lambda path: torch.save([1, 2], path),
    "no weights": _state(model={}),
    "weights of another network": _state(model={"line.weight": torch.zeros(3)}),
    "a number for weights": _state(model=3),
    "no optimizer": _state(optimizer=None),
    "an optimizer of other groups": _state(optimizer={"state": {}, "param_groups": [{"params": [0, 1, 2, 3]}]}),
    "no place": _state(position={}, model=None),
    "a place that is none": _state(position={"epoch": -1, "seen": 0, "step": 0}),
    "a word for a place": _state(position={"epoch": "x", "seen": 0, "step": 0}),
    "a place of another kind": _state(position={"elsewhere": 1}),
}


@pytest.mark.parametrize("name", list(DAMAGES))
def test_a_damaged_checkpoint_is_told(shards: Path, tmp_path: Path, shade: Asking, *, name: str) -> None:
    run(shade(epochs=1), shards, tmp_path / "run")
    DAMAGES[name](tmp_path / "run" / "state.pt")
    with pytest.raises(IntegrityError, match=r"state\.pt .*--force"):
        run(shade(epochs=2), shards, tmp_path / "run")


@pytest.mark.parametrize("damage", ["", "\x00\xff", "phase,epoch\n", "train,0,x,loss,1\n", "train,0,1,lo"])
def test_a_damaged_curve_stops_no_run(shards: Path, tmp_path: Path, shade: Asking, damage: str) -> None:
    run(shade(epochs=1), shards, tmp_path / "run")
    curve = tmp_path / "run" / "curve.csv"
    whole = curve.read_text(encoding="utf-8")
    curve.write_text(whole + damage if "," in damage and "phase" not in damage else damage, encoding="latin-1")
    run(shade(epochs=2), shards, tmp_path / "run")
    rows = curve.read_text(encoding="utf-8").splitlines()
    assert rows[0] == "phase,epoch,step,name,value" and all(row.count(",") == 4 for row in rows)
    assert any(row.startswith("train,1,") for row in rows)


def test_a_batch_holds_whole_groups_of_clips(shards: Path, tmp_path: Path, shade: Asking) -> None:
    with pytest.raises(InputError, match="a batch of 4 cannot be shared by 1 processes in groups of 9 clips"):
        prepare(shade("speediness", set=("same_batch=true",), batch=4), shards, tmp_path, seed=0)


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_running_out_of_memory_is_told_with_what_to_change(
    shards: Path, tmp_path: Path, shade: Asking, monkeypatch: pytest.MonkeyPatch, *, where: str
) -> None:
    class Full(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, values: torch.Tensor) -> torch.Tensor:
            return values.clone()

        @staticmethod
        def backward(context: Any, *gradients: torch.Tensor) -> torch.Tensor:
            raise torch.OutOfMemoryError("full")

    def loss_on(model: Any, batch: dict[str, torch.Tensor], step: Any) -> dict[str, torch.Tensor]:
        if where == "forward":
            raise torch.OutOfMemoryError("full")
        return {"loss": Full.apply(model.line.weight.sum())}  # type: ignore[no-untyped-call]  # torch has none

    settings = shade(epochs=1)
    monkeypatch.setattr(load_module("shade").Model, "loss_on", loss_on)
    with pytest.raises(VqaprepError, match=r"out of memory: lower --batch and .* --force; .* \(full\)"):
        run(settings, shards, tmp_path / "run")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), "out of memory"),
        (MemoryError("unable to allocate 9 GiB"), "out of memory"),
        (
            RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. "),
            r"lower --loader-workers; .*\(DataLoader worker",
        ),
    ],
)
def test_running_out_of_main_memory_is_told_too(error: Exception, said: str) -> None:
    with pytest.raises(VqaprepError, match=said), memory_explained("less"):
        raise error
    with pytest.raises(RuntimeError, match="another fault"), memory_explained("less"):
        raise RuntimeError("another fault")


def test_a_system_that_compares_clips_is_not_given_one_alone(
    shards: Path, tmp_path: Path, shade: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loss_on(model: Any, batch: dict[str, torch.Tensor], step: Any) -> dict[str, torch.Tensor]:
        if len(batch["clip"]) < 2:
            raise ValueError("it needs two")
        return {"loss": model.line.weight.sum()}

    monkeypatch.setattr(load_module("shade").Model, "loss_on", loss_on)
    with pytest.raises(InputError, match="shade cannot learn from single clips, raise --batch: it needs two"):
        run(shade(epochs=1, batch=1), shards, tmp_path / "one")
    whole = prepare(shade(epochs=1), shards, tmp_path, seed=0)
    assert whole.val is not None
    assert "loss" in validated(whole)["val"]
    del whole.val.items[1:]
    assert validated(whole) == {}


def test_an_empty_split_is_told_with_what_to_run(shards: Path, tmp_path: Path, shade: Asking) -> None:
    kind, _ = requirements(shade(), shards)
    with pytest.raises(InputError, match="has no sample in split 'test'; run `vqaprep split`"):
        Examples(shards, kind, split="test", seed=0)
