"""The multi-scale encoder has the published sizes, its pyramid adds up, and it sees the order of time."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from vqaprep.models.encoders.msfe import MSFE, MSFESettings, Pyramid
from vqaprep.models.encoders.simam import simam
from vqaprep.models.torchvision_guard import import_torchvision

TINY = MSFESettings(resnet_depths=(1, 1, 1, 1), level_dim=4, grid=4, heads=(2,), feature_dim=8)


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _full(**knobs: Any) -> MSFE:
    with torch.device("meta"):
        return MSFE(MSFESettings(**knobs))


def test_parts_have_the_published_sizes() -> None:
    encoder = _full()
    assert _count(encoder.stem) == 651
    assert _count(encoder.pyramid.laterals) == 246_016
    assert _count(encoder.swin) == 2_763_852
    assert _count(encoder.pyramid.resnet) == 23_508_032
    assert _count(encoder) + _count(nn.Linear(128, 1)) == 26_551_576


def test_pyramid_of_the_papers_code_has_its_published_size() -> None:
    encoder = _full(ms_levels="c1c4")
    assert _count(encoder.pyramid.laterals) == 119_040
    assert _count(encoder.pyramid.resnet) == 8_543_296


@pytest.mark.parametrize("ms_levels", ["c2c5", "c1c4", "c4"])
def test_every_choice_of_levels_gives_one_feature_per_clip(ms_levels: Any) -> None:
    encoder = MSFE(replace(TINY, ms_levels=ms_levels))
    assert encoder(torch.rand(2, 3, 16, 32, 32)).shape == (2, 8)


def test_odd_sizes_join_without_a_gap() -> None:
    assert MSFE(TINY)(torch.rand(2, 3, 8, 50, 46)).shape == (2, 8)


@pytest.mark.parametrize(("frames", "stride", "pseudo_frames"), [(16, 8, 2), (64, 8, 8), (16, 4, 3)])
def test_stem_makes_pseudo_frames(frames: int, stride: int, pseudo_frames: int) -> None:
    stem = MSFE(replace(TINY, stem_stride=stride)).stem
    assert stem(torch.rand(1, 3, frames, 4, 4)).shape == (1, 3, pseudo_frames, 4, 4)


def test_pyramid_adds_the_coarser_level_to_each() -> None:
    torch.manual_seed(0)
    pyramid = Pyramid(TINY).eval()
    stages: list[Tensor] = []
    for name in ("layer1", "layer2", "layer3", "layer4"):
        getattr(pyramid.resnet, name).register_forward_hook(lambda *call: stages.append(call[2]))
    with torch.no_grad():
        joined = pyramid(torch.rand(1, 3, 64, 64))
        p5 = pyramid.laterals[3](stages[3])
        p4 = pyramid.laterals[2](stages[2]) + p5.repeat_interleave(2, 2).repeat_interleave(2, 3)
    expected = torch.cat([functional.adaptive_avg_pool2d(level, 4) for level in (p5, p4)], dim=1)
    torch.testing.assert_close(joined[:, :8], simam(expected))


def test_weights_of_torchvisions_resnet_load_into_the_pyramid() -> None:
    with torch.device("meta"):
        published = import_torchvision().models.resnet50().state_dict()
    ours = _full().pyramid.resnet.state_dict()
    assert {name: value.shape for name, value in published.items() if not name.startswith("fc.")} == {
        name: value.shape for name, value in ours.items()
    }


def test_feature_depends_on_the_order_of_frames() -> None:
    torch.manual_seed(0)
    encoder = MSFE(TINY).eval()
    clip = torch.rand(1, 3, 8, 32, 32)
    assert not torch.allclose(encoder(clip), encoder(clip.flip(2)), atol=1e-5)


def test_grid_that_windows_do_not_tile_is_refused() -> None:
    with pytest.raises(ValueError, match="not a multiple of the window"):
        MSFESettings(grid=30)
