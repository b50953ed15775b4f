"""Every exception of ours, and the exit code each one ends the program with.

VqaprepError            1  ran, but failed
├── InputError          2  wrong input or a missing prerequisite, found before any work
├── MediaError          -  one video cannot be used; becomes a `Dropped` row, never ends a run
├── TooManyDrops        1  the run finished, but lost more rows than allowed
├── NotDoneError        1  files were away, or processes died; the same command tries them again
├── StorageError        1  an object store cannot be reached, or failed again and again
└── IntegrityError      1  stored data is not what its manifest says
"""

import difflib
import errno
import textwrap
from collections.abc import Iterable

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""Numbers of an `OSError` that free space cures."""
LIMITED = (*DISK_FULL, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Numbers of an `OSError` that says that something has run out, whichever path was asked for."""


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


class NotDoneError(VqaprepError):
    """Some items have no result: their files could not be reached, or their processes hung or died."""


class StorageError(VqaprepError):
    """An object store failed, and again after retries."""


class IntegrityError(VqaprepError):
    """A stored file does not match its checksum, count or labels."""


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return up to three of `known` that `name` may mean: the same letters, a part of it, or a similar spelling."""
    names = sorted(known)
    plain = {other: _plain(other) for other in names}
    wanted = _plain(name)
    if same := [other for other in names if plain[other] == wanted or sorted(plain[other]) == sorted(wanted)]:
        return same[:3]
    if len(wanted) >= _LEAST_PART and (around := [other for other in names if wanted in plain[other]]):
        return sorted(around, key=lambda other: (len(other), other))[:3]
    cutoff = _FEW_CUTOFF if len(names) <= _FEW else _CUTOFF
    shares = {other: difflib.SequenceMatcher(None, wanted, plain[other]).ratio() for other in names}
    best = max(shares.values(), default=0.0)
    close = [other for other in names if shares[other] >= max(cutoff, best - 0.05)]
    return sorted(close, key=lambda other: (-shares[other], other))[:3]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'a' or 'b'?" for the nearest of `known`, or nothing where none is near."""
    near = nearest(name, known)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """Build the error for a name that is not among `known`: the nearest ones, and all of them, a long list in lines."""
    names = sorted(known)
    hint = did_you_mean(name, names)
    listed = ", ".join(names)
    if len(listed) <= _LONG_LIST:
        return InputError(f"unknown {kind} {name!r}; known: {listed}.{hint}")
    lines = textwrap.fill(listed, 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return InputError(f"unknown {kind} {name!r}.{hint} Known:\n{lines}")


def _plain(name: str) -> str:
    """Return a name in lower case without punctuation: most typing errors are there."""
    return "".join(filter(str.isalnum, name.casefold())) or name


_LEAST_PART = 3
_FEW, _FEW_CUTOFF = 9, 0.55
"""Among few names a far one is still the likeliest, such as 'largest' for 'biggest'; among many it would mislead."""
_CUTOFF = 0.7
_LONG_LIST = 240
