"""Rows on disk: Parquet and CSV manifests, and the JSON records of a run in progress."""

import csv
import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqaprep.errors import InputError, unknown_name
from vqaprep.rows import (
    Clip,
    Decoder,
    Deinterlace,
    Dropped,
    OnDamage,
    Pixels,
    Role,
    Row,
    Span,
    TrackPoint,
    Video,
    parquet,
)
from vqaprep.rows import schema as schema_version
from vqaprep.rows import values as row_values
from vqaprep.rows.further import arrow_columns, extra_of, misspelled
from vqaprep.storage.durable import durable

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "manifest.parquet"
DROPPED = "dropped.parquet"
REFUSED = "refused.parquet"
"""A manifest of the dropped rows that people may correct, with all their columns."""
_CHOICES = (Role, Pixels, Deinterlace, OnDamage, Decoder)
_EXTRA = "extra"
_FURTHER = "further"
"""Metadata of a Parquet manifest: which columns are not ours, as JSON."""


def to_record(row: Row | Dropped) -> dict[str, Any]:
    """Return the row as plain values that JSON and Arrow understand; further columns stand beside ours."""
    record = dataclasses.asdict(row)
    return record | dict(record.pop(_EXTRA, ()))


def from_record(record: dict[str, Any]) -> Row:
    """Build the row that `to_record` took apart; a record with a `clip_id` is a clip, other columns are carried.

    Raises:
        InputError: a column that every row needs is missing, a value is not allowed there, or a further column looks
            misspelled or cannot be carried.
    """
    kind = Clip if record.get("clip_id") is not None else Video
    field_names, kinds = _fields(kind is Clip), _columns(kind is Clip)
    values = {n: row_values.value(n, kinds[n], record[n]) for n in field_names if record.get(n) is not None}
    for name in _columns(True).keys() - field_names:
        if record.get(name) is not None:
            raise InputError(f"column {name} is one of clips, and this row is a video; give your column another name")
    missing = [n for n, f in field_names.items() if f.default is dataclasses.MISSING and n not in values]
    if missing:
        raise InputError(
            f"a {kind.__name__.lower()} row lacks {', '.join(missing)}; make manifests with `vqaprep scan`"
        )
    row = kind(**values, extra=extra_of(record, _columns(True)))
    row_values.check_row(row)
    return row


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows of one kind as Parquet, durably; no rows make an empty file that still has the columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = Clip if rows and isinstance(rows[0], Clip) else Video
    further = arrow_columns(row.extra for row in rows)
    as_text = [name for name, data_type in further if data_type == pa.string()]
    records = [to_record(row) for row in rows]
    for record in records:
        record |= {name: str(record[name]) for name in as_text if record.get(name) is not None}
    metadata = {_FURTHER: json.dumps([name for name, _ in further]), schema_version.KEY: str(schema_version.SCHEMA)}
    columns = pa.schema([*schema(kind), *(pa.field(*column) for column in further)], metadata=metadata)
    table = pa.Table.from_pylist(records, schema=columns)
    with durable(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_rows(path: Path) -> list[Row]:
    """Read a Parquet manifest, or a CSV one (absent cells are absent columns); columns that are not ours are carried.

    Raises:
        InputError: the file is neither, or a column is missing, misspelled or of the wrong type.
    """
    names, records, version = _table(path)
    _refuse_misspelled(path, names, records)
    rows: list[Row] = []
    for number, record in enumerate(records, start=1):
        try:
            typed = _typed(record) if path.suffix == ".csv" else record
            rows.append(from_record(schema_version.converted(typed, version)))
        except InputError as error:
            raise InputError(f"{path}, row {number}: {error}") from error
    row_values.check_rows(rows)
    return rows


def _table(path: Path) -> tuple[list[str], list[dict[Any, Any]], int]:
    """Return the names that may be misspelled, the records of the file, and the version of its columns."""
    import pyarrow as pa

    remedy = "make manifests with `vqaprep scan`"
    try:
        if path.suffix == ".csv":
            with path.open(newline="", encoding="utf-8-sig") as file:
                reader = csv.DictReader(file)
                records = [{n: text for n, text in row.items() if text} for row in reader]
                return list(reader.fieldnames or ()), records, schema_version.SCHEMA
        table = parquet.read(path)
        stated = table.schema.metadata or {}
        further_names = json.loads(stated.get(_FURTHER.encode(), b"[]"))
        names = [name for name in table.column_names if name not in further_names]
        return names, list(table.to_pylist()), schema_version.version_of(stated)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except (pa.ArrowException, ValueError, OverflowError, MemoryError, csv.Error) as error:
        raise InputError(f"{path} is no manifest ({type(error).__name__}: {error}); {remedy}") from error
    except OSError as error:
        if error.errno is not None:  # what Arrow says of damaged pages has none
            raise
        raise InputError(f"{path} is damaged ({error}); {remedy}") from error


def write_dropped(path: Path, dropped: Iterable[Dropped]) -> None:
    """Write drops as Parquet, durably."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = pa.schema([(field.name, pa.string()) for field in dataclasses.fields(Dropped)])
    with durable(path) as temporary:
        pq.write_table(pa.Table.from_pylist([to_record(d) for d in dropped], schema=columns), temporary)


def read_dropped(path: Path) -> list[Dropped]:
    """Read what `write_dropped` wrote."""
    return [Dropped(**record) for record in parquet.read(path).to_pylist()]


def schema(kind: type[Video]) -> "pa.Schema":
    """Return the Arrow columns of a row class, derived from its fields."""
    import pyarrow as pa

    def struct(record: type) -> pa.DataType:
        return pa.list_(pa.struct([(field.name, pa.float64()) for field in dataclasses.fields(record)]))

    arrow = {
        str: pa.string(),
        **dict.fromkeys(_CHOICES, pa.string()),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        tuple[int, ...]: pa.list_(pa.int64()),
        tuple[float, ...]: pa.list_(pa.float64()),
        tuple[Span, ...]: struct(Span),
        tuple[TrackPoint, ...]: struct(TrackPoint),
    }
    return pa.schema([(name, arrow[kind_of]) for name, kind_of in _columns(kind is Clip).items()])


def rows_sha256(rows: Iterable[Row]) -> str:
    """Return a checksum of the rows' content, the same however they were stored.

    Columns at their defaults do not count, so that a column that is new in a later version changes no checksum.
    """
    digest = hashlib.sha256()
    for row in rows:
        fields = dataclasses.fields(row)
        held = [(one.name, value) for one in fields if (value := getattr(row, one.name)) != one.default]
        digest.update(repr(held).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _refuse_misspelled(path: Path, names: Sequence[str], records: Sequence[dict[str, Any]]) -> None:
    """Refuse a column that looks like a misspelled one of ours that the table lacks: its values would be ignored."""
    ours = _columns(True)
    filled = {name for record in records for name, value in record.items() if value is not None}
    for name in misspelled([name for name in names if name not in ours], ours.keys() - filled):
        raise unknown_name(f"column of {path}", name, ours)


@cache
def _fields(is_clip: bool) -> dict[str, "dataclasses.Field[Any]"]:
    kind = Clip if is_clip else Video
    return {field.name: field for field in dataclasses.fields(kind) if field.name != _EXTRA}


@cache
def _columns(is_clip: bool) -> dict[str, Any]:
    """Return the type of each column, without its `| None`."""
    hints = typing.get_type_hints(Clip if is_clip else Video)
    columns: dict[str, Any] = {}
    for name in _fields(is_clip):
        options = [t for t in typing.get_args(hints[name]) if t is not type(None)]
        columns[name] = options[0] if isinstance(hints[name], types.UnionType) else hints[name]
    return columns


def _typed(record: dict[str | None, Any]) -> dict[str, Any]:
    """Convert the text cells of a CSV row to the types of their columns."""
    kinds = _columns(True)
    typed: dict[str, Any] = {}
    for name, text in record.items():
        if name is None:
            raise InputError(f"a manifest row has more cells than there are columns: {text}")
        if text:
            typed[name] = _cell(name, text, kinds[name]) if name in kinds else text
    return typed


def _cell(name: str, text: str, kind: Any) -> Any:
    if kind is bool:
        return text.lower() in ("true", "1")
    if kind not in (int, float, str, *_CHOICES):
        raise InputError(f"column {name} cannot be written to a CSV manifest; use Parquet")
    try:
        return text if kind in _CHOICES else kind(text)
    except ValueError as error:
        raise InputError(f"column {name} of the manifest holds {text!r}, which is no {kind.__name__}") from error
