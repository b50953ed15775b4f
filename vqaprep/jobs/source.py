"""Read what a user names as IN: an OUT folder, a manifest, a folder of videos, or one video."""

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from vqaprep.engines import Engine
from vqaprep.errors import InputError
from vqaprep.media.reading import Reading
from vqaprep.packages.extras import require
from vqaprep.rows import Dropped, Row, Video
from vqaprep.rows.journal import JOURNAL
from vqaprep.rows.manifest import MANIFEST, read_rows, rows_sha256
from vqaprep.rows.no_veil import NO_VEIL
from vqaprep.rows.outfolder import OutFolder
from vqaprep.rows.outfolder.record import check_sound, is_out
from vqaprep.rows.pseudonyms import Veil, is_hidden
from vqaprep.rows.veils import veil_of
from vqaprep.running.accounts import Results, kept_scans
from vqaprep.running.runner import run_items
from vqaprep.sources.addresses import from_everywhere, moved_to
from vqaprep.sources.folders import list_videos
from vqaprep.sources.scan import scan_one, without_duplicates
from vqaprep.storage import states

_log = logging.getLogger(__name__)
R = TypeVar("R", bound=Video)


@dataclass(frozen=True)
class Probed:
    """The rows of videos, what was dropped, and of each dropped duplicate the uri that was kept."""

    rows: list[Row]
    dropped: list[Dropped]
    twins: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Input:
    """What IN names: rows of a manifest, or videos that are still to be probed; both where several are joined.

    Under a `veil` the rows are hidden, as all rows outside a worker process are; `uris` are where files lie.
    """

    rows: tuple[Row, ...] = ()
    uris: tuple[str, ...] = ()
    veil: Veil = NO_VEIL
    unread: tuple[Dropped, ...] = ()
    """Entries of a folder that could not be opened."""
    lines: tuple[str, ...] = ()
    """Lines for the user about a folder."""
    root: Path | None = None
    """The folder that was read; the addresses below it are what names its videos."""
    as_read: tuple[Row, ...] = ()
    """The rows of a manifest before their addresses were made absolute or changed."""
    moved: dict[str, str] = field(default_factory=dict)
    """New addresses by old ones, where the files were moved since the manifest was made."""

    @property
    def sha256(self) -> str:
        """Checksum of the manifest's rows, or of the videos' names, sizes and times of change.

        Names are relative to the folder that was read: the same videos elsewhere are the same input.
        """
        if self.rows:
            return rows_sha256(self.as_read or self.rows)
        file_states = [
            (self._below_root(uri), num_bytes, changed_ns) for uri, num_bytes, changed_ns in states(self.uris)
        ]
        return hashlib.sha256(repr(file_states).encode("utf-8", "surrogateescape")).hexdigest()

    def probe(self, out: OutFolder, engine: Engine, reading: Reading | None = None) -> Probed:
        """Return rows and drops; videos without a manifest are probed, resumably, with a journal in `out`."""
        unread = [_hidden(self.veil, drop) for drop in self.unread]
        if not self.uris:
            return Probed(list(self.rows), unread)
        if reading is not None and reading.decoder != "pyav":
            require(reading.decoder, f"--decoder {reading.decoder}")
        items = {self._called(uri): (uri, self.veil.alone(), reading) for uri in self.uris}
        ids = {name: [name] for name in items}
        journal = out.path / f"scan{JOURNAL}"
        before = kept_scans(out, items)
        how: dict[str, Any] = {"journal": journal, "engine": engine, "ledger": out.ledger, "again": out.again}
        results = run_items("scan", _scan, items, ids, before=before, **how)
        read = [row for row in results if not isinstance(row, Dropped)]
        unique = without_duplicates(read)
        dropped = [*unread, *(one for one in (*results, *unique) if isinstance(one, Dropped))]
        kept = [row for row in unique if not isinstance(row, Dropped)]
        first = {row.sha256: row.uri for row in kept}
        twins = {row.uri: first[row.sha256] for row in read if row.uri != first[row.sha256]}
        return Probed([*self.rows, *kept], dropped, twins)

    def unhidden(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows as they were before they were hidden."""
        return [self.veil.show(row) for row in rows]

    def opened(self, rows: Iterable[R]) -> list[R]:
        """Return rows with the addresses of their files, but people hidden as they were."""
        return [row.having(uri=self.veil.address(row.uri)) for row in rows]

    def addressed(self, uris: Mapping[str, str]) -> dict[str, str]:
        """Return uris by uris as where the files lie."""
        address = self.veil.address
        return {address(one): address(other) for one, other in uris.items()}

    def hidden(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows as they may be written."""
        return [self.veil.hide(row) for row in rows]

    def hidden_drops(self, drops: Iterable[Dropped], rows: Iterable[Row]) -> list[Dropped]:
        """Return drops of `rows`, which are shown, as they may be written."""
        return self.veil.hide_drops(drops, {row.id: row.uri for row in rows})

    def relocated(self, results: Results) -> Results:
        """Return results with the new addresses of moved files; those of an earlier run may have the old ones."""
        if not self.moved:
            return list(results)
        return [r if isinstance(r, Dropped) else r.having(uri=self.moved.get(r.uri, r.uri)) for r in results]

    def settings(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return settings as `run.json` may tell them."""
        return self.veil.settings(values)

    def keep_identities(self, out: Path) -> None:
        """Write what pseudonyms stand for to `out`, where there are any."""
        self.veil.save(out)

    def _below_root(self, uri: str) -> str:
        """Return what names a video in the checksum of a folder; a pseudonym is a checksum itself."""
        if self.veil.is_hiding or self.root is None:
            return self._called(uri)
        return uri.removeprefix(str(self.root)).lstrip("/")

    def _called(self, uri: str) -> str:
        return self.veil.video(uri)


def read_source(
    path: Path, key_file: Path | None = None, *, root: Path | None = None, carry: Sequence[str] = ()
) -> Input:
    """Read what `path` names; `key_file` hides people and files that are not hidden yet.

    `root` is the folder where the files of a manifest lie now, if they were moved since it was made. `carry`
    names the further columns that may stay beside people who are hidden from now on.

    Raises:
        InputError: nothing is there, the OUT folder is unfinished, it holds no rows, or the key is not right.
    """
    if _is_out(path):
        check_sound(path)
        path = path / MANIFEST
    if is_manifest(path):
        rows = _rows_of(path)
        if not rows:
            raise InputError(f"{path} holds no row; see dropped.parquet beside it for the reasons")
        veil = veil_of(path.parent, rows, key_file)
        if veil.is_hiding and not all(map(is_hidden, rows)):
            rows = _without_further(rows, carry)
        return _of_rows(path, rows, veil, root)
    if root is not None:
        raise InputError(f"--root {root} is for manifests, whose videos were moved; {path} is a folder or a video")
    listing = list_videos(path)
    veil = veil_of(None, (), key_file)
    return Input((), listing.uris, veil, tuple(listing.unread), tuple(listing.lines()), listing.root)


def _without_further(rows: Sequence[Row], carry: Sequence[str]) -> list[Row]:
    """Return rows without the further columns that may say who a person is: all but those that were named."""
    left_out = sorted({name for row in rows for name, _ in row.extra} - {*carry})
    if left_out:
        _log.warning("left out, as people are hidden: %s; to keep one: vqaprep scan --carry", ", ".join(left_out))
    return [row.having(extra=tuple(cell for cell in row.extra if cell[0] in carry)) for row in rows]


def _of_rows(path: Path, read: Sequence[Row], veil: Veil, root: Path | None) -> Input:
    full = from_everywhere(read, path.parent)
    hidden = [veil.hide(row) for row in full]
    as_read = tuple(hidden if veil.is_hiding else read)
    if root is None:
        return Input(rows=tuple(hidden), veil=veil, as_read=as_read)
    moved = moved_to(root, hidden, veil)
    rows = tuple(row.having(uri=moved[row.uri]) for row in hidden)
    return Input(rows=rows, veil=veil, as_read=as_read, moved=moved)


def is_manifest(path: Path) -> bool:
    """Say whether `path` names rows: an OUT folder, or a Parquet or CSV file."""
    return _is_out(path) or (path.is_file() and path.suffix in (".parquet", ".csv"))


def _is_out(path: Path) -> bool:
    return path.is_dir() and ((path / MANIFEST).exists() or is_out(path))


def _rows_of(path: Path) -> list[Row]:
    """Return the rows of a manifest; a table of another kind is refused with the command that reads it."""
    try:
        return read_rows(path)
    except InputError as error:
        message = str(error) if str(path) in str(error) else f"{path}: {error}"
        raise InputError(
            f"{message}. A table of labels is read by: vqaprep scan VIDEOS --labels {path} -o OUT"
        ) from error


def joined(sources: Sequence[Input]) -> Input:
    """Return all of `sources` as one; a file that several name is there once.

    Raises:
        InputError: they are not all hidden with the same key.
    """
    veils = [one.veil for one in sources if one.veil.is_hiding]
    if len(veils) not in (0, len(sources)) or len({veil.key_name for veil in veils}) > 1:
        raise InputError("some of the inputs are pseudonymized and others not, or with another key; run them apart")
    book = {name: text for veil in veils for name, text in veil.book.items()}
    rows = tuple(row for one in sources for row in one.rows)
    uris = tuple(dict.fromkeys(uri for one in sources for uri in one.uris))
    unread = tuple({drop.id: drop for one in sources for drop in one.unread}.values())
    lines = tuple(line for one in sources for line in one.lines)
    moved = {old: new for one in sources for old, new in one.moved.items()}
    return Input(rows, uris, replace(veils[0], book=book) if veils else NO_VEIL, unread, lines, moved=moved)


def _hidden(veil: Veil, drop: Dropped) -> Dropped:
    return veil.hide_drop(drop, drop.uri, called=veil.video(drop.uri))


def _scan(item: tuple[str, Veil, Reading | None]) -> list[Row | Dropped]:
    """Return the row of one video, or why it has none, hidden where there is a veil."""
    uri, veil, reading = item
    results = scan_one(uri, reading)
    return [
        veil.hide_drop(one, uri, called=veil.video(uri)) if isinstance(one, Dropped) else veil.hide(one)
        for one in results
    ]
