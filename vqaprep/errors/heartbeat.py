"""Signs of life of a worker process, written to memory that its parent watches (`engines/watch.py`).

The parent measures, not the worker: a timer of the kernel in the worker would also count the time in which the
process is stopped (Ctrl-Z, `docker pause`, `scontrol suspend`) and would kill it as soon as it runs again.
"""

import ctypes


class Signs(ctypes.Structure):
    """Shared memory of a worker and its parent. Only the worker writes; the parent checks whether the counters
    moved."""

    _fields_ = (
        ("items", ctypes.c_uint64),  # times that both clocks were started
        ("beats", ctypes.c_uint64),  # times that the work advanced
        ("is_working", ctypes.c_bool),  # false between two items: no limit applies
        ("is_resting", ctypes.c_bool),  # true while it waits for a slow disk or store: only the time limit applies
    )


_signs = Signs()


def show(signs: Signs) -> None:
    """Write the signs of this process to `signs`, which another process watches."""
    global _signs  # noqa: PLW0603  a process has one set of signs
    _signs = signs


def begin() -> None:
    """Start both clocks: an item of work begins, or a part of it that may take as long."""
    _signs.items += 1
    _signs.is_working = True
    heartbeat()


def heartbeat() -> None:
    """Report progress: restart the stall clock."""
    _signs.beats += 1
    _signs.is_resting = False


def rest() -> None:
    """Stop the stall clock: the work waits for a slow disk."""
    _signs.is_resting = True


def end() -> None:
    """Stop both clocks: the process waits for its next item."""
    _signs.is_working = False
