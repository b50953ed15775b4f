"""Standard input, output and error as the program needs them: open, able to fail, and in UTF-8."""

import logging
import os
import re
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, cast

from vqaprep.errors import VqaprepError

# The libraries of stores also write out the headers of their requests, which name the user's key.
_NOISY = (
    "matplotlib", "PIL", "fsspec", "libav", "pyscenedetect", "s3fs", "aiobotocore", "botocore", "aiohttp", "gcsfs",
)  # fmt: skip
_UTF8 = "PYTHONUTF8"
_OPEN_FILES = 8192


class Results:
    """Standard output; what cannot be written there is an error of its own, not one of a disk."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text.

        Raises:
            BrokenPipeError: whoever read it has gone, as `head` does.
            VqaprepError: it is full or closed.
        """
        if text == "":  # Typer finds out with it what kind of stream this is, and takes any error for an answer
            return 0
        with _writing():
            return int(self._stream.write(text))

    def flush(self) -> None:
        """Hand on what was written; raises as `write`."""
        with _writing():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Logs:
    """Standard error; a log that cannot be written stops no work."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text if that is possible."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written if that is possible."""
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def safe_streams() -> Iterator[Results]:
    """Make standard output and error fit to fail while the block runs; yield the former.

    A closed stream is opened on nothing: else the next file that is opened gets its number, and what a library
    writes to standard error ends up in that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    before = sys.stdout, sys.stderr
    opened = [stream or open(os.devnull, "w", encoding="utf-8") for stream in before]  # noqa: SIM115, PTH123
    results = Results(opened[0])
    sys.stdout, sys.stderr = cast(Any, results), cast(Any, Logs(opened[1]))
    try:
        yield results
    except BrokenPipeError:
        _forget_output()
        raise SystemExit(1) from None
    finally:
        sys.stdout, sys.stderr = before


def in_utf8() -> None:
    """Start again in UTF-8 where the locale has the interpreter read file names as ASCII, which loses others."""
    if sys.getfilesystemencoding().lower() not in ("utf-8", "utf8") and os.environ.get(_UTF8) != "1":
        os.environ[_UTF8] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  the same program again


def plain(text: str) -> str:
    """Return `text` without control characters but for line ends and tabs: names of files may hold any.

    A terminal takes them for orders: to move the cursor, to write a title, to answer.
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class _PlainLines(logging.Formatter):
    """Log lines for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, its control characters escaped."""
        return plain(super().format(record))


def more_open_files() -> None:
    """Raise the number of files that may be open to what the system allows this user; shells often give 256 or 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def log_to_stderr(*, json: bool, verbose: bool) -> None:
    """Send the log to standard error: as lines for people, or as JSON lines."""
    from vqaprep.running.progress import JsonLines

    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: not getattr(record, "is_drawn", False))  # a bar says it already
    handler.setFormatter(JsonLines() if json else _PlainLines("%(message)s"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def stop(message: str, code: int) -> NoReturn:
    """Say why on standard error, and end with an exit code."""
    sys.stderr.write(f"vqaprep: {plain(message)}\n")
    sys.stderr.flush()
    raise SystemExit(code)


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        _forget_output()
        why = getattr(error, "strerror", None) or error
        raise VqaprepError(
            f"standard output cannot be written ({why}), so the result could not be shown; what was done is kept. "
            "Send the output somewhere else and run the same command again"
        ) from error


def _forget_output() -> None:
    """Let the interpreter end without trying once more to write what could not be written."""
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.close(nothing)
