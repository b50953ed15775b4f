"""Explain what to change if memory runs out: on the device, or in a loader process."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from vqaprep.errors import VqaprepError


@contextmanager
def memory_explained(remedy: str) -> Iterator[None]:
    """Raise a lack of memory in the block as an error with its `remedy`.

    Raises:
        VqaprepError: memory ran out, or a loader process was ended by the system.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        first_line = str(error).partition("\n")[0]
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in first_line:
            raise VqaprepError(f"out of memory: {remedy} ({first_line})") from error
        if first_line.startswith("DataLoader worker"):
            raise VqaprepError(
                "the system ended a loader process, most likely for lack of memory: lower --loader-workers; the same "
                f"command resumes ({first_line})"
            ) from error
        raise
