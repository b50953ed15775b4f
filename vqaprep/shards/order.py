"""The order of samples in training: arithmetic on the seed, the same on every machine."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vqaprep.settings.seeds import rng_for


def epoch_order(num: int, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """Return the numbers 0..num-1 in the order of this epoch: (num,)."""
    return rng_for(seed, "epoch", epoch).permutation(num)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOrder:
    """The batches of one rank in one epoch; a `batch_sampler` for `torch.utils.data.DataLoader`.

    All ranks together take `batch * world_size` consecutive samples of the epoch a step. `start` counts
    samples that all ranks have seen in this epoch, so a run may resume with another number of ranks.
    With `drop_last` only whole steps are taken; without, the last may be smaller, of equal batches on all ranks.
    """

    num: int
    seed: int
    epoch: int
    batch: int
    rank: int = 0
    world_size: int = 1
    start: int = 0
    drop_last: bool = True

    def __iter__(self) -> Iterator[list[int]]:
        order = epoch_order(self.num, self.seed, self.epoch)[self.start : self.start + self._num_taken]
        for first in range(0, len(order), self._step):
            mine: list[int] = order[first : first + self._step][self.rank :: self.world_size].tolist()
            yield mine

    def __len__(self) -> int:
        return math.ceil(self._num_taken / self._step)

    @property
    def _step(self) -> int:
        return self.batch * self.world_size

    @property
    def _num_taken(self) -> int:
        left = max(self.num - self.start, 0)
        return left - left % (self._step if self.drop_last else self.world_size)
