"""Decide what an exception costs: one item of work, or the whole run when the machine itself is at fault."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from types import TracebackType

from vqaprep.errors import MediaError, VqaprepError

_PACKAGE = Path(__file__).parents[1].name
_MOST_LETTERS = 500
# Numbers of an `OSError` that an odd video can cause: a child process that ends early or finds no memory,
# a name or an offset that no file system takes. Others are about disks, permissions and networks.
_OF_AN_ITEM = {
    errno.ENOMEM,
    errno.EINVAL,
    errno.ENAMETOOLONG,
    errno.EPIPE,
    errno.EOVERFLOW,
    errno.EDOM,
    errno.ERANGE,
}
# libav gives its own failures numbers of the system: "busy", "not supported", "not permitted", "input/output error".
# It opens no file by itself, so that only these few can come from the machine.
_OF_THE_MACHINE_FOR_LIBAV = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.EACCES}


@contextmanager
def contained() -> Iterator[None]:
    """Turn any exception of one item into a `MediaError` with reason `crashed`, its type, words and place.

    Errors of use, of stores and of disks are raised unchanged: every other item would meet them, too.

    Raises:
        MediaError: `crashed`; or the one that was raised inside.
    """
    try:
        yield
    except Exception as error:
        if _is_of_the_machine(error):
            raise
        raise MediaError("crashed", described(error)) from error


def described(error: BaseException) -> str:
    """Return type, words and place of an exception in one line.

    An example is `KeyError: 'a' (at stages/trim.py:7 f < runner.py:9 g)`. The place names the calls
    within this package, the innermost first.
    """
    text = getattr(error, "strerror", None)  # without the file's name, which may be a person's
    words = " ".join((text or str(error)).split())
    words = re.sub(r"\b0x[0-9a-f]+\b", "0x...", words)  # addresses differ from run to run
    description = f"{type(error).__name__}: {words}"[:_MOST_LETTERS] if words else type(error).__name__
    place = " < ".join(_calls(error.__traceback__))
    return f"{description} (at {place})" if place else description


def unfolded(detail: str) -> list[str]:
    """Return what `described` made as lines for people: type and words, then a line per call; other text as it is."""
    words, is_traced, place = detail.rpartition(" (at ")
    return [words, *(f"  at {call}" for call in place.removesuffix(")").split(" < "))] if is_traced else [detail]


def _is_of_the_machine(error: Exception) -> bool:
    if isinstance(error, VqaprepError | ImportError):  # a package that is missing is missing for all
        return True
    if not isinstance(error, OSError) or error.errno in _OF_AN_ITEM:
        return False
    is_from_libav = type(error).__module__.startswith("av.")
    return not is_from_libav or error.errno in _OF_THE_MACHINE_FOR_LIBAV


def _calls(trace: TracebackType | None) -> Iterator[str]:
    """Yield `media/encode.py:75 encode_yuv` for each call of ours, the innermost first."""
    for frame in reversed(extract_tb(trace)):
        parts = Path(frame.filename).parts
        if _PACKAGE in parts and frame.filename != __file__:
            last = len(parts) - 1 - parts[::-1].index(_PACKAGE)
            yield f"{'/'.join(parts[last + 1 :])}:{frame.lineno} {frame.name}"
