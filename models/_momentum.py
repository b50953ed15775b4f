"""Momentum contrast: a slow copy of a network makes the keys, a queue remembers them (arXiv 1911.05722)."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from .losses.moco import moco_loss


class MomentumContrast(nn.Module):
    """The key network, its queue, and the loss against both.

    `network` maps clips to unit vectors of `dim`; it is copied, not kept. Keys are made in up to
    `key_groups` shuffled parts of the batch (of two clips or more), so that a key's batch statistics
    are not its query's and do not give the answer away.
    """

    queue: Tensor
    cursor: Tensor

    def __init__(
        self,
        network: nn.Module,
        *,
        dim: int,
        queue_size: int,
        momentum: float,
        temperature: float,
        key_groups: int,
    ) -> None:
        super().__init__()
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.momentum = momentum
        self.temperature = temperature
        self.key_groups = key_groups
        self.register_buffer("queue", functional.normalize(torch.randn(queue_size, dim), dim=1))
        self.register_buffer("cursor", torch.zeros((), dtype=torch.int64))

    def forward(
        self, query_BD: Tensor, key_clip: Tensor, *, network: nn.Module, gather: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """Return the loss of the queries against the keys of `key_clip` and the queue.

        `network` is what made the queries. While training, the copy follows it first, and the keys of
        all ranks join the queue last, so that no query meets its own key twice.
        """
        if self.training:
            self.follow(network)
        key = self._keys(key_clip)
        loss = moco_loss(query_BD, key, queue_ND=self.queue.clone(), temperature=self.temperature)
        if self.training:
            self.enqueue(gather(key))
        return loss

    @torch.no_grad()
    def follow(self, network: nn.Module) -> None:
        """Move each weight to `momentum` of itself and the rest of `network`'s; copy the buffers.

        The buffers are batch statistics, which already are running means.
        """
        for slow, fast in zip(self.network.parameters(), network.parameters(), strict=True):
            slow.lerp_(fast, 1 - self.momentum)
        for kept, current in zip(self.network.buffers(), network.buffers(), strict=True):
            kept.copy_(current)

    @torch.no_grad()
    def enqueue(self, key_BD: Tensor) -> None:
        """Write the keys over the oldest of the queue, going on at its start when they pass its end."""
        size = len(self.queue)
        newest = key_BD[-size:]
        places = (self.cursor + torch.arange(len(newest), device=self.cursor.device)) % size
        self.queue[places] = newest.to(self.queue.dtype)
        self.cursor.copy_((self.cursor + len(newest)) % size)

    @torch.no_grad()
    def _keys(self, clip: Tensor) -> Tensor:
        order = torch.randperm(len(clip), device=clip.device)
        groups = max(1, min(self.key_groups, len(clip) // 2))
        keys = torch.cat([self.network(part) for part in clip[order].tensor_split(groups)])
        return keys[order.argsort()]
