"""Memory layouts and compilation reach the parts of a system."""

import os
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

from vqaprep.training.devices import fabric_for
from vqaprep.training.settings import TrainSettings
from vqaprep.training.setup import _compile, _lay_out
from vqaprep.training.systems import build, load_module


def test_slurm_on_the_machine_is_no_reason_to_warn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "srun").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with warnings.catch_warnings(record=True) as told:
        fabric_for(TrainSettings(system="speediness", accelerator="cpu"))
    assert told == []


def test_mixed_precision_rounds_neither_pixels_nor_scores() -> None:
    class RecordingNetwork(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def forward(self, score: torch.Tensor) -> tuple[torch.Tensor, torch.dtype]:
            return score, self.layer(score).dtype

    fabric = fabric_for(TrainSettings(system="quality", precision="bf16-mixed", accelerator="cpu"))
    score, computed_in = fabric.setup(RecordingNetwork())(torch.tensor([87.3]))
    assert score.item() == torch.tensor(87.3).item() and computed_in == torch.bfloat16


def test_every_convolution_may_lie_channels_last() -> None:
    torch.manual_seed(0)
    model: Any = build("pace_vqa", load_module("pace_vqa").PRESETS["tiny"]).eval()
    clip = torch.rand(2, 3, 8, 16, 16)
    before = model.features(clip)
    _lay_out(model)
    flat = [part.weight for part in model.modules() if isinstance(part, torch.nn.Conv2d)]
    assert flat and all(weight.is_contiguous(memory_format=torch.channels_last) for weight in flat)
    torch.testing.assert_close(model.features(clip), before)


def test_compiling_reaches_the_parts_that_a_system_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda self: compiled.append(type(self).__name__))
    model = build("speediness", load_module("speediness").PRESETS["tiny"])
    _compile(model)
    assert compiled == ["CNN3D", "Linear", "Linear", "Projection"]
