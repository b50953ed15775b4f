"""Published weights under the names of our encoders.

Known are torchvision's video networks and the checkpoints that name a Video Swin as its authors do: timm, mmaction,
FAST-VQA, ST-VQRL and SSL-VQA. ResNet-50 and pytorchvideo's SlowFast need no renaming: ours has their names.
"""

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from .cnn3d import CNN3D

_SWIN = {
    "patch_embed.proj": "embed.project",
    "patch_embed": "embed",
    "attn.proj": "attention.project",
    "attn.relative_position_bias_table": "attention.relative",
    "attn.fragment_position_bias_table": "attention.fragment",
    "attn": "attention",
    "mlp.3": "mlp.2",
    "mlp.fc1": "mlp.0",
    "mlp.fc2": "mlp.2",
    "reduction": "reduce",
}
_DERIVED = ("relative_position_index", "attn_mask")
"""Buffers that follow from the sizes of a network."""
_SWIN_PREFIXES = {
    "": "",
    "backbone.": "",
    "fragments_backbone.": "",
    "primary.backbone.": "regressor.",
    "auxillary.": "measure.",
}
"""What stands before the names of an encoder: in a plain file, mmaction, FAST-VQA and the two models of SSL-VQA."""
_HEADS = {
    "primary.vqa_head.fc_hid.": "head.layers.1.",
    "primary.vqa_head.fc_last.": "head.layers.4.",
}
_WRAPPERS = ("state_dict", "model", "model_state")
"""Keys under which mmaction and FAST-VQA, ST-VQRL, and pytorchvideo store the weights."""


def unwrapped(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Return the flat weights of a checkpoint, without the key or the `module.` that its trainer put around them.

    The two models of an SSL-VQA checkpoint become `primary.NAME` and `auxillary.NAME` (as its authors spell it).
    """
    if {"primary", "auxillary"} <= checkpoint.keys():
        parts = {part: unwrapped(checkpoint[part]) for part in ("primary", "auxillary")}
        return {f"{part}.{name}": value for part, weights in parts.items() for name, value in weights.items()}
    inner = next((checkpoint[key] for key in _WRAPPERS if isinstance(checkpoint.get(key), Mapping)), checkpoint)
    return {name.removeprefix("module."): value for name, value in inner.items()}


def to_our_names(weights: Mapping[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """Return `weights` as the encoders of `model` name them; names that are not known to be foreign stay.

    Where a network has the gated bias of FAST-VQA and the weights have one table per layer, both tables start from it,
    as in FAST-VQA. Left at zero, the pairs of tokens inside a fragment would lose the bias that they learned.
    """
    prefixes = [prefix for prefix in _SWIN_PREFIXES if f"{prefix}patch_embed.proj.weight" in weights]
    if prefixes:
        return _with_fragment_tables(_swin_names(weights, prefixes), model)
    if "stem.0.weight" in weights and any(name.startswith("layer1.0.conv1.0.") for name in weights):
        return _clip_network(weights, model) or dict(weights)
    return dict(weights)


def _swin_names(weights: Mapping[str, Tensor], prefixes: list[str]) -> dict[str, Tensor]:
    named: dict[str, Tensor] = {}
    for name, value in weights.items():
        prefix = max((p for p in prefixes if name.startswith(p)), key=len, default=None)
        head = next((theirs for theirs in _HEADS if name.startswith(theirs)), None)
        if head is not None:
            named[name.replace(head, _HEADS[head])] = value
        elif prefix is None:
            named[name] = value
        elif not name.endswith(_DERIVED):
            named[_SWIN_PREFIXES[prefix] + _swin_name(name.removeprefix(prefix))] = value
    return named


def _with_fragment_tables(weights: dict[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    own = tuple(name for name, _ in model.named_parameters())
    copies = {
        name.removesuffix("relative") + "fragment": value
        for name, value in weights.items()
        if name.endswith("attention.relative")
    }
    needed = {name: value for name, value in copies.items() if any(one.endswith(name) for one in own)}
    return needed | weights


def _swin_name(name: str) -> str:
    """Rename a tensor of torchvision (stages and mergings alternate) or of timm and its descendants (layers)."""
    name = re.sub(r"^layers\.(\d+)\.downsample", r"merges.\1", name).replace("layers.", "stages.", 1)
    theirs = next((theirs for theirs in _SWIN if theirs in name), "")
    name = name.replace(theirs, _SWIN[theirs]) if theirs else name
    name = re.sub(r"^features\.(\d+)\.(\d+)", lambda m: f"stages.{int(m[1]) // 2}.blocks.{m[2]}", name)
    return re.sub(r"^features\.(\d+)", lambda m: f"merges.{int(m[1]) // 2}", name)


def _clip_network(weights: Mapping[str, Tensor], model: nn.Module) -> dict[str, Tensor] | None:
    """Name torchvision's `r3d_18` or `r2plus1d_18` by position: both lay layers in the order a clip meets them."""
    theirs = [value for name, value in weights.items() if not name.startswith("fc.")]
    for module in model.modules():
        own = module.state_dict() if isinstance(module, CNN3D) else {}
        if [value.shape for value in own.values()] == [value.shape for value in theirs]:
            return dict(zip(own, theirs, strict=True))
    return None
