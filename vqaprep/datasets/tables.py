"""Tables of labels as records of text cells: CSV, Excel, space-separated lists, Parquet and MATLAB files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vqaprep.datasets.delimited import split
from vqaprep.datasets.encoding import decode
from vqaprep.datasets.grid import KEY, Known, Line, Record, Table, header_at, table_of
from vqaprep.datasets.workbook import read_sheets
from vqaprep.errors import InputError, unknown_name
from vqaprep.rows import parquet

__all__ = ["SPACE", "Record", "Table", "read_table", "text_of"]

SPACE = " "
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_OTHER_FILES = {
    b"%PDF": "a PDF",
    b"<!DO": "a web page",
    b"<htm": "a web page",
    b"<?xm": "XML, perhaps a table of an old Excel",
    b"$FL2": "a table of SPSS",
    b"<sta": "a table of Stata",
    b'[{"': "JSON",
    b'{"': "JSON",
}


def read_table(
    path: Path,
    *,
    delimiter: str | None = None,
    fields: Sequence[str] = (),
    beside: Path | None = None,
    known: Known | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
) -> Table:
    """Return the rows of `path` in order; blank rows are left out. What kind of file it is shows in its first bytes.

    `delimiter` is found in the text when None; `SPACE` is any run of blanks. `fields` names the columns of
    a file that has no header. Line n of `beside` continues line n of `path`. `known` tells a header from
    the rows above it. `sheet` chooses one of a workbook.

    Raises:
        InputError: no such file, another kind of file, two columns of one name, or a row of another length.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist; give a table of labels (CSV, Excel or Parquet)")
    if path.suffix.lower() == ".mat":
        return Table(_from_matlab(path))
    data = path.read_bytes()
    if data.startswith(b"PAR1") or path.suffix.lower() == ".parquet":
        return Table(_from_parquet(path))
    if data.startswith(_ZIP):
        return _from_workbook(path, data, known, sheet)
    _refuse_others(path, data)
    if sheet is not None:
        raise InputError(f"--sheet {sheet!r} is for Excel workbooks; {path} is a text without sheets")
    text, page = decode(data, name=str(path), encoding=encoding)
    notes = [] if page is None else [f"the table is not UTF-8; it is read as {page}. If letters are wrong: --encoding"]
    if delimiter == SPACE or beside is not None:
        lines = _spaced(path, text, beside)
        return table_of(str(path), lines, fields=fields)
    lines, used_delimiter = split(text, name=str(path), delimiter=delimiter)
    table = table_of(str(path), lines, fields=fields, known=known, decimal_comma=used_delimiter == ";")
    return Table(table.records, [*notes, *table.notes])


def text_of(value: Any) -> str:
    """Return a cell as text; whole floats lose their `.0`, which tables with holes give to ids."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _refuse_others(path: Path, data: bytes) -> None:
    if data.startswith(_OLE):
        raise InputError(
            f"{path} is an Excel file of the old kind (.xls), or is protected by a password; "
            "save it as .xlsx without one"
        )
    start = bytes(data[:4096]).lstrip()
    what = next((kind for mark, kind in _OTHER_FILES.items() if start.startswith(mark)), None)
    if what is not None:
        raise InputError(f"{path} is {what}; save the table as .xlsx or CSV")


def _from_workbook(path: Path, data: bytes, known: Known | None, wanted: str | None) -> Table:
    """Return the table of the one sheet that is asked for, or whose header names videos."""
    sheets = read_sheets(data, name=str(path))
    if wanted is not None and wanted not in sheets:
        raise unknown_name(f"sheet of {path}", wanted, sheets)
    chosen = {wanted: sheets[wanted]} if wanted is not None else {n: lines for n, lines in sheets.items() if lines}
    if known is not None and len(chosen) > 1:
        with_key = {n: lines for n, lines in chosen.items() if _names_videos(lines, known)}
        chosen = with_key or chosen
    if not chosen:
        raise InputError(f"{path} is empty")
    if len(chosen) > 1:
        raise InputError(f"{path} has several sheets ({', '.join(chosen)}); choose one with --sheet")
    return table_of(str(path), next(iter(chosen.values())), known=known)


def _names_videos(lines: Sequence[Line], known: Known) -> bool:
    return any(known(cell) == KEY for cell in lines[header_at(lines, known)].cells)


def _spaced(path: Path, text: str, beside: Path | None) -> list[Line]:
    """Return the words of each line, with those of the same line of another file after them."""
    lines = _numbered(text)
    if beside is not None:
        more = _numbered(decode(beside.read_bytes(), name=str(beside))[0])
        if len(lines) != len(more):
            raise InputError(f"{path} has {len(lines)} rows, {beside} has {len(more)}; row n of both is one video")
        lines = [(number, f"{line} {rest}") for (number, line), (_, rest) in zip(lines, more, strict=True)]
    return [Line(f"{path} line {number}", line.split()) for number, line in lines]


def _numbered(text: str) -> list[tuple[int, str]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


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
