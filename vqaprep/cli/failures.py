"""Turn errors of the system and of libraries into one message with a remedy, and an exit code."""

import errno
import logging
import os
import resource
import shutil
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

from vqaprep.errors import DISK_FULL
from vqaprep.packages.extras import EXTRA_OF, remedy

_log = logging.getLogger(__name__)
_FAILED, _WRONG = 1, 2
_AGAIN = "What is done is kept: the same command resumes"
_FULL_BYTES = 1 << 20
_PLACE = {
    errno.EACCES: "permission was refused; give yourself access (ls -l shows who has it), or name another path",
    errno.EPERM: "the operation was refused; give yourself access, or name another path",
    errno.EROFS: "the disk is read-only; name a path on another one",
    errno.EISDIR: "this is a folder, and a file is expected; name the file",
    errno.ENOTDIR: "a part of this path is a file, and a folder is expected; correct the path",
    errno.ELOOP: "the links go round in a circle; name the real path",
    errno.ENAMETOOLONG: "the name is too long for this disk; shorten it",
    errno.EEXIST: "this exists already; name another path, or move it away",
}
_SHARED_MEMORY = "/dev/shm/"  # noqa: S108  nothing is written there by name
_SHARE_MEMORY = "processes cannot share memory there; make it writable (docker: --shm-size), or use --engine inline"
_LIMITS = {
    errno.EMFILE: ("too many files are open; {n} are allowed. Raise it (ulimit -n 1024), or use fewer --workers",
                   resource.RLIMIT_NOFILE),
    errno.EFBIG: ("a file would be larger than is allowed ({n} bytes). Raise it: ulimit -f unlimited",
                  resource.RLIMIT_FSIZE),
    errno.EAGAIN: ("no further process or thread could be started; {n} are allowed. Raise it (ulimit -u), or use "
                   "fewer --workers", resource.RLIMIT_NPROC),
}  # fmt: skip
_MEMORY = (
    "there is not enough memory. Use fewer --workers or a smaller --batch, or raise the limit (ulimit -v unlimited)"
)


def explained(error: BaseException) -> tuple[str, int]:
    """Return (message, exit code) of an error that is not ours.

    What is known gets its remedy. Anything else is a defect or damaged data: the message says where it happened, and
    `--verbose` shows the traceback.
    """
    _log.debug("the error in full", exc_info=error)
    cause = error.__cause__ or error.__context__
    if type(error).__name__ == "Abort" and isinstance(cause, Exception):  # Typer takes the end of a file for Ctrl-C
        error = cause
    error = next((cause for cause in _chain(error) if _is_a_limit(cause)), error)
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, MemoryError):
        return f"{_MEMORY}. {_AGAIN}", _FAILED
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return _of_system(OSError(errno.EAGAIN, str(error)))
    if isinstance(error, ModuleNotFoundError) and (module := (error.name or "").partition(".")[0]) in EXTRA_OF:
        return f"this command needs {module}: {remedy(module)}", _WRONG
    if isinstance(error, ImportError):
        return f"a part of the program cannot be loaded: {_line(error)}. `vqaprep doctor` checks them all", _WRONG
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" in {Path(last[0].filename).name}, line {last[0].lineno}" if last else ""
    return (
        f"something that vqaprep does not expect: {type(error).__name__}{where}: {_line(error)}. If a file named above "
        "is damaged, make it again; else this is a defect: run with --verbose and report what it shows"
    ), _FAILED


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from: a library may fail in its own way where the system refused it something."""
    passed = list[BaseException]()
    current: BaseException | None = error
    # An error that is kept and raised again can be its own context further down: the chain is a circle then.
    while current is not None and not any(current is other for other in passed):
        passed.append(current)
        yield current
        current = current.__cause__ or current.__context__


def _is_a_limit(error: BaseException) -> bool:
    is_thread = isinstance(error, RuntimeError) and "start new thread" in str(error)
    is_number = isinstance(error, OSError) and error.errno in (*_LIMITS, *DISK_FULL, errno.ENOMEM)
    return is_thread or is_number or isinstance(error, MemoryError)


def _named(filename: str | bytes) -> str:
    """Return the name of a file; of one that is being written, the folder, as its temporary name says nothing."""
    path = Path(os.fsdecode(filename))
    return str(path.parent if path.name.startswith(".") and path.suffix == ".tmp" else path)


def _of_system(error: OSError) -> tuple[str, int]:
    number = error.errno
    name = f"{_named(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    if number in DISK_FULL:
        return f"{name}the disk is full{_which_disk()}. Free space and run the same command again. {_AGAIN}", _FAILED
    if number in _LIMITS:
        text, limit = _LIMITS[number]
        return f"{text.format(n=resource.getrlimit(limit)[0])}. {_AGAIN}", _FAILED
    if number == errno.ENOMEM:
        return f"{_MEMORY}. {_AGAIN}", _FAILED
    if number in _PLACE:
        is_shared = name.startswith(_SHARED_MEMORY)  # nobody named that path
        return f"{name}{_SHARE_MEMORY if is_shared else _PLACE[number]}", _WRONG
    if number == errno.ENOENT:
        return f"{name}this is not there, or no longer; bring it back and run the same command again", _FAILED
    return f"{name}{_line(error)}. {_AGAIN} once the disk, share or device answers again", _FAILED


def _which_disk() -> str:
    """Name the folder for temporary files where its disk is the full one: it is not the one that was chosen as OUT."""
    try:
        folder = tempfile.gettempdir()
    except OSError:
        return ": there is no room for temporary files; set TMPDIR to a folder with room"
    is_full = shutil.disk_usage(folder).free < _FULL_BYTES
    return f": {folder}, which holds temporary files; TMPDIR may name another folder" if is_full else ""


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else f"{text[:297]}..."
