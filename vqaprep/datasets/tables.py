"""Tables of labels as records of text cells: CSV, TSV, space-separated lists, Parquet and MATLAB files."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqaprep import parquet
from vqaprep.errors import InputError

_DELIMITERS = (",", ";", "\t")
SPACE = " "


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table: where it stands, and its cells by column name."""

    where: str
    cells: dict[str, str]
    decimal_comma: bool = False
    """Whether `3,5` may mean 3.5, as in the semicolon tables of some spreadsheets."""


def read_table(
    path: Path, *, delimiter: str | None = None, fields: Sequence[str] = (), beside: Path | None = None
) -> list[Record]:
    """Return the rows of `path` in order; blank lines are left out.

    `delimiter` is found in the first line when None; `SPACE` is any run of blanks. `fields` names the
    columns of a file that has no header. Line n of `beside` continues line n of `path`.

    Raises:
        InputError: no such file, no UTF-8, two columns of one name, or a row of another length.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist; give a table of labels (CSV or Parquet)")
    if path.suffix.lower() == ".parquet":
        return _from_parquet(path)
    if path.suffix.lower() == ".mat":
        return _from_matlab(path)
    lines = _lines(path)
    if beside is not None:
        more = _lines(beside)
        if len(lines) != len(more):
            raise InputError(f"{path} has {len(lines)} rows, {beside} has {len(more)}; row n of both is one video")
        lines = [(number, f"{line} {rest}") for (number, line), (_, rest) in zip(lines, more, strict=True)]
    return _from_text(path, lines, delimiter or _delimiter(lines), fields)


def text_of(value: Any) -> str:
    """Return a cell as text; whole floats lose their `.0`, which tables with holes give to ids."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _from_text(path: Path, lines: list[tuple[int, str]], delimiter: str, fields: Sequence[str]) -> list[Record]:
    if not lines:
        raise InputError(f"{path} is empty")
    rows = _cells([line for _, line in lines], delimiter)
    if fields:
        header, body = list(fields), list(zip(lines, rows, strict=True))
    else:
        header, body = [name.strip() for name in rows[0]], list(zip(lines[1:], rows[1:], strict=True))
    _refuse_twins(path, header)
    for (number, _), row in body:
        if len(row) != len(header):
            raise InputError(f"{path} line {number}: {len(row)} cells where {len(header)} are expected ({header})")
    comma = delimiter == ";"
    return [Record(f"{path} line {n}", dict(zip(header, row, strict=True)), comma) for (n, _), row in body]


def _cells(lines: list[str], delimiter: str) -> list[list[str]]:
    if delimiter == SPACE:
        return [line.split() for line in lines]
    return [next(csv.reader([line], delimiter=delimiter, skipinitialspace=True)) for line in lines]


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8 CSV") from error
    return [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _delimiter(lines: list[tuple[int, str]]) -> str:
    first = lines[0][1] if lines else ""
    return max(_DELIMITERS, key=first.count)


def _from_parquet(path: Path) -> list[Record]:
    import pyarrow as pa

    try:
        rows = parquet.read(path).to_pylist()
    except pa.ArrowInvalid as error:
        raise InputError(f"{path} is not Parquet: {error}") from error
    return [
        Record(f"{path} row {n}", {name: text_of(value) for name, value in row.items()}) for n, row in enumerate(rows)
    ]


def _from_matlab(path: Path) -> list[Record]:
    """Return the longest arrays as columns, those in a struct as `struct/field`; all else is left out."""
    from scipy.io import loadmat

    try:
        found = loadmat(path, simplify_cells=True)
    except (ValueError, NotImplementedError) as error:
        raise InputError(f"{path} is no MATLAB file that can be read: {error}") from error
    fields = {f"{k}/{name}": v for k, s in found.items() if isinstance(s, dict) for name, v in s.items()}
    named = {k: v for k, v in (found | fields).items() if not k.startswith("__")}
    arrays = {k: list(v) for k, v in named.items() if getattr(v, "ndim", 0) == 1}
    length = max((len(values) for values in arrays.values()), default=0)
    columns = {name: values for name, values in arrays.items() if len(values) == length}
    return [
        Record(f"{path} row {n}", {name: text_of(_plain(values[n])) for name, values in columns.items()})
        for n in range(length)
    ]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and getattr(value, "size", 1) == 1 else value


def _refuse_twins(path: Path, header: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in header:
        if name in seen:
            raise InputError(f"{path} has two columns named {name!r}; rename one")
        seen.add(name)
