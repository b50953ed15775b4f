"""The private folder of fetched files, and the hash that verifies them."""

import hashlib
import os
from pathlib import Path

from vqaprep.errors import InputError


def cache_dir() -> Path:
    """Return the cache folder, created readable by its owner only.

    `$VQAPREP_CACHE`, else `vqaprep` in `$XDG_CACHE_HOME`, else `~/.cache/vqaprep`.
    Raises `InputError` when it cannot be made or is not writable.
    """
    return private_folder(_configured(), remedy="set VQAPREP_CACHE to another folder")


def private_folder(folder: Path, *, remedy: str) -> Path:
    """Return `folder`, created readable by its owner only where it is new; `InputError` when not writable."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be used: {error.strerror}; {remedy}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{folder} is not writable; {remedy}")
    return folder


def has_sha256(path: Path, sha256: str) -> bool:
    """Tell whether `path` is a file whose bytes hash to `sha256` (hex)."""
    return path.is_file() and sha256_of(path) == sha256


def sha256_of(path: Path) -> str:
    """Return the hex sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _configured() -> Path:
    if chosen := os.environ.get("VQAPREP_CACHE"):
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else home() / ".cache") / "vqaprep"


def home() -> Path:
    """Return the home folder.

    Raises:
        InputError: the system knows none, as for a user of a container who has no entry in its list.
    """
    try:
        return Path.home()
    except RuntimeError as error:
        raise InputError("this user has no home folder; set HOME, or VQAPREP_CACHE to a folder to use") from error
