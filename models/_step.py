"""Where the training loop stands when it asks a model for its loss."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


def _identity(values: Tensor) -> Tensor:
    return values


@dataclass(frozen=True)
class BatchStep:
    """One batch of one epoch.

    `index` counts the batches of the epoch from 0 and `is_last` marks its final one. `gather` joins
    a tensor along dimension 0 across ranks and keeps the gradient; alone it returns what it is given.
    """

    epoch: int
    index: int
    is_last: bool
    gather: Callable[[Tensor], Tensor] = _identity
