"""The bytes of a source: opened once, compared with what `scan` read, and checked for changes during reading."""

import errno
import io
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from vqaprep.errors import MediaError, StorageError
from vqaprep.media import checksums
from vqaprep.rows import Video
from vqaprep.storage import StorePath, at
from vqaprep.storage.folder import is_local, object_at
from vqaprep.storage.ranges import Ranges

_NO_FILE = (errno.ELOOP, errno.ENAMETOOLONG, errno.EISDIR, errno.EINVAL)
"""Numbers of an `OSError` that say that a name can never be opened."""
_SETTLED_S = 2.0  # the clock of a file system ticks rarely: a younger file may change again and keep its time


@dataclass(frozen=True, slots=True)
class SourceBytes:
    """An open source.

    Attributes:
        file: its bytes.
        path: where it lies.
        num_bytes: its size when it was opened.
        changed: when it was last written to, as the file system or the store says.
        version: what tells these bytes from others that lay or will lie there; None where nothing does yet.
    """

    file: BinaryIO
    path: Path
    num_bytes: int
    changed: object
    version: checksums.Version | None

    def sha256(self, *, fresh: bool = False) -> str:
        """Return the checksum of all bytes; it is read again if asked for `fresh`, or if the version is not known.

        Raises:
            MediaError: `away` or `changed`.
        """
        if not fresh and self.version is not None and (noted := checksums.noted_sha256(self.version)) is not None:
            return noted
        try:
            digest = checksums.sha256_of(self.file)
        except OSError as error:
            raise away(error) from error
        self.check_same()
        if self.version is not None:
            checksums.note(self.version, digest)
        return digest

    def check(self, scanned: Video) -> None:
        """Refuse bytes that are not those of the row.

        Raises:
            MediaError: `changed` or `away`.
        """
        if self.num_bytes != scanned.num_bytes:
            raise MediaError("changed", f"the file has {self.num_bytes} bytes, scan read {scanned.num_bytes}")
        if (sha256 := self.sha256()) != scanned.sha256:
            raise MediaError("changed", f"the file has sha256 {sha256[:12]}..., scan read {scanned.sha256[:12]}...")

    def check_same(self) -> None:
        """Refuse a file that was written to since it was opened.

        Raises:
            MediaError: `changed`.
        """
        if (in_store := object_at(self.path)) is not None:
            try:
                version = in_store.version()
            except FileNotFoundError as error:
                raise away(error) from error
            same = (version.num_bytes, version.changed_s) == (self.num_bytes, self.changed)
        else:
            state = os.fstat(self.file.fileno())
            same = (state.st_size, state.st_mtime_ns) == (self.num_bytes, self.changed)
        if not same:
            raise MediaError("changed", "the file was written to while it was read")

    @property
    def is_local(self) -> bool:
        """Whether it lies on a disk, where a look at its state costs nothing."""
        return is_local(self.path)


@contextmanager
def open_source(uri: str) -> Iterator[SourceBytes]:
    """Open a regular file or an object of a store.

    A local name is only ever a name: `http:a.mp4`, `pipe:` and `concat:b` are files of the working folder.

    Raises:
        MediaError: `unreadable`, or `away`: the file is not there, or may not be read.
        StorageError: the store fails; that says nothing of the video.
    """
    try:
        path = at(uri)
        source = _of_disk(path) if (in_store := object_at(path)) is None else _of_store(in_store)
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and _is_dead_link(Path(uri)):
            raise MediaError("unreadable", "a link to a file that does not exist") from error
        if isinstance(error, OSError) and error.errno not in _NO_FILE:
            raise away(error) from error
        raise MediaError("unreadable", getattr(error, "strerror", None) or type(error).__name__) from error
    with source.file:
        try:
            yield source
        except StorageError:
            source.check_same()  # an object that became shorter has no such range any more
            raise
        except (OSError, MediaError) as error:
            is_from_libav = type(error).__module__.startswith("av.")  # its numbers say nothing of the disk
            failure = error if isinstance(error, OSError) and not is_from_libav else _failure(source)
            if failure is None:
                raise
            raise away(failure) from error
        if (failure := _failure(source)) is not None:  # the decoder may take it for the end of the file
            raise away(failure)


def away(error: OSError) -> MediaError:
    """Return what a failure to open or to read a file means: a share, a disk or a permission is missing for now.

    The bytes of a file never cause it, however damaged they are: the decoder gets them from us, and fails otherwise.
    """
    return MediaError("away", error.strerror or type(error).__name__)


def _is_dead_link(path: Path) -> bool:
    """Say whether a link names a file that a folder with other files lacks, or one below `/` that has no such folder.

    Where the folder is missing elsewhere, or is empty, its share may not be mounted, which passes. Systems that make
    the folder of a mount on demand do so deeper than in `/`: in `/media/USER`, `/Volumes`, `/net`.
    """
    try:
        folder = (path.parent / path.readlink().parent).absolute()
        if not folder.is_dir():
            return not Path(*folder.parts[:2]).exists()
        return any(folder.iterdir())
    except (OSError, ValueError):
        return False


class _Reader(io.BufferedReader):
    """A reader that returns an error like `lseek(2)` if the bytes of a file send the decoder to an impossible offset.

    PyAV passes the number to libav. It would print an exception with its traceback whenever another one follows.
    """

    def seek(self, target: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place and return it, or a negative number where there is none."""
        try:
            return super().seek(target, whence)
        except (OSError, ValueError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:
                raise
            return -errno.EINVAL


class _LocalBytes(io.FileIO):
    """A file that stores the failure of its disk or share, and ends there."""

    failure: OSError | None = None
    _read = io.FileIO.readinto

    def readinto(self, buffer: Any) -> int:
        """Read into `buffer`; return the number of bytes."""
        if self.failure is not None:
            return 0
        try:
            return self._read(buffer) or 0
        except OSError as error:
            self.failure = error
            raise


def _failure(source: SourceBytes) -> OSError | None:
    raw = getattr(source.file, "raw", None)
    return raw.failure if isinstance(raw, _LocalBytes) else None


def _of_store(path: StorePath) -> SourceBytes:
    now = path.version()
    file = _Reader(Ranges(path.read_range, now.num_bytes))
    version = None if now.tag is None else (str(path), now.num_bytes, now.tag)
    return SourceBytes(cast(BinaryIO, file), path, now.num_bytes, now.changed_s, version)


def _of_disk(path: Path) -> SourceBytes:
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for a writer, a device may do anything
        raise MediaError("unreadable", "not a regular file")
    file = _Reader(_LocalBytes(path))
    now = os.fstat(file.fileno())
    # Change of content or name moves ctime, which no program can set back.
    version = (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)
    is_settled = time.time() - now.st_ctime > _SETTLED_S
    return SourceBytes(file, path, now.st_size, now.st_mtime_ns, version if is_settled else None)
