"""What a run has finished so far, an item a line, so that the next run goes on from there."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from vqaprep.errors import InputError
from vqaprep.rows import Dropped, Row
from vqaprep.rows.manifest import from_record, to_record
from vqaprep.storage import StorePath, remove_tree
from vqaprep.storage.batches import Batches

Result = Sequence[Row | Dropped]
JOURNAL = ".journal.jsonl"
"""How the names of journals end."""


@dataclass
class Journal:
    """Append-only file of finished items; a line torn by a crash is ignored and its item done again.

    In a store it is a folder of batches; a crash costs the items of the last seconds, which are done again.
    """

    path: Path
    _file: IO[str] | None = None
    _batches: Batches | None = None

    def __enter__(self) -> "Journal":
        if isinstance(self.path, StorePath):
            self._batches = Batches(self.path)
            return self
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._heal()
        self._file = self.path.open("a", encoding="ascii")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
        if self._batches is not None:
            self._batches.close()

    def record(self, item_id: str, result: Result) -> None:
        """Remember the result of an item, on disk before this returns; in a store, soon."""
        self.fill({item_id: result})

    def fill(self, results: Mapping[str, Result]) -> None:
        """Remember the results of many items, on disk before this returns; in a store, soon."""
        # ASCII: a name may hold line ends, or be no UTF-8
        lines = [json.dumps({"item": i, "rows": list(map(_tagged, rows))}) + "\n" for i, rows in results.items()]
        if self._batches is not None:
            for line in lines:
                self._batches.add(line)
        elif lines:
            assert self._file is not None
            self._file.writelines(lines)
            self._file.flush()
            os.fsync(self._file.fileno())

    def finished(self) -> dict[str, list[Row | Dropped]]:
        """Return the results recorded so far, by item."""
        entries = (_parse(line) for text in self._texts() for line in text.splitlines())
        return dict(entry for entry in entries if entry is not None)

    def remove(self) -> None:
        """Forget all: the run is complete."""
        if isinstance(self.path, StorePath):
            remove_tree(self.path)
        else:
            self.path.unlink(missing_ok=True)

    def _texts(self) -> list[str]:
        if isinstance(self.path, StorePath):
            return [part.decode("ascii", "replace") for part in self.path.read_below().values()]
        return [self.path.read_text(encoding="ascii", errors="replace")] if self.path.exists() else []

    def _heal(self) -> None:
        """End a torn last line, so that what is appended stands on a line of its own."""
        if self.path.exists():
            with self.path.open("rb+") as file:
                if file.seek(0, os.SEEK_END) and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
                    file.write(b"\n")


def _tagged(row: Row | Dropped) -> dict[str, Any]:
    return {"drop" if isinstance(row, Dropped) else "row": to_record(row)}


def _untagged(record: dict[str, Any]) -> Row | Dropped:
    return Dropped(**record["drop"]) if "drop" in record else from_record(record["row"])


def _parse(line: str) -> tuple[str, list[Row | Dropped]] | None:
    """Return item and results; None for a line that a crash or a bad disk left, whose item is then done again."""
    try:
        entry = json.loads(line)
        return str(entry["item"]), [_untagged(row) for row in entry["rows"]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, InputError):
        return None
