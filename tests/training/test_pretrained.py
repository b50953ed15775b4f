"""A network starts from another's weights: a run's, torchvision's, timm's; and says what loaded and what did not."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from vqaprep.errors import InputError
from vqaprep.models.torchvision_guard import import_torchvision
from vqaprep.training.pretrained import start_from
from vqaprep.training.systems import build, load_module


def model(system: str, **changes: Any) -> nn.Module:
    module = load_module(system)
    values = vars(module.PRESETS["tiny"]) | changes
    return build(system, module.Settings(**values))


def saved(weights: dict[str, torch.Tensor], path: Path) -> Path:
    save_file({name: value.contiguous() for name, value in weights.items()}, path)
    return path


def test_both_encoders_of_ssl_vqa_start_from_st_vqrl(tmp_path: Path) -> None:
    source, target = model("st_vqrl"), model("ssl_vqa")
    found = start_from(target, saved(source.state_dict(), tmp_path / "model.safetensors"))
    for encoder in ("regressor", "measure"):
        for name, value in source.get_submodule("encoder").state_dict().items():
            assert torch.equal(target.state_dict()[f"{encoder}.{name}"], value)
    assert {name.split(".")[0] for name in found["left"]} == {"head", "pristine_mean", "pristine_covariance"}
    assert {name.split(".")[0] for name in found["unused"]} == {"project"}


def test_a_wrapped_encoder_starts_from_the_pretext_it_wraps(tmp_path: Path) -> None:
    source, target = model("pace_vqa"), model("quality")
    start_from(target, saved(source.state_dict(), tmp_path / "model.safetensors"))
    assert torch.equal(target.state_dict()["encoder.pace.1.weight"], source.state_dict()["pace.1.weight"])
    assert torch.equal(target.state_dict()["encoder.encoder.stem.weight"], source.state_dict()["encoder.stem.weight"])


def test_resnet_weights_reach_the_pyramid_by_their_published_names(tmp_path: Path) -> None:
    theirs = import_torchvision().models.resnet.ResNet(import_torchvision().models.resnet.Bottleneck, [1, 1, 1, 1])
    target = model("pace_vqa")
    torch.save(theirs.state_dict(), tmp_path / "resnet.pth")
    found = start_from(target, tmp_path / "resnet.pth")
    name = "encoder.pyramid.resnet.layer4.0.conv3.weight"
    assert torch.equal(target.state_dict()[name], theirs.state_dict()["layer4.0.conv3.weight"])
    assert found["unused"] == ["fc.bias", "fc.weight"]


@pytest.mark.parametrize("naming", ["torchvision", "timm"])
def test_video_swin_weights_reach_the_encoder_by_their_published_names(tmp_path: Path, naming: str) -> None:
    target = model("st_vqrl", fragments=None)
    wanted = {name: torch.rand_like(value) for name, value in target.get_submodule("encoder").state_dict().items()}
    theirs = {_published(name, naming): value for name, value in wanted.items()}
    found = start_from(target, saved(theirs, tmp_path / "swin.safetensors"))
    assert len(found["loaded"]) == len(wanted) and not found["unused"]
    assert all(torch.equal(target.state_dict()[f"encoder.{name}"], value) for name, value in wanted.items())


def _checkpoint(kind: str, encoder: dict[str, torch.Tensor]) -> dict[str, Any]:
    """Return a checkpoint as its authors' code writes it; the names are those of their training scripts."""
    theirs = {_published(name, "timm"): value for name, value in encoder.items()}
    with_index = theirs | {"layers.0.blocks.0.attn.relative_position_index": torch.zeros(1)}
    head = {"fc_hid.weight": torch.rand(8, 16, 1, 1, 1), "fc_last.weight": torch.rand(1, 8, 1, 1, 1)}
    backbone = {f"backbone.{name}": value for name, value in with_index.items()}
    checkpoints: dict[str, dict[str, Any]] = {
        "Video Swin": {"state_dict": backbone | {"cls_head.fc_cls.weight": torch.zeros(1)}},
        "FAST-VQA": {
            "state_dict": {f"fragments_{name}": value for name, value in backbone.items()}
            | {f"vqa_head.{name}": value for name, value in head.items()}
        },
        "ST-VQRL": {"model": with_index, "optimizer": {}, "epoch": 30},
        "SSL-VQA": {
            "primary": backbone | {f"vqa_head.{name}": value for name, value in head.items()},
            "auxillary": {name: value + 1 for name, value in with_index.items()},
            "epoch": 30,
        },
        "of several GPUs": {"state_dict": {f"module.{name}": value for name, value in theirs.items()}},
    }
    return checkpoints[kind]


@pytest.mark.parametrize("kind", ["Video Swin", "FAST-VQA", "ST-VQRL", "SSL-VQA", "of several GPUs"])
def test_published_checkpoints_load_all_weights_of_the_encoder(tmp_path: Path, kind: str) -> None:
    target = model("ssl_vqa", drop_path=0.0)
    encoder = {name: torch.rand_like(value) for name, value in target.get_submodule("regressor").state_dict().items()}
    if kind in ("Video Swin", "of several GPUs"):  # networks without fragments have one table per layer
        encoder = {name: value for name, value in encoder.items() if not name.endswith("fragment")}
    torch.save(_checkpoint(kind, encoder), tmp_path / "weights.pth")
    outcome = start_from(target, tmp_path / "weights.pth")
    own = target.state_dict()
    for part, offset in (("regressor", 0), ("measure", 1 if kind == "SSL-VQA" else 0)):
        assert not [name for name in outcome["left"] if name.startswith(f"{part}.")]
        for name, value in own.items():
            if name.startswith(f"{part}."):
                short = name.removeprefix(f"{part}.")
                assert torch.equal(value, encoder.get(short, encoder[short.replace("fragment", "relative")]) + offset)
    if kind == "SSL-VQA":
        assert {"head.layers.1.weight", "head.layers.4.weight"} <= set(outcome["loaded"])


def test_the_slow_path_starts_from_video_swin(tmp_path: Path) -> None:
    target = model("dualpath_vqa")
    slow = {name: torch.rand_like(value) for name, value in target.get_submodule("encoder.slow").state_dict().items()}
    torch.save(_checkpoint("Video Swin", slow), tmp_path / "weights.pth")
    outcome = start_from(target, tmp_path / "weights.pth")
    assert {f"encoder.slow.{name}" for name in slow} <= set(outcome["loaded"])


def test_the_motion_of_simplevqa_starts_from_slowfast(tmp_path: Path) -> None:
    target = model("simplevqa")
    motion = {name: torch.rand_like(v.float()) for name, v in target.get_submodule("motion").state_dict().items()}
    torch.save({"model_state": motion | {"blocks.6.proj.weight": torch.zeros(1)}}, tmp_path / "slowfast.pyth")
    outcome = start_from(target, tmp_path / "slowfast.pyth")
    assert {f"motion.{name}" for name in motion} <= set(outcome["loaded"])


def test_counters_of_batch_norms_alone_start_nothing(tmp_path: Path) -> None:
    source, target = model("action", width=8), model("action", width=4)
    with pytest.raises(InputError, match="no weight in"):
        start_from(target, saved(source.state_dict(), tmp_path / "model.safetensors"))


def _published(name: str, naming: str) -> str:
    """Return what torchvision or timm call a weight of our encoder."""
    is_timm = naming == "timm"
    if name.startswith("embed."):
        return name.replace("embed.", "patch_embed.").replace("project", "proj")
    for ours, theirs in (
        ("attention.project", "attn.proj"),
        ("attention.relative", "attn.relative_position_bias_table"),
        ("attention.fragment", "attn.fragment_position_bias_table"),
    ):
        name = name.replace(ours, theirs)
    name = name.replace("attention", "attn").replace("reduce.", "reduction.")
    name = name.replace("mlp.2", "mlp.fc2" if is_timm else "mlp.3").replace("mlp.0", "mlp.fc1" if is_timm else "mlp.0")
    first, _, rest = name.partition(".")
    number, _, rest = rest.partition(".")
    if first == "stages":
        return f"layers.{number}.{rest}" if is_timm else f"features.{2 * int(number)}.{rest.removeprefix('blocks.')}"
    if first == "merges":
        return f"layers.{number}.downsample.{rest}" if is_timm else f"features.{2 * int(number) + 1}.{rest}"
    return name


@pytest.mark.parametrize("name", ["r3d_18", "r2plus1d_18"])
def test_clip_networks_of_torchvision_reach_the_encoder(tmp_path: Path, name: str) -> None:
    theirs = getattr(import_torchvision().models.video, name)(weights=None)
    torch.save(theirs.state_dict(), tmp_path / "video.pth")
    target = model("action", encoder=name, width=64)
    found = start_from(target, tmp_path / "video.pth")
    assert {weight.split(".")[0] for weight in found["loaded"]} == {"encoder"}
    assert {weight.split(".")[0] for weight in found["left"]} == {"classify"}


def test_a_file_in_which_nothing_fits_is_refused_with_its_names(tmp_path: Path) -> None:
    path = saved({"other.weight": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(InputError, match=r"no weight in .* first names there: \['other.weight'\]"):
        start_from(model("action"), path)
    with pytest.raises(InputError, match="does not exist"):
        start_from(model("action"), tmp_path / "none")
