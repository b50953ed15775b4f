"""Files that are either whole or absent: written to a temporary name, forced to disk, renamed; or uploaded."""

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from vqaprep.errors import IntegrityError
from vqaprep.storage import StorePath

TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")
"""Names of files that are half written; nobody else gives such names."""
_USUAL = "0" * 16
"""What the temporary name of a file usually holds, so that the next writer of it takes what a killed one left."""


@contextmanager
def durable(path: Path, *, mode: int = 0o666, is_forced: bool = True) -> Iterator[Path]:
    """Yield an empty temporary file; when the block ends well it becomes `path`, else it is removed.

    The next process that writes the same `path` reuses the half-written file of a killed one. A new file
    gets `mode` less the umask. With `is_forced` false the content may be lost with the power, but not with the process.
    """
    if isinstance(path, StorePath):
        with nameless(path) as written:
            yield written
            path.upload(written)
        return
    temporary, handle = _temporary(path, mode)
    is_moved = False
    try:
        yield temporary
        if is_forced:
            with temporary.open("rb") as file:  # the writer may have put another file there
                os.fsync(file.fileno())
        temporary.replace(path)
        is_moved = True  # from now on another process may own a file of the temporary name
        if is_forced:
            _sync_folder(path.parent)
    finally:
        if not is_moved:
            temporary.unlink(missing_ok=True)
        os.close(handle)


def _temporary(path: Path, mode: int) -> tuple[Path, int]:
    """Create and lock an empty file beside `path`; return its name and a handle that keeps the lock."""
    usual, other = (path.with_name(f".{path.name}.{token}.tmp") for token in (_USUAL, token_hex(8)))
    with suppress(OSError):  # a process of another user may have left it
        handle = os.open(usual, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, mode)
        if _is_locked(usual, handle):
            os.ftruncate(handle, 0)
            return usual, handle
        os.close(handle)
    return other, os.open(other, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)


def _is_locked(temporary: Path, handle: int) -> bool:
    """Take the lock on a temporary file, which ends with its process; return False where another process has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        state = temporary.stat()
    except OSError:  # another process writes it, or has moved it away; or the disk knows no locks
        return False
    opened = os.fstat(handle)
    return (state.st_dev, state.st_ino) == (opened.st_dev, opened.st_ino)


@contextmanager
def nameless(path: Path) -> Iterator[Path]:
    """Yield a temporary file that disappears with its process, however that ends: it has no name.

    Its path is an entry among the process's own, which programs that the process starts can open, too.
    """
    with tempfile.TemporaryFile(prefix="vqaprep-") as file:
        written = Path(f"/proc/{os.getpid()}/fd/{file.fileno()}")
        if written.exists():
            yield written
            return
    with tempfile.TemporaryDirectory(prefix="vqaprep-") as folder:
        yield Path(folder, path.name)


def private_folder(path: Path) -> None:
    """Make a folder and its missing parents, each accessible to its owner only, regardless of the umask.

    `Path.mkdir(parents=True, mode=...)` gives its mode to the last folder only.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner may read or write, regardless of the umask.

    Raises:
        FileExistsError: there is one, perhaps of somebody else.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def sweep(folder: Path) -> None:
    """Remove what killed processes left half written in `folder`; a store has only whole objects."""
    if not isinstance(folder, StorePath):
        for stale in folder.iterdir():
            if TEMPORARY.fullmatch(stale.name):
                stale.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, durably."""
    with durable(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path, *, remedy: str) -> dict[str, Any]:
    """Return the entries of a JSON file that `write_json` wrote.

    Raises:
        IntegrityError: it is damaged.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"{path} is damaged ({error}); {remedy}") from error
    if not isinstance(value, dict):
        raise IntegrityError(f"{path} is damaged (a {type(value).__name__}, no entries by name); {remedy}")
    return value


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
