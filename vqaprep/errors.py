"""Every exception of ours, and the exit code each one ends the program with.

VqaprepError            1  ran, but failed
├── InputError          2  wrong input or a missing prerequisite, found before any work
├── MediaError          -  one video cannot be used; becomes a `Dropped` row, never ends a run
├── TooManyDrops        1  the run finished, but lost more rows than allowed
├── StorageError        1  an object store cannot be reached, or failed again and again
└── IntegrityError      1  stored data is not what its manifest says
"""

import difflib
import errno
from collections.abc import Iterable

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""Numbers of an `OSError` that free space cures."""


class VqaprepError(Exception):
    """Base of all our errors."""

    exit_code = 1


class InputError(VqaprepError):
    """A wrong value: the message says the value, what is allowed, and the remedy."""

    exit_code = 2


class MediaError(VqaprepError):
    """One video is unusable: `reason` is a short code of `rows.REASONS`, `detail` the decoder's own words."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["MediaError"], tuple[str, str]]:
        """Survive the trip between processes."""
        return type(self), (self.reason, self.detail)


class TooManyDrops(VqaprepError):  # noqa: N818  it is a verdict, not a fault
    """More rows were dropped than `--max-drop-rate` allows."""


class StorageError(VqaprepError):
    """An object store did not answer as it should, also when asked again."""


class IntegrityError(VqaprepError):
    """A stored file does not match its checksum, count or labels."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """Build the error for a name that is not among `known`, naming the nearest one."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return InputError(f"unknown {kind} {name!r}; known: {', '.join(names)}.{hint}")
