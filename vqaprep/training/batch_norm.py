"""Batch normalisation over the batch of all processes, on any device.

torch's own `SyncBatchNorm` runs on accelerators only; with this one a run of two processes has the curve of one.
"""

from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from vqaprep.training.processes import add_up

M = TypeVar("M", bound=nn.Module)


class SharedBatchNorm(_BatchNorm):
    """Normalise (B, C, ...) by mean and variance over B and all further dimensions of every process's batch."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised batch; running statistics move as in `nn.BatchNorm3d`."""
        if not (self.training and dist.is_initialized() and dist.get_world_size() > 1):
            return super().forward(x)
        assert self.running_mean is not None
        shape, rest = [1, -1, *[1] * (x.ndim - 2)], [0, *range(2, x.ndim)]
        centred = x.float() - self.running_mean.view(shape)  # about zero, so that the squares lose no digits
        count = centred.new_full((1,), x.numel() / x.shape[1])
        local = torch.cat([centred.sum(rest), centred.square().sum(rest), count])
        total = add_up(local)
        mean, square = (total[:-1] / total[-1]).chunk(2)
        variance = square - mean.square()
        self._remember(mean.detach(), variance.detach(), total[-1].detach())
        scale = self.weight * (variance + self.eps).rsqrt()
        return ((centred - mean.view(shape)) * scale.view(shape) + self.bias.view(shape)).to(x.dtype)

    def _check_input_dim(self, x: Tensor) -> None:
        """Take any number of dimensions."""

    def _remember(self, mean: Tensor, variance: Tensor, count: Tensor) -> None:
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.add_(self.momentum * mean)  # which is already the distance from it
        self.running_var.lerp_(variance * count / (count - 1), self.momentum)


def with_shared_statistics(model: M) -> M:
    """Return `model` with each batch norm replaced in place; names and weights stay."""
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
                shared = SharedBatchNorm(child.num_features, child.eps, child.momentum)
                shared.weight, shared.bias = child.weight, child.bias
                shared.load_state_dict(child.state_dict())
                setattr(module, name, shared)
    return model
