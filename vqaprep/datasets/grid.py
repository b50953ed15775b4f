"""Rows of text cells to records by column: find the header, leave out what is empty, refuse what does not fit."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vqaprep.errors import InputError

Known = Callable[[str], str | None]
"""Returns the column of ours that a name in a header means, or None; `KEY` is the one that names the video."""
KEY = "path"
_MOST_ABOVE = 20
"""Most rows above a header: titles, notes, dates."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file as it is: its place there, and its cells."""

    where: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table: its place in the file, and its cells by column name."""

    where: str
    cells: dict[str, str]
    decimal_comma: bool = False
    """Whether `3,5` may mean 3.5, as in the semicolon tables of some spreadsheets."""


@dataclass(frozen=True, slots=True)
class Table:
    """The records of a file in order, and what to say of how it was read."""

    records: list[Record]
    notes: list[str] = field(default_factory=list)


def table_of(
    name: str,
    lines: Sequence[Line],
    *,
    fields: Sequence[str] = (),
    known: Known | None = None,
    decimal_comma: bool = False,
) -> Table:
    """Return the records of a table; blank rows, empty columns at the end and repeated headers are left out.

    `fields` names the columns of a file without a header. `known` finds a header below titles.

    Raises:
        InputError: the table is empty, two columns have one name, or a row has another length.
    """
    plain = [Line(line.where, [_plain(cell) for cell in line.cells]) for line in lines]
    filled = [line for line in plain if any(cell.strip() for cell in line.cells)]
    if not filled:
        raise InputError(f"{name} is empty")
    notes: list[str] = []
    header, body = list(fields), filled
    if not fields:
        at = header_at(filled, known)
        notes += [f"lines above the header of the table are left out: {at} rows"] if at else []
        header, body = _header(filled[at:], known)
    body = [line for line in body if _stripped(line.cells) != header]
    names, unnamed = _columns(name, header, body)
    if unnamed:
        notes.append(f"columns without a name are left out: {', '.join(f'number {n + 1}' for n in unnamed)}")
    records = []
    for line in body:
        cells = _fitted(line, len(header), header, is_strict=known is None)
        records.append(Record(line.where, {column: cells[n] for n, column in names}, decimal_comma))
    return Table(records, notes)


def header_at(lines: Sequence[Line], known: Known | None) -> int:
    """Return which line is the header: the one that names a video and most other columns, or else the first."""
    if known is None:
        return 0
    best, most = 0, 0
    for number, line in enumerate(lines[:_MOST_ABOVE]):
        known_columns = [own for cell in line.cells if (own := known(cell)) is not None]
        if KEY in known_columns and len(known_columns) > most:
            best, most = number, len(known_columns)
    return best


def _header(lines: list[Line], known: Known | None) -> tuple[list[str], list[Line]]:
    """Return the names of the columns, and the lines below; a header may have two rows, the upper one of groups."""
    upper = _stripped(lines[0].cells)
    if known is None or len(lines) < 2:
        return upper, lines[1:]
    lower = _stripped(lines[1].cells)
    keys = [n for n, cell in enumerate(upper) if known(cell) == KEY]
    is_second = any(known(cell) for cell in lower) and all(n >= len(lower) or not lower[n] for n in keys)
    if not (keys and is_second):
        return upper, lines[1:]
    width = max(len(upper), len(lower))
    upper, lower = upper + [""] * (width - len(upper)), lower + [""] * (width - len(lower))
    once = Counter(lower)
    names, group = [], ""
    for above, below in zip(upper, lower, strict=True):
        group = above or (group if below else "")
        names.append(below if below and (once[below] == 1 or not group) else f"{group} {below}".strip())
    return names, lines[2:]


def _columns(name: str, header: Sequence[str], body: Sequence[Line]) -> tuple[list[tuple[int, str]], list[int]]:
    """Return (place, name) of each named column, and the places of columns that have cells but no name."""
    name_places: dict[str, int] = {}
    unnamed = []
    for place, column in enumerate(header):
        if not column:
            unnamed += [place] if any(place < len(line.cells) and line.cells[place].strip() for line in body) else []
        elif column in name_places:
            raise InputError(f"{name} has two columns named {column!r}; rename one")
        else:
            name_places[column] = place
    return [(place, column) for column, place in name_places.items()], unnamed


def _fitted(line: Line, width: int, header: Sequence[str], *, is_strict: bool) -> list[str]:
    """Return as many cells as there are columns; spreadsheets leave out empty ones at the end, or add some.

    A row of one cell alone has another delimiter, or is broken. A strict table lacks no cell.
    """
    cells = line.cells
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > width or (len(cells) < width and (is_strict or len(cells) < 2)):
        hint = "; a comma within a cell needs quotes around the cell" if len(cells) > width else ""
        columns = [column for column in header if column]
        raise InputError(f"{line.where}: {len(cells)} cells where {width} are expected ({columns}){hint}")
    return cells + [""] * (width - len(cells))


def _stripped(cells: Sequence[str]) -> list[str]:
    stripped = [" ".join(cell.split()) for cell in cells]
    while stripped and not stripped[-1]:
        stripped.pop()
    return stripped


def _plain(cell: str) -> str:
    """Return a cell without marks of byte order, which joined files have in their midst."""
    return cell.replace("\N{ZERO WIDTH NO-BREAK SPACE}", "")
