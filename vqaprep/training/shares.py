"""The share of each part of the loss in the gradient."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def gradient_shares(parts: Mapping[str, Tensor], model: nn.Module) -> dict[str, float]:
    """Return `gradient_share.NAME` of each part that `parts["loss"]` is made of; they add up to 1.

    A part's weight is the derivative of the loss with respect to it, and its gradient is over all parameters that
    learn. The share is the norm of weight times gradient among the norms of all parts: of two parts that pull in
    opposite directions each counts in full. Nothing where the loss has fewer than two parts.
    """
    names = [name for name, value in parts.items() if name != "loss" and value.requires_grad]
    if len(names) < 2:
        return {}
    weights = torch.autograd.grad(parts["loss"], [parts[name] for name in names], retain_graph=True, allow_unused=True)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    norms: dict[str, float] = {}
    for name, weight in zip(names, weights, strict=True):
        if weight is not None:  # else the part is only logged
            # The graph is kept for the other parts and for the step itself.
            grads = torch.autograd.grad(parts[name], parameters, weight, retain_graph=True, allow_unused=True)
            norms[name] = sum(float(grad.float().square().sum()) for grad in grads if grad is not None) ** 0.5
    total = sum(norms.values())
    return {f"gradient_share.{name}": norm / total for name, norm in norms.items()} if total and len(norms) > 1 else {}
