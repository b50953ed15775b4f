"""A path in a store: an object, or the start of many names."""

import errno
import io
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PosixPath
from typing import IO, Any

from vqaprep.errors import InputError
from vqaprep.storage.ranges import Ranges
from vqaprep.storage.translation import translated_errors

STORES = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
"""Schemes of the stores that are known, and the extra of this package that each needs."""


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """Size and time of change of an object, and the store's own tag of its content, where it has one."""

    num_bytes: int
    changed_s: int
    tag: str | None


class StorePath(PosixPath):
    """An object of a store, or the start of many names, used like the `Path` that it stands in for.

    An object appears whole or not at all, and folders need not be made. What a store cannot do (append,
    rename) and what is not written here fails: the operating system gets no name to act on. Credentials
    and endpoints are found by the store's own library, so that a copy works on another machine.
    """

    def __str__(self) -> str:
        return re.sub(r"^([\w.+-]+):/(?!/)", r"\1://", super().__str__())

    def __fspath__(self) -> str:
        raise TypeError(f"{self} lies in a store, not on a disk")

    @property
    def store(self) -> Any:
        """The file system of `fsspec` that this address is of. Listings are not cached: others write, too."""
        scheme = self.parts[0].removesuffix(":")
        try:
            return _file_system(scheme, os.getpid())
        except ImportError as error:
            package = f"'vqaprep[{STORES.get(scheme, scheme)}]'"
            raise InputError(f"{scheme}:// is not reachable: {error}; pip install {package}") from error

    def exists(self) -> bool:
        """Say whether an object has this name, or begins with it."""
        return self._info() is not None

    def is_file(self) -> bool:
        """Say whether an object has this name."""
        return (self._info() or {}).get("type") == "file"

    def is_dir(self) -> bool:
        """Say whether objects lie below this name."""
        return (self._info() or {}).get("type") == "directory"

    def is_symlink(self) -> bool:
        """Say no."""
        return False

    def is_absolute(self) -> bool:
        """Return True: an address does not depend on the working directory."""
        return True

    def absolute(self) -> "StorePath":
        """Return the address itself."""
        return self

    def resolve(self, strict: bool = False) -> "StorePath":
        """Return the address itself."""
        return self

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Return size and time of change (whole seconds, the store's own clock); the rest is empty."""
        info = self._info()
        if info is None:
            raise FileNotFoundError(str(self))
        return _stat(info)

    def version(self) -> ObjectVersion:
        """Return what the store says of the object as it is now.

        Raises:
            FileNotFoundError: there is none.
        """
        info = self._info()
        if info is None or info.get("type") != "file":
            raise FileNotFoundError(errno.ENOENT, "no such object")
        tag = next((str(info[key]) for key in ("ETag", "etag", "generation") if info.get(key)), None)
        return ObjectVersion(int(info.get("size") or 0), int(_stat(info).st_mtime), tag)

    def states(self) -> "dict[StorePath, os.stat_result]":
        """Return what lies directly below, from one listing; nothing when there is nothing."""
        try:
            with translated_errors(self):
                found = self.store.ls(str(self), detail=True)
        except FileNotFoundError:
            return {}
        entries = {StorePath(f"{self.parts[0]}//{info['name'].strip('/')}"): _stat(info) for info in found}
        return {path: state for path, state in entries.items() if path != self}

    def states_below(self) -> "dict[StorePath, os.stat_result]":
        """Return what lies at any depth below, from one listing."""
        with translated_errors(self):
            entries = self.store.find(str(self), detail=True)
        return {StorePath(f"{self.parts[0]}//{name.strip('/')}"): _stat(info) for name, info in entries.items()}

    def iterdir(self) -> Iterator["StorePath"]:  # type: ignore[override]  # the same, for these
        """Yield what lies directly below."""
        yield from self.states()

    def glob(self, pattern: str) -> Iterator["StorePath"]:  # type: ignore[override]  # the same, for these
        """Yield what lies directly below and has a name like `pattern`."""
        if "/" in pattern or "**" in pattern:
            raise NotImplementedError(f"{pattern}: one level at a time; see rglob")
        return (path for path in self.states() if fnmatchcase(path.name, pattern))

    def rglob(self, pattern: str) -> Iterator["StorePath"]:  # type: ignore[override]  # the same, for these
        """Yield the objects at any depth below that have a name like `pattern`."""
        with translated_errors(self):
            names = self.store.find(str(self))
        paths = (StorePath(f"{self.parts[0]}//{name.strip('/')}") for name in names)
        return (path for path in paths if fnmatchcase(path.name, pattern))

    def open(  # type: ignore[override]  # only for reading
        self,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """Open for reading: bytes come in ranges as they are asked for, text at once."""
        if mode not in ("r", "rb"):
            raise io.UnsupportedOperation(f"{self}: a store keeps whole objects; write with `durable`")
        if mode == "r":
            return io.TextIOWrapper(io.BytesIO(self.read_bytes()), encoding, errors, newline)
        return io.BufferedReader(Ranges(self.read_range, self.stat().st_size))

    def read_bytes(self) -> bytes:
        """Return the whole object."""
        with translated_errors(self):
            return bytes(self.store.cat_file(str(self)))

    def read_range(self, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on, fewer at the end, by one request."""
        with translated_errors(self):
            return bytes(self.store.cat_file(str(self), start=start, end=start + size))

    def read_ranges(self, wanted: Sequence[tuple[str, int, int]]) -> list[bytes]:
        """Return parts of objects below, each named and by (start, size), asked for at the same time."""
        names, starts, ends = (list(part) for part in zip(*((n, at, at + size) for n, at, size in wanted), strict=True))
        with translated_errors(self):
            return list(self.store.cat_ranges([str(self / name) for name in names], starts, ends, on_error="raise"))

    def read_below(self, pattern: str = "*") -> "dict[StorePath, bytes]":
        """Return the objects directly below that have a name like `pattern`, read many at a time."""
        names = [str(path) for path in self.glob(pattern)]
        with translated_errors(self):
            contents = self.store.cat(names) if names else {}
        return {self / name.rpartition("/")[2]: data for name, data in contents.items()}

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """Return the whole object as text."""
        return io.TextIOWrapper(io.BytesIO(self.read_bytes()), encoding, errors).read()

    def write_bytes(self, data: Any) -> int:
        """Write an object."""
        with translated_errors(self):
            self.store.pipe_file(str(self), bytes(data))
        return len(data)

    def write_text(
        self, data: str, encoding: str | None = None, errors: str | None = None, newline: str | None = None
    ) -> int:
        """Write an object of text."""
        return self.write_bytes(data.encode(encoding or "utf-8", errors or "strict"))

    def create(self, data: bytes) -> None:
        """Write an object, or raise `FileExistsError`, where the store can tell, when there is one."""
        with translated_errors(self):
            self.store.pipe_file(str(self), data, mode="create")

    def upload(self, file: Path) -> None:
        """Write an object from a file, in parts where it is long."""
        with translated_errors(self):
            self.store.put_file(str(file), str(self))

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Do nothing: a store has a folder as soon as it has an object in it."""

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the object."""
        try:
            with translated_errors(self):
                self.store.rm_file(str(self))
        except FileNotFoundError:
            if not missing_ok:
                raise

    def _info(self) -> dict[str, Any] | None:
        try:
            with translated_errors(self):
                info: dict[str, Any] = self.store.info(str(self))
        except FileNotFoundError:
            return None
        return info


@cache
def _file_system(scheme: str, pid: int) -> Any:
    """Return the file system of this process. A forked child keeps its parent's: it would close its connections."""
    import fsspec

    return fsspec.filesystem(scheme, use_listings_cache=False)


def _stat(info: dict[str, Any]) -> os.stat_result:
    changed = next((info[key] for key in ("LastModified", "mtime", "updated", "created") if info.get(key)), 0)
    changed_s = changed.timestamp() if isinstance(changed, datetime) else float(changed)
    kind = stat.S_IFDIR if info["type"] == "directory" else stat.S_IFREG
    return os.stat_result((kind, 0, 0, 1, 0, 0, int(info.get("size") or 0), 0, int(changed_s), 0))
