"""Stand-ins for people's names and ids: keyed hashes, the same for the same key, senseless without it."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from vqaprep.datasets.columns import PERSONAL, Value
from vqaprep.errors import InputError

_KEY_BYTES = 32


def read_key(path: Path) -> bytes | None:
    """Return the key in `path`, or None when there is no such file.

    Raises:
        InputError: others may read the file, or it holds no key.
    """
    if not path.exists():
        return None
    if path.stat().st_mode & 0o077:
        raise InputError(f"{path} can be read by others, who could undo the pseudonyms; run: chmod 600 {path}")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError as error:
        raise InputError(f"{path} is no key file; name one that does not exist yet, and it is made") from error
    if len(key) < _KEY_BYTES:
        raise InputError(f"{path} holds {len(key)} bytes, a key has {_KEY_BYTES}; name another file")
    return key


def make_key(path: Path) -> bytes:
    """Write a random key to `path`, which must not exist, readable by its owner alone; return the key.

    Raises:
        InputError: the file cannot be made there.
    """
    key = secrets.token_bytes(_KEY_BYTES)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InputError(f"cannot make the key file {path}: {error.strerror}; name another") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def pseudonymized(columns: Mapping[str, Value], key: bytes) -> dict[str, Value]:
    """Return `columns` with each personal value replaced by its HMAC-SHA256 in hex."""
    return {
        name: hmac.new(key, str(value).encode(), hashlib.sha256).hexdigest()
        if name in PERSONAL and value is not None
        else value
        for name, value in columns.items()
    }
