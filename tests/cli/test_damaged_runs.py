"""A run folder whose files are missing, damaged or made to harm is an error with a remedy, in every command."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.calling import call
from vqaprep.training.checkpoint import META, MODEL

Damage = Callable[[Path], object]


class _Harm:
    """An object that would write a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path.with_name("harmed"),)


def _text(value: str) -> Damage:
    return lambda path: path.write_text(value, encoding="utf-8")


def _cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"model": _Harm(path)}))


def _changed(**changes: Any) -> Damage:
    def change(path: Path) -> None:
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")

    return change


def _settings(**changes: Any) -> Damage:
    def change(path: Path) -> None:
        values = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(values | {"settings": values["settings"] | changes}), encoding="utf-8")

    return change


def _weights(change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]) -> Damage:
    def apply(path: Path) -> None:
        save_file(change(load_file(path)), path.with_name("new"))
        path.with_name("new").replace(path)

    return apply


def _without_one(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value for name, value in weights.items() if not name.endswith("conv1.weight")}


def _other_shapes(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: torch.zeros(*value.shape, 2) for name, value in weights.items()}


def _not_finite(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: torch.full_like(value, float("nan")) if value.is_floating_point() else value
            for name, value in weights.items()}  # fmt: skip


_ANY_FILE: dict[str, Damage] = {
    "missing": Path.unlink,
    "empty": _text(""),
    "garbage": lambda path: path.write_bytes(bytes(range(256)) * 40),
    "cut off": _cut,
    "a folder": _folder,
    "a pickle": _pickle,
}
_META: dict[str, Damage] = {
    "a list": _text("[1, 2]"),
    "deep": _text("[" * 100_000),
    "no system": _changed(system="nothing"),
    "another system": _changed(system="quality"),
    "a system that is a path": _changed(system="../../etc"),
    "a word for a seed": _changed(seed="x"),
    "a huge seed": _changed(seed=10**30),
    "a negative crop": _changed(crop_px=-3),
    "a huge crop": _changed(crop_px=10**9),
    "no settings": _changed(settings=None),
    "a further setting": _settings(further=1),
    "a word for a size": _settings(num_frames="x"),
    "too few sizes": _settings(resnet_depths=[1]),
    "a huge size": _settings(feature_dim=10**13),
    "a wrong example": _changed(example={"kind": 3, "num_frames": "x"}),
    "an example without its kind": _changed(example={"num_frames": 8}),
    "a wrong cut": _changed(stored={"spatial": "nothing"}),
    "a wrong fold": _changed(folds={"test": "x"}),
}
_MODEL: dict[str, Damage] = {
    "a weight missing": _weights(_without_one),
    "other shapes": _weights(_other_shapes),
    "not finite": _weights(_not_finite),
    "a huge header": lambda path: path.write_bytes((2**62).to_bytes(8, "little") + b"{}"),
}
_CASES = [
    *((META, name, damage) for name, damage in (_ANY_FILE | _META).items()),
    *((MODEL, name, damage) for name, damage in (_ANY_FILE | _MODEL).items()),
]


@pytest.fixture
def run(study: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(study / "run", tmp_path / "run"))


@pytest.mark.parametrize("case", _CASES, ids=[f"{file} {name}" for file, name, _ in _CASES])
def test_a_damaged_run_is_refused_by_all_that_read_it(
    case: tuple[str, str, Damage], run: Path, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, _, damage = case
    damage(run / file)
    out = run.parent / "out"
    for words in (
        ("evaluate", run, study / "shards", "-o", out),
        ("score", run, study / "videos", "-o", out, "--workers", "1"),
        ("export", run, "-o", out),
    ):
        assert call(*words) == 2, capsys.readouterr()
        output = capsys.readouterr()
        assert output.out == "" and "Traceback" not in output.err and "does not expect" not in output.err
        assert str(run) in output.err and (
            "again" in output.err or "make one" in output.err or "finish it" in output.err
        )
        assert not out.exists() and not (run / "harmed").exists()


_WARM = _ANY_FILE | {name: _MODEL[name] for name in ("other shapes", "a huge header")}


@pytest.mark.parametrize("kind", ["model.safetensors", "weights.pt", "weights.pth", "weights.bin"])
@pytest.mark.parametrize("name", list(_WARM))
def test_damaged_weights_to_start_from_are_refused(
    kind: str, name: str, run: Path, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = run / kind
    if kind != MODEL:
        torch.save(load_file(run / MODEL), file)
    if name in _MODEL and kind != MODEL:
        torch.save({"a": 1, "b": [torch.zeros(1)]}, file)  # more than weights
    else:
        _WARM[name](file)
    from vqaprep.errors import InputError
    from vqaprep.training.pretrained import start_from

    with pytest.raises(InputError, match=r"weights|does not exist|is empty|tensors") as refusal:
        start_from(torch.nn.Linear(2, 2), file)
    assert str(file) in str(refusal.value)
    assert not (run / "harmed").exists()
