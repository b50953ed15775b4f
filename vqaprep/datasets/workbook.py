"""Rows of cells of an Excel workbook (.xlsx, .xlsm), as the sheet shows them."""

import io
import re
import warnings
import zipfile
from collections import defaultdict
from datetime import date, datetime, time
from typing import Any

from vqaprep.datasets.grid import Line
from vqaprep.errors import InputError

_ZEROS = re.compile(r"0{2,}")


def read_sheets(data: bytes, *, name: str) -> dict[str, list[Line]]:
    """Return the rows of each visible sheet, by its name. A merged cell is read in each of its places.

    Raises:
        InputError: it is no workbook, or holds a formula without a result.
    """
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is not read: charts, filters, rules of validation
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
            formulas = openpyxl.load_workbook(io.BytesIO(data)) if _has_formulas(data) else None
    except Exception as error:
        raise InputError(f"{name} cannot be read as an Excel workbook: {type(error).__name__}: {error}") from error
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    found = {}
    for sheet in sheets:
        if formulas is not None:
            _refuse_unknown_results(sheet, formulas[sheet.title], name)
        place = name if len(sheets) == 1 else f"{name} sheet {sheet.title!r}"
        found[sheet.title] = _lines(sheet, place)
    return found


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        sheets = (part for part in parts.namelist() if part.startswith("xl/worksheets/"))
        return any(b"<f>" in (text := parts.read(part)) or b"<f " in text for part in sheets)


def _refuse_unknown_results(sheet: Any, formulas: Any, name: str) -> None:
    for cell in formulas._cells.values():
        if cell.data_type == "f" and sheet.cell(cell.row, cell.column).value is None:
            raise InputError(
                f"{name}: cell {cell.coordinate} of sheet {sheet.title!r} holds a formula whose result is not in the "
                "file; open it in a spreadsheet and save it there"
            )


def _lines(sheet: Any, place: str) -> list[Line]:
    rows: defaultdict[int, dict[int, str]] = defaultdict(dict)
    # The cells that are there: the rows of a sheet may reach to a stray mark a million lines below.
    for (row, column), cell in sheet._cells.items():
        if text := _text(cell):
            rows[row][column] = text
    for merged in sheet.merged_cells.ranges:
        text = rows[merged.min_row].get(merged.min_col, "")
        for row in range(merged.min_row, min(merged.max_row, sheet.max_row) + 1):
            for column in range(merged.min_col, min(merged.max_col, sheet.max_column) + 1):
                rows[row][column] = text
    width = max((max(cells) for cells in rows.values() if cells), default=0)
    return [
        Line(f"{place} row {row}", [cells.get(column, "") for column in range(1, width + 1)])
        for row, cells in sorted(rows.items())
    ]


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        whole = int(value) if float(value).is_integer() else None
        if whole is not None and _ZEROS.fullmatch(cell.number_format or ""):
            return str(whole).zfill(len(cell.number_format))
        return str(whole) if whole is not None else f"{value:.15g}"  # as many digits as Excel itself shows
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)
