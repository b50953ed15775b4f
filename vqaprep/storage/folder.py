"""One port to a folder, on a disk or in a store, so that other packages never check the kind of a path."""

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from vqaprep.storage.path import StorePath

Place = tuple[object, ...]
"""The identity of a folder."""


class Folder(Protocol):
    """What the two kinds of folder can do. Names are relative to the folder, with `/` between their parts."""

    @property
    def is_local(self) -> bool:
        """Whether it lies on a disk: names cost nothing to list, files can be half written, appended to and renamed."""
        ...

    def files(self) -> dict[str, Path]:
        """Return the files at any depth, and links, by name."""
        ...

    def empty_folders(self) -> list[str]:
        """Return the names of folders at any depth that hold nothing."""
        ...

    def remove_folders(self) -> None:
        """Remove all folders below, which must be empty."""
        ...

    def subfolders(self) -> list[Path]:
        """Return the folders directly in it, where a listing is cheap; none of a store."""
        ...

    def names(self) -> list[str]:
        """Return the names of what is directly in it; of a store, those of all objects, which one listing gives."""
        ...

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each file directly in it, by name."""
        ...

    def sizes_of(self, names: Collection[str], *, beside: str) -> dict[str, int]:
        """Return the bytes of those of the files `names` that are there, and of all directly in its folder `beside`."""
        ...

    def places(self) -> Iterator[Place]:
        """Yield the identity of the folder, then of each folder above it."""
        ...

    def free_bytes(self) -> int | None:
        """Return the free bytes; None if the system does not report them."""
        ...

    def read_range(self, name: str, start: int, size: int) -> memoryview:
        """Return `size` bytes of a file from `start` on, or fewer where it ends before.

        Raises:
            FileNotFoundError: there is no such file.
        """
        ...

    def read_ahead(self, pattern: str) -> dict[str, bytes]:
        """Return the files directly in it with a name like `pattern`, where reading them one by one would take long.

        Of a disk it returns nothing.
        """
        ...

    def read_ranges(self, wanted: Sequence[tuple[str, int, int]]) -> Iterable[bytes | memoryview]:
        """Return parts of files, each a name, start and size; of a store, asked for at the same time."""
        ...


def folder_at(path: Path) -> Folder:
    """Return the port to the folder at `path`, which need not exist."""
    return StoreFolder(path) if isinstance(path, StorePath) else DiskFolder(path)


def is_local(path: Path) -> bool:
    """Say whether `path` is on a disk and not in a store."""
    return not isinstance(path, StorePath)


def object_at(path: Path) -> StorePath | None:
    """Return the object of a store that `path` names, or None for a file on a disk."""
    return path if isinstance(path, StorePath) else None


class DiskFolder:
    """A folder on a disk."""

    is_local = True

    def __init__(self, path: Path) -> None:
        self._path = path

    def files(self) -> dict[str, Path]:
        """Return the files at any depth, and links, by name."""
        return {self._name(entry): entry for entry in self._path.rglob("*") if _is_file(entry)}

    def empty_folders(self) -> list[str]:
        """Return the names of folders at any depth that hold nothing."""
        folders = (entry for entry in self._path.rglob("*") if not _is_file(entry))
        return [self._name(folder) for folder in folders if not any(folder.iterdir())]

    def remove_folders(self) -> None:
        """Remove all folders below, which must be empty."""
        # In reverse order of names, what is in a folder comes before the folder.
        for folder in sorted((entry for entry in self._path.rglob("*") if entry.is_dir()), reverse=True):
            folder.rmdir()

    def subfolders(self) -> list[Path]:
        """Return the folders directly in it."""
        return [entry for entry in self._path.iterdir() if entry.is_dir()]

    def names(self) -> list[str]:
        """Return the names of what is directly in it."""
        return [entry.name for entry in self._path.iterdir()]

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each file directly in it, by name."""
        return {entry.name: entry.stat().st_size for entry in self._path.iterdir() if entry.is_file()}

    def sizes_of(self, names: Collection[str], *, beside: str) -> dict[str, int]:
        """Return the bytes of those of the files `names` that are there, and of all directly in its folder `beside`."""
        folder = self._path / beside
        others = [f"{beside}/{entry.name}" for entry in (folder.iterdir() if folder.is_dir() else ())]
        return {name: path.stat().st_size for name in (*names, *others) if (path := self._path / name).is_file()}

    def places(self) -> Iterator[Place]:
        """Yield device and number of the folder, and of each above it; the name of one that is not there."""
        full = Path(os.path.realpath(self._path))
        for place in (full, *full.parents):
            try:
                state = place.stat()
            except OSError:
                yield (str(place),)
            else:
                yield (state.st_dev, state.st_ino)

    def free_bytes(self) -> int | None:
        """Return the free bytes of its disk."""
        return shutil.disk_usage(self._path).free

    def read_range(self, name: str, start: int, size: int) -> memoryview:
        """Return `size` bytes of a file from `start` on, or none where it ends before."""
        import numpy as np

        with (self._path / name).open("rb", buffering=0) as file:
            # An index may ask for more than any machine has, so memory is taken only where there are bytes.
            if start + size > os.fstat(file.fileno()).st_size or file.seek(start) != start:
                return memoryview(b"")
            # A bytearray would be filled with zeros first, which costs as much as reading.
            data = np.empty(size, np.uint8).data
            return data[: file.readinto(data)]

    def read_ahead(self, pattern: str) -> dict[str, bytes]:
        """Return nothing: a file is read when it is needed."""
        return {}

    def read_ranges(self, wanted: Sequence[tuple[str, int, int]]) -> Iterable[bytes | memoryview]:
        """Yield parts of files, one after the other."""
        return (self.read_range(*part) for part in wanted)

    def _name(self, entry: Path) -> str:
        return entry.relative_to(self._path).as_posix()


class StoreFolder:
    """The objects of a store whose names begin alike. Objects are whole, so nothing in it is half written."""

    is_local = False

    def __init__(self, path: StorePath) -> None:
        self._path = path

    def files(self) -> dict[str, Path]:
        """Return the objects at any depth by name."""
        below = self._path.rglob("*") if self._path.exists() else iter(())
        return {str(entry).removeprefix(f"{self._path}/"): entry for entry in below}

    def empty_folders(self) -> list[str]:
        """Return nothing: a store has a folder only while it has objects in it."""
        return []

    def remove_folders(self) -> None:
        """Do nothing: folders go with their objects."""

    def subfolders(self) -> list[Path]:
        """Return nothing: each look at one would be a request."""
        return []

    def names(self) -> list[str]:
        """Return the names of all objects at any depth."""
        return [*self.files()]

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each object directly in it, from one listing."""
        return {path.name: state.st_size for path, state in self._path.states().items()}

    def sizes_of(self, names: Collection[str], *, beside: str) -> dict[str, int]:
        """Return the bytes of all objects at any depth, from one listing; more than asked for costs nothing."""
        return {str(path).removeprefix(f"{self._path}/"): s.st_size for path, s in self._path.states_below().items()}

    def places(self) -> Iterator[Place]:
        """Yield the address, and those above it."""
        yield from ((part,) for part in map(str, (self._path, *self._path.parents)))

    def free_bytes(self) -> int | None:
        """Return nothing: stores do not report free space."""
        return None

    def read_range(self, name: str, start: int, size: int) -> memoryview:
        """Return `size` bytes of an object from `start` on, by one request."""
        return memoryview(bytearray((self._path / name).read_range(start, size)))

    def read_ahead(self, pattern: str) -> dict[str, bytes]:
        """Return the objects directly in it with a name like `pattern`, read many at a time."""
        return {path.name: data for path, data in self._path.read_below(pattern).items()}

    def read_ranges(self, wanted: Sequence[tuple[str, int, int]]) -> Iterable[bytes | memoryview]:
        """Return parts of objects, asked for at the same time."""
        return self._path.read_ranges(wanted)


def _is_file(entry: Path) -> bool:
    return entry.is_symlink() or not entry.is_dir()
