"""Rows on disk: Parquet and CSV manifests, and the JSON records of a run in progress."""

import csv
import dataclasses
import hashlib
import types
import typing
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqaprep import parquet
from vqaprep.durable import durable
from vqaprep.errors import InputError, unknown_name
from vqaprep.rows import Clip, Dropped, Role, Row, Span, TrackPoint, Video

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "manifest.parquet"
DROPPED = "dropped.parquet"


def to_record(row: Row | Dropped) -> dict[str, Any]:
    """Return the row as plain values that JSON and Arrow understand."""
    return dataclasses.asdict(row)


def from_record(record: dict[str, Any]) -> Row:
    """Build the row that `to_record` took apart; a record with a `clip_id` is a clip.

    Raises:
        InputError: a column is unknown, or one that every row needs is missing.
    """
    kind = Clip if record.get("clip_id") is not None else Video
    known = {field.name: field for field in dataclasses.fields(kind)}
    values = {name: _value(name, value) for name, value in record.items() if value is not None}
    for name in values:
        if name not in known:
            raise unknown_name("manifest column", name, known)
    missing = [n for n, f in known.items() if f.default is dataclasses.MISSING and n not in values]
    if missing:
        raise InputError(
            f"a {kind.__name__.lower()} row lacks {', '.join(missing)}; make manifests with `vqaprep scan`"
        )
    return kind(**values)


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows of one kind as Parquet, durably; no rows make an empty file that still has the columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = Clip if rows and isinstance(rows[0], Clip) else Video
    table = pa.Table.from_pylist([to_record(row) for row in rows], schema=schema(kind))
    with durable(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_rows(path: Path) -> list[Row]:
    """Read a Parquet manifest, or a CSV one (absent cells are absent columns).

    Raises:
        InputError: the file is neither, or a column is unknown, missing or of the wrong type.
    """
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return [from_record(_typed(record)) for record in csv.DictReader(file)]
    import pyarrow as pa

    try:
        records = parquet.read(path).to_pylist()
    except pa.ArrowInvalid as error:
        raise InputError(f"{path} is no Parquet file ({error}); make manifests with `vqaprep scan`") from error
    return [from_record(record) for record in records]


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
        Role: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        tuple[int, ...]: pa.list_(pa.int64()),
        tuple[Span, ...]: struct(Span),
        tuple[TrackPoint, ...]: struct(TrackPoint),
    }
    return pa.schema([(name, arrow[kind_of]) for name, kind_of in _columns(kind).items()])


def rows_sha256(rows: Iterable[Row]) -> str:
    """Return a checksum of the rows' content, the same however they were stored."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(row).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _columns(kind: type[Video]) -> dict[str, Any]:
    """Return the type of each column, without its `| None`."""
    hints = typing.get_type_hints(kind)
    columns: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        options = [t for t in typing.get_args(hints[field.name]) if t is not type(None)]
        columns[field.name] = options[0] if isinstance(hints[field.name], types.UnionType) else hints[field.name]
    return columns


def _value(name: str, value: Any) -> Any:
    if name == "usable_spans":
        return tuple(Span(**span) for span in value)
    if name == "crop_track":
        return tuple(TrackPoint(**point) for point in value)
    return tuple(value) if isinstance(value, list) else value


def _typed(record: dict[str | None, Any]) -> dict[str, Any]:
    """Give the text cells of a CSV row the types of their columns."""
    kinds = _columns(Clip)
    typed: dict[str, Any] = {}
    for name, text in record.items():
        if name is None:
            raise InputError(f"a manifest row has more cells than there are columns: {text}")
        if name not in kinds:
            raise unknown_name("manifest column", name, kinds)
        if text:
            typed[name] = _cell(name, text, kinds[name])
    return typed


def _cell(name: str, text: str, kind: Any) -> Any:
    if kind is bool:
        return text.lower() in ("true", "1")
    if kind not in (int, float, str, Role):
        raise InputError(f"column {name} cannot stand in a CSV manifest; use Parquet")
    try:
        return text if kind == Role else kind(text)
    except ValueError as error:
        raise InputError(f"column {name} of the manifest holds {text!r}, which is no {kind.__name__}") from error
