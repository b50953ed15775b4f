"""An append-only log: a file on a disk, or batches of lines in a store."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

from vqaprep.storage import StorePath, remove_tree
from vqaprep.storage.batches import Batches


class Log(Protocol):
    """ASCII lines, each with its line end. A line that was torn by a crash stays alone on its line."""

    def add(self, lines: Sequence[str]) -> None:
        """Add lines: on a disk before this returns, in a store within seconds. The first call opens the log."""
        ...

    def close(self) -> None:
        """Write what waits."""
        ...

    def texts(self) -> list[str]:
        """Return all lines so far, in pieces; of several writers, in no order."""
        ...

    def remove(self) -> None:
        """Remove the log, if it is there."""
        ...


def log_at(path: Path) -> Log:
    """Return the log at `path`, which need not exist."""
    return StoreLog(path) if isinstance(path, StorePath) else DiskLog(path)


class DiskLog:
    """A file that is appended to and forced to disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def add(self, lines: Sequence[str]) -> None:
        """Append lines and force them to disk."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._end_torn_line()
            self._file = self._path.open("a", encoding="ascii")
        if lines:
            self._file.writelines(lines)
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def texts(self) -> list[str]:
        """Return the file."""
        return [self._path.read_text(encoding="ascii", errors="replace")] if self._path.exists() else []

    def remove(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)

    def _end_torn_line(self) -> None:
        """End a torn last line, so that the next one begins on a line of its own."""
        if self._path.exists():
            with self._path.open("rb+") as file:
                if file.seek(0, os.SEEK_END) and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
                    file.write(b"\n")


class StoreLog:
    """A folder of batches, as a store cannot append."""

    def __init__(self, path: StorePath) -> None:
        self._path = path
        self._batches: Batches | None = None

    def add(self, lines: Sequence[str]) -> None:
        """Queue lines; they are written within seconds."""
        if self._batches is None:
            self._batches = Batches(self._path)
        for line in lines:
            self._batches.add(line)

    def close(self) -> None:
        """Write what waits."""
        if self._batches is not None:
            self._batches.close()

    def texts(self) -> list[str]:
        """Return all batches, read many at a time."""
        return [part.decode("ascii", "replace") for part in self._path.read_below().values()]

    def remove(self) -> None:
        """Remove all batches."""
        remove_tree(self._path)
