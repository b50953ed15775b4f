"""Addresses: a `Path` on a disk, or a `StorePath` in a store that `fsspec` reaches (`s3://`, `gs://`)."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from vqaprep.errors import InputError
from vqaprep.storage.path import STORES, StorePath
from vqaprep.storage.translation import translated_errors

__all__ = ["StorePath", "at", "check_address", "remove_tree", "states"]

_KINDS = ("file", "local", *STORES, "memory")  # memory: within this process, for tests


def at(address: str | Path) -> Path:
    """Return the path that a user's words name; `file://` is a plain path.

    Raises:
        InputError: the address is of another kind, such as http://, or the library of its store is not installed.
    """
    if isinstance(address, Path) or "://" not in address:
        return _at_home(address) if isinstance(address, str) else address
    scheme, _, rest = address.partition("://")
    if scheme in ("file", "local"):
        return Path(rest)
    check_address(address)
    path = StorePath(address)
    if len(path.parts) < 2:
        raise InputError(f"{address} names no bucket; give an address such as s3://bucket/folder")
    _ = path.store
    return path


def _at_home(text: str) -> Path:
    """Take `~` in quotes, which the shell leaves alone, for the home folder, unless a file has that name."""
    path = Path(text)
    if not text.startswith("~") or path.exists():
        return path
    with suppress(RuntimeError):  # no such user
        return path.expanduser()
    return path


def check_address(address: str) -> None:
    """Refuse an address of an unsupported kind. fsspec supports dozens, some of which contact hosts or run git.

    Raises:
        InputError: says what is known.
    """
    scheme, colon, _ = address.partition("://")
    if colon and scheme not in _KINDS:
        raise InputError(
            f"{address!r}: unknown kind of address; known are paths, file://, s3:// and gs://. "
            "Download the file first, and give its path"
        )


def remove_tree(path: Path) -> None:
    """Remove a folder and all that lies in it, if it is there."""
    if not isinstance(path, StorePath):
        if path.exists():
            shutil.rmtree(path)
        return
    try:
        with translated_errors(path):
            path.store.rm(str(path), recursive=True)
    except FileNotFoundError:
        return


def states(addresses: Sequence[str]) -> list[tuple[str, int, int]]:
    """Return (address, size in bytes, time of change in ns) of each file; stores are asked once per folder.

    For a symbolic link, these are the link's own values, so they do not change while its target is unavailable.
    """
    listed: dict[Path, dict[StorePath, os.stat_result]] = {}
    file_states = []
    for address in addresses:
        path = at(address)
        if isinstance(path, StorePath):
            if path.parent not in listed:
                listed[path.parent] = path.parent.states()
            state = listed[path.parent].get(path) or path.stat()
        else:
            state = path.lstat()
        file_states.append((address, state.st_size, state.st_mtime_ns))
    return file_states
