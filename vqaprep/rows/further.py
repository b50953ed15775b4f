"""Further columns of a user's tables (site, consent, a test's score): carried with each row, never interpreted."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from vqaprep.errors import InputError
from vqaprep.rows import Cell, Extra

if TYPE_CHECKING:
    import pyarrow as pa

_INDEX = re.compile(r"__index_level_\d+__|Unnamed: \d+|")  # what pandas calls the numbers of its rows
_INT64 = 2**63


def extra_of(record: Mapping[str, Any], known: Iterable[str]) -> Extra:
    """Return the columns of `record` that are not `known`, as a row carries them.

    Dates become ISO text. Empty cells are left out, and so are the row numbers that pandas adds.

    Raises:
        InputError: a column holds lists or bytes.
    """
    names = (name for name in record if name not in known and not _INDEX.fullmatch(name))
    cells = ((name, _cell(name, record[name])) for name in names)
    return tuple((name, cell) for name, cell in cells if cell is not None)


def misspelled(names: Iterable[str], missing: Iterable[str]) -> dict[str, str]:
    """Return the names that look like a misspelled column of ours that the table lacks, and that column."""
    from rapidfuzz.distance import OSA

    ours = sorted(missing)
    suspects: dict[str, str] = {}
    for name in names:
        plain = name.strip().lower()
        near = [own for own in ours if OSA.distance(plain, own, score_cutoff=1) <= 1]
        suspects |= {name: near[0]} if near else {}
    return suspects


def merged(before: Extra, after: Extra) -> Extra:
    """Return the columns of both; those of `after` replace those of the same name."""
    return tuple((dict(before) | dict(after)).items())


def arrow_columns(rows: Iterable[Extra]) -> "list[tuple[str, pa.DataType]]":
    """Return the Arrow columns that hold the further columns of all rows, in the order of their first appearance."""
    import pyarrow as pa

    kinds: dict[str, set[type]] = {}
    for extra in rows:
        for name, cell in extra:
            is_wide = isinstance(cell, int) and not -_INT64 <= cell < _INT64
            kinds.setdefault(name, set()).add(str if is_wide else type(cell))
    plain = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    columns = []
    for name, types in kinds.items():
        one = float if types == {int, float} else next(iter(types)) if len(types) == 1 else str
        columns.append((name, plain.get(one, pa.string())))
    return columns


def _cell(name: str, value: Any) -> Cell | None:
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124  NaN
        return None
    if isinstance(value, str | bool | int | float):
        return value or (None if value == "" else value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise InputError(
        f"column {name} of the manifest holds {type(value).__name__}; text, numbers, true/false and dates are carried"
    )
