"""The optimizer of a recipe, and a running mean of the weights."""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vqaprep.training.systems import Recipe, System


def optimizer_for(model: System, recipe: Recipe) -> torch.optim.Optimizer:
    """Return the recipe's optimizer over the groups of parameters of `model` that learn."""
    groups = model.parameter_groups()
    for group in groups:
        group.setdefault("lr_scale", 1.0)
        # Frozen parameters would still be changed by weight decay.
        group["params"] = [p for p in group["params"] if p.requires_grad]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
    kind = torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.AdamW
    return kind(groups, lr=recipe.lr, weight_decay=recipe.weight_decay)


def running_mean(model: nn.Module, decay: float | None) -> AveragedModel | None:
    """Return a running mean of parameters and buffers: batch-norm statistics would otherwise stay stale; or None."""
    if decay is None:
        return None
    mean = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]  # torch has no annotation there
    return AveragedModel(model, multi_avg_fn=mean, use_buffers=True)
