"""Differentiable all-gather and all-reduce for distributed training: each process has its share of one batch."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def gather(values: Tensor) -> Tensor:
    """Join a tensor (B, ...) of each process along dimension 0: (processes x B, ...)."""
    joined: Tensor = _Gather.apply(values)  # type: ignore[no-untyped-call]  # torch has no annotation there
    return joined


def add_up(values: Tensor) -> Tensor:
    """Sum a tensor over all processes."""
    total: Tensor = _Sum.apply(values)  # type: ignore[no-untyped-call]  # as above
    return total


class _Gather(torch.autograd.Function):
    """Every process uses what is gathered, so each part's gradient is the sum of all processes'."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        parts = [torch.empty_like(values) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, values.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        # The loss of each process depends on all parts, so the gradient of a part is the sum over processes.
        total = gradients[0].contiguous()
        dist.all_reduce(total)
        return total.chunk(dist.get_world_size())[dist.get_rank()]


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        # all_reduce works in place, and autograd still needs the input.
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total
