"""Join a user's table of labels to videos, and say what has no counterpart on either side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vqaprep.datasets.columns import COLUMNS, Value, typed
from vqaprep.datasets.matching import VideoIndex
from vqaprep.datasets.tables import Record, read_table
from vqaprep.errors import InputError, unknown_name
from vqaprep.rows import Video

On = Literal["path", "stem", "id"]

_KEYS: dict[On, str] = {"path": "path", "stem": "stem", "id": "video_id"}


@dataclass(frozen=True, slots=True)
class Join:
    """Label columns by uri, and the names that no video has."""

    columns: dict[str, dict[str, Value]]
    unmatched_labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """One row of the table: the video it names, where it stands, and what it says."""

    name: str
    where: str
    columns: dict[str, Value]


def join_labels(
    videos: Sequence[Video] | Sequence[str], table: Path, *, on: On = "path", renames: Mapping[str, str] | None = None
) -> Join:
    """Return what `table` (CSV or Parquet) says of `videos` (rows, or uris unless `on` is `id`).

    A path in the table may be shorter than the video's, and differ in separators, case and ending.

    Raises:
        InputError: the table cannot be read (see `read_labels`), two of its rows contradict each
            other, one names several videos, or none names any.
    """
    labels = read_labels(table, on=on, renames=renames)
    uris = list(dict.fromkeys(video if isinstance(video, str) else video.uri for video in videos))
    named = _named(videos, uris, labels, on)
    columns: dict[str, dict[str, Value]] = {}
    sources: dict[str, Label] = {}
    for label, found in zip(labels, named, strict=True):
        for uri in found:
            first = sources.setdefault(uri, label)
            if first.columns != label.columns:
                raise InputError(f"{label.where} contradicts {first.where}: both name {uri}")
            columns[uri] = dict(label.columns)
    if videos and not columns:
        raise InputError(
            f"none of the {len(labels)} labels in {table} names one of the {len(uris)} videos: it says "
            f"{labels[0].name!r}, the videos are such as {uris[0]!r}; try --on stem, or correct the table"
        )
    missing = [label.name for label, found in zip(labels, named, strict=True) if not found]
    return Join(columns, tuple(dict.fromkeys(missing)))


def read_labels(table: Path, *, on: On, renames: Mapping[str, str] | None = None) -> list[Label]:
    """Return the rows of `table`, checked and typed; `renames` maps our column names to the table's.

    Raises:
        InputError: no such file, no row, no column that names the video, no label column, a row
            without a name, or a value of the wrong type.
    """
    records = read_table(table)
    if not records:
        raise InputError(f"{table} has a header but no row")
    ours = _our_columns(table, records[0], _KEYS[on], renames or {})
    return [_label(record, ours, _KEYS[on]) for record in records]


def parse_renames(options: Sequence[str]) -> dict[str, str]:
    """Return `mos=MOS_score` options as {ours: theirs}.

    Raises:
        InputError: an option has no `=`, or two rename to the same column.
    """
    renames: dict[str, str] = {}
    for option in options:
        ours, equals, theirs = option.partition("=")
        if not (ours and equals and theirs):
            raise InputError(f"--column {option!r}: write it as OURS=THEIRS, such as mos=MOS_score")
        if ours in renames:
            raise InputError(f"--column {ours} is given twice: {renames[ours]!r} and {theirs!r}")
        renames[ours] = theirs
    return renames


def _our_columns(table: Path, first: Record, key: str, renames: Mapping[str, str]) -> dict[str, str]:
    """Return {our column: the table's}; without a rename, the same name in any case."""
    known = {*COLUMNS, *_KEYS.values()}
    ours: dict[str, str] = {}
    for theirs in first.cells:
        name = theirs.strip().lower()
        if name in known and name not in renames and theirs not in renames.values():
            if name in ours:
                raise InputError(f"{table} has two columns for {name}: {ours[name]!r} and {theirs!r}")
            ours[name] = theirs
    for name, theirs in renames.items():
        if name not in known:
            raise unknown_name("label column", name, known)
        if theirs not in first.cells:
            raise unknown_name(f"column of {table}", theirs, first.cells)
        ours[name] = theirs
    has = ", ".join(first.cells)
    if key not in ours:
        raise InputError(f"{table} has no column {key} (it has {has}); name it with --column {key}=THEIRS, or use --on")
    if not ours.keys() & COLUMNS.keys():
        raise InputError(
            f"{table} has no label column (it has {has}); known: {', '.join(COLUMNS)}; name one with --column"
        )
    return ours


def _label(record: Record, ours: Mapping[str, str], key: str) -> Label:
    name = record.cells[ours[key]].strip()
    if not name:
        raise InputError(f"{record.where}: the column {ours[key]} is empty, so it names no video")
    told = {
        column: typed(column, record.cells[theirs], where=record.where, decimal_comma=record.decimal_comma)
        for column, theirs in ours.items()
        if column in COLUMNS
    }
    return Label(name, record.where, {column: value for column, value in told.items() if value is not None})


def _named(
    videos: Sequence[Video] | Sequence[str], uris: Sequence[str], labels: Sequence[Label], on: On
) -> list[list[str]]:
    """Return the uris that each label names: at most one for a path or stem, all copies for an id."""
    if on != "id":
        index = VideoIndex(uris)
        names = [_last(label.name) if on == "stem" else label.name for label in labels]
        found = [index.find(name, where=label.where) for name, label in zip(names, labels, strict=True)]
        return [[] if uri is None else [uri] for uri in found]
    by_id: dict[str, list[str]] = {}
    for video in videos:
        if isinstance(video, str):
            raise InputError("labels --on id need probed videos; give a manifest, or use --on path")
        by_id.setdefault(video.video_id, []).append(video.uri)
    return [list(dict.fromkeys(by_id.get(label.name.lower(), []))) for label in labels]


def _last(name: str) -> str:
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2]
