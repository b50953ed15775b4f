"""The finished items of a run, one per line, so that the next run resumes from there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from vqaprep.errors import InputError
from vqaprep.rows import Dropped, Row
from vqaprep.rows.manifest import from_record, to_record
from vqaprep.storage.log import log_at

Result = Sequence[Row | Dropped]
JOURNAL = ".journal.jsonl"
"""How the names of journals end."""


@dataclass
class Journal:
    """Append-only file of finished items; a line torn by a crash is ignored and its item done again.

    In a store it is a folder of batches; a crash costs the items of the last seconds, which are done again.
    """

    path: Path

    def __post_init__(self) -> None:
        """Open the journal at its place."""
        self._log = log_at(self.path)

    def __enter__(self) -> "Journal":
        self._log.add([])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._log.close()

    def record(self, item_id: str, result: Result) -> None:
        """Record the result of an item: on a disk before this returns, in a store within seconds."""
        self.fill({item_id: result})

    def fill(self, results: Mapping[str, Result]) -> None:
        """Record the results of many items: on a disk before this returns, in a store within seconds."""
        # ASCII: a name may hold line ends, or be no UTF-8
        lines = [json.dumps({"item": i, "rows": list(map(_tagged, rows))}) + "\n" for i, rows in results.items()]
        self._log.add(lines)

    def finished(self) -> dict[str, list[Row | Dropped]]:
        """Return the results recorded so far, by item."""
        entries = (_parse(line) for text in self._log.texts() for line in text.splitlines())
        return dict(entry for entry in entries if entry is not None)

    def remove(self) -> None:
        """Remove the journal: the run is complete."""
        self._log.remove()


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
