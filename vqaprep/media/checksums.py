"""Cache checksums of sources by the version that the file system or the store reports.

Each pass compares a source with its row. Reading a whole recording only to compare it would cost one read per pass, or
one download per pass from a store. So the checksum of a version is kept in the user's cache, as git keeps its index.
"""

import hashlib
import re
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from vqaprep.errors import InputError
from vqaprep.errors.heartbeat import heartbeat
from vqaprep.packages.cache import cache_dir
from vqaprep.storage.durable import durable

Version = tuple[object, ...]

_CHUNK_BYTES = 1 << 22
_SHA256 = re.compile(r"[0-9a-f]{64}")


def sha256_of(file: BinaryIO) -> str:
    """Return the hex checksum of all bytes of `file`, and go back to its start.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        heartbeat()
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def noted_sha256(version: Version) -> str | None:
    """Return the checksum of the bytes that have this version, if it was noted."""
    with suppress(OSError, InputError):
        text = _path(version).read_text(encoding="ascii", errors="replace")
        if _SHA256.fullmatch(text):  # a crash may have left it empty
            return text
    return None


def note(version: Version, sha256: str) -> None:
    """Store the checksum of a version. If the cache cannot be written, the file is read again, and no video is lost."""
    with suppress(OSError, InputError):
        path = _path(version)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with durable(path, is_forced=False) as temporary:
            temporary.write_text(sha256, encoding="ascii")


def _path(version: Version) -> Path:
    return cache_dir() / "checksums" / hashlib.sha256(repr(version).encode()).hexdigest()
