"""Say what to change when memory runs out: on the device, or in a process that reads shards."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from vqaprep.errors import VqaprepError


@contextmanager
def memory_explained(remedy: str) -> Iterator[None]:
    """Tell a block's want of memory together with its `remedy`.

    Raises:
        VqaprepError: memory ran out, or a loader process was ended by the system.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        said = str(error).partition("\n")[0]
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in said:
            raise VqaprepError(f"out of memory: {remedy} ({said})") from error
        if said.startswith("DataLoader worker"):
            raise VqaprepError(
                "a process that reads shards was ended, mostly for want of memory: lower --loader-workers; "
                f"the same command resumes ({said})"
            ) from error
        raise
