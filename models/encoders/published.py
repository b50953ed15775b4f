"""Published weights under the names of our encoders: torchvision's video networks, and timm's naming of Swin.

ResNet-50 needs no renaming: torchvision, timm and ours name its layers alike.
"""

import re
from collections.abc import Mapping

from torch import Tensor, nn

from .cnn3d import CNN3D

_SWIN = {
    "patch_embed.proj": "embed.project",
    "patch_embed": "embed",
    "attn.proj": "attention.project",
    "attn.relative_position_bias_table": "attention.relative",
    "attn": "attention",
    "mlp.3": "mlp.2",
    "mlp.fc1": "mlp.0",
    "mlp.fc2": "mlp.2",
    "reduction": "reduce",
}
_DERIVED = ("relative_position_index", "attn_mask")
"""Buffers that follow from the sizes of a network."""


def to_our_names(weights: Mapping[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """Return `weights` as the encoders of `model` name them; names that are not known to be foreign stay."""
    if "patch_embed.proj.weight" in weights:
        return {_swin_name(name): value for name, value in weights.items() if not name.endswith(_DERIVED)}
    if "stem.0.weight" in weights and any(name.startswith("layer1.0.conv1.0.") for name in weights):
        return _clip_network(weights, model) or dict(weights)
    return dict(weights)


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
