"""Tiny networks learn what their systems are for, from made pictures whose truth is known."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from vqaprep import models
from vqaprep.models._step import BatchStep
from vqaprep.models.losses.plcc import pearson

_FRAMES, _SIDE_PX = 8, 32
_SCORERS: dict[str, tuple[dict[str, Any], int]] = {
    "dualpath_vqa": ({"dropout": 0.0, "drop_path": 0.0}, 50),
    "quality": ({"size_px": _SIDE_PX}, 30),
    "simplevqa": ({"size_px": _SIDE_PX, "motion_px": _SIDE_PX}, 15),
    "ssl_vqa": ({"head_dropout": 0.0, "drop_path": 0.0, "uses_unlabelled": False}, 30),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", _SCORERS)
def test_scores_follow_how_blurred_a_clip_is(name: str) -> None:
    changes, num_steps = _SCORERS[name]
    model = _learnt(name, changes, num_steps, lambda: _in_all_views(*_blurred(16)))
    clip, sharpness = _blurred(64)
    with torch.no_grad():
        assert pearson(model.predict({"clip": clip})["quality"], sharpness) > 0.95


@pytest.mark.slow
def test_a_difference_of_features_tells_five_distortions() -> None:
    changes: dict[str, Any] = {"size_px": _SIDE_PX, "ms_levels": "c1c4", "level_dim": 8, "grid": 8, "feature_dim": 32}
    changes |= {"dropout": 0.0, "drop_path": 0.0} | dict.fromkeys(("w_pace", "w_org", "w_dis", "w_cos"), 0.0)
    model = _learnt("pace_vqa", changes, 60, lambda: _distorted(10))
    batch = _distorted(50)
    with torch.no_grad():
        said = model.predict({"clip": batch["distorted"][:, 0], "reference": batch["original"][:, 0]})["distortion"]
    assert (said.argmax(dim=1) == batch["distortion"]).float().mean() > 0.9


def _learnt(name: str, changes: dict[str, Any], num_steps: int, batch: Callable[[], dict[str, Tensor]]) -> Any:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    system = models.load(name)
    model = system.Model(replace(system.PRESETS["tiny"], **changes)).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for index in range(num_steps):
        loss = model.loss_on(batch(), BatchStep(epoch=0, index=index, is_last=False))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def _in_all_views(clip: Tensor, mos: Tensor) -> dict[str, Tensor]:
    """Return clips and scores as each of the systems reads them."""
    draws = torch.stack([clip, clip.flip(-1)], dim=1)
    return {"clip": clip, "mos": mos, "labelled": draws, "frames": clip.transpose(1, 2), "motion": clip[:, None]}


def _blurred(size: int) -> tuple[Tensor, Tensor]:
    """Draw clips of noise, from sharp (1) to blurred (0), and how sharp each is."""
    sharp, sharpness = torch.rand(size, 3, _FRAMES, _SIDE_PX, _SIDE_PX), torch.linspace(0, 1, size)
    return torch.lerp(_smooth(sharp, (5, 5)), sharp, sharpness.view(-1, 1, 1, 1, 1)), sharpness


def _distorted(size: int) -> dict[str, Tensor]:
    """Draw textures in two crops and distort each clip in one of five ways."""
    original = _smooth(torch.rand(2 * size, 3, _FRAMES, _SIDE_PX, _SIDE_PX), (3, 3)).mul(3).sub(1).clamp(0, 1)
    original = original.view(size, 2, 3, _FRAMES, _SIDE_PX, _SIDE_PX)
    kinds = torch.arange(size) % 5
    ways: list[Callable[[Tensor], Tensor]] = [
        lambda clip: _smooth(clip, (5, 5)),
        lambda clip: (clip + 0.5) / 2,
        lambda clip: functional.interpolate(functional.avg_pool3d(clip, (1, 4, 4)), size=clip.shape[2:]),
        lambda clip: _smooth(clip, (1, 9)),
        lambda clip: clip + 0.15 * torch.randn_like(clip),
    ]
    distorted = torch.stack([ways[kind](clip) for kind, clip in zip(kinds.tolist(), original, strict=True)])
    return {"original": original, "distorted": distorted, "pace": torch.zeros(size).long(), "distortion": kinds}


def _smooth(clip: Tensor, size_px: tuple[int, int]) -> Tensor:
    height, width = size_px
    return functional.avg_pool3d(clip, (1, height, width), stride=1, padding=(0, height // 2, width // 2))
