"""Files that are either whole or absent: written to a temporary name, forced to disk, renamed; or uploaded."""

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

from vqaprep.errors import IntegrityError
from vqaprep.storage import StorePath

TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")
"""Names of files that are half written; nobody else gives such names."""


@contextmanager
def durable(path: Path) -> Iterator[Path]:
    """Yield a temporary path on a disk; when the block ends well it becomes `path`, else it is removed."""
    if isinstance(path, StorePath):
        with tempfile.TemporaryDirectory(prefix="vqaprep-") as folder:
            yield (written := Path(folder, path.name))
            path.upload(written)
        return
    temporary = path.with_name(f".{path.name}.{token_hex(8)}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def private_folder(path: Path) -> None:
    """Make a folder and those above it that are not there, each open to its owner alone whatever the umask is.

    `Path.mkdir(parents=True, mode=...)` gives its mode to the last folder only.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner may read or write, whatever the umask is.

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
