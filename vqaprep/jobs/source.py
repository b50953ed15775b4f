"""Read what a user names as IN: an OUT folder, a manifest, a folder of videos, or one video."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from vqaprep.engines import Engine
from vqaprep.errors import InputError
from vqaprep.manifest import MANIFEST, read_rows, rows_sha256
from vqaprep.outfolder import OutFolder, read_run
from vqaprep.pseudonyms import Veil, veil_of
from vqaprep.rows import Dropped, Row, Video
from vqaprep.runner import JOURNAL, run_items
from vqaprep.scan import find_videos, scan_one, without_duplicates
from vqaprep.storage import states

R = TypeVar("R", bound=Video)


@dataclass(frozen=True)
class Source:
    """What IN names: rows of a manifest, or videos that are still to be probed; both where several are joined.

    Under a `veil` the rows are hidden, as all rows outside a worker process are; `uris` are where files lie.
    """

    rows: tuple[Row, ...] = ()
    uris: tuple[str, ...] = ()
    veil: Veil | None = None

    @property
    def sha256(self) -> str:
        """Checksum of the manifest's rows, or of the videos' names, sizes and times of change."""
        if self.rows:
            return rows_sha256(self.rows)
        found = [(self._called(uri), num_bytes, changed_ns) for uri, num_bytes, changed_ns in states(self.uris)]
        return hashlib.sha256(repr(found).encode("utf-8", "surrogateescape")).hexdigest()

    def probe(self, out: OutFolder, engine: Engine) -> tuple[list[Row], list[Dropped]]:
        """Return rows and drops; videos without a manifest are probed, resumably, with a journal in `out`."""
        if not self.uris:
            return list(self.rows), []
        items = {self._called(uri): (uri, self.veil and self.veil.alone()) for uri in self.uris}
        ids = {name: [name] for name in items}
        journal = out.path / f"scan{JOURNAL}"
        results = run_items("scan", _scan, items, ids, journal=journal, engine=engine, ledger=out.ledger)
        unique = without_duplicates([row for row in results if not isinstance(row, Dropped)])
        dropped = [one for one in (*results, *unique) if isinstance(one, Dropped)]
        return [*self.rows, *(row for row in unique if not isinstance(row, Dropped))], dropped

    def shown(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows as they were before they were hidden."""
        return [row if self.veil is None else self.veil.show(row) for row in rows]

    def opened(self, rows: Iterable[R]) -> list[R]:
        """Return rows with the addresses of their files, but people hidden as they were."""
        return [row if self.veil is None else row.having(uri=self.veil.address(row.uri)) for row in rows]

    def hidden(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows as they may be written."""
        return [row if self.veil is None else self.veil.hide(row) for row in rows]

    def hidden_drops(self, drops: Iterable[Dropped], rows: Iterable[Row]) -> list[Dropped]:
        """Return drops of `rows`, which are shown, as they may be written."""
        uris = {row.id: row.uri for row in rows}
        return [drop if self.veil is None else self.veil.hide_drop(drop, uris[drop.id]) for drop in drops]

    def settings(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return settings as `run.json` may tell them."""
        return values if self.veil is None else self.veil.settings(values)

    def keep_identities(self, out: Path) -> None:
        """Write what pseudonyms stand for to `out`, where there are any."""
        if self.veil is not None:
            self.veil.save(out)

    def _called(self, uri: str) -> str:
        return uri if self.veil is None else self.veil.video(uri)


def read_source(path: Path, key_file: Path | None = None) -> Source:
    """Find out what `path` stands for; `key_file` hides people and files that are not hidden yet.

    Raises:
        InputError: nothing is there, the OUT folder is unfinished, it holds no rows, or the key is not right.
    """
    if path.is_dir() and ((path / MANIFEST).exists() or (path / "started.json").exists()):
        if read_run(path) is None:
            raise InputError(f"{path} is not finished; run the command that makes it again, it resumes")
        path = path / MANIFEST
    if path.is_file() and path.suffix in (".parquet", ".csv"):
        rows = _rows_of(path)
        if not rows:
            raise InputError(f"{path} holds no row; see dropped.parquet beside it for the reasons")
        veil = veil_of(path.parent, rows, key_file)
        return Source(rows=tuple(rows if veil is None else map(veil.hide, rows)), veil=veil)
    return Source(uris=tuple(find_videos(path)), veil=veil_of(None, (), key_file))


def _rows_of(path: Path) -> list[Row]:
    """Return the rows of a manifest; a table of another kind is refused with the command that reads it."""
    try:
        return read_rows(path)
    except InputError as error:
        told = str(error) if str(path) in str(error) else f"{path}: {error}"
        raise InputError(f"{told}. A table of labels is read by: vqaprep scan VIDEOS --labels {path} -o OUT") from error


def joined(sources: Sequence[Source]) -> Source:
    """Return all of `sources` as one; a file that several name is there once.

    Raises:
        InputError: they are not all hidden with the same key.
    """
    veils = [one.veil for one in sources if one.veil is not None]
    if len(veils) not in (0, len(sources)) or len({veil.key_name for veil in veils}) > 1:
        raise InputError("some of the inputs are pseudonymized and others not, or with another key; run them apart")
    book = {name: text for veil in veils for name, text in veil.book.items()}
    rows = tuple(row for one in sources for row in one.rows)
    uris = tuple(dict.fromkeys(uri for one in sources for uri in one.uris))
    return Source(rows, uris, replace(veils[0], book=book) if veils else None)


def _scan(item: tuple[str, Veil | None]) -> list[Row | Dropped]:
    """Return the row of one video, or why it has none, hidden where there is a veil."""
    uri, veil = item
    found = scan_one(uri)
    if veil is None:
        return found
    return [
        veil.hide_drop(one, uri, called=veil.video(uri)) if isinstance(one, Dropped) else veil.hide(one)
        for one in found
    ]
