"""Conditions on the columns of a row, such as `MoCA>=26` or `site!=A|B`: parse, check and apply them."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from operator import ge, gt, le, lt
from typing import Self

from vqaprep.errors import InputError, unknown_name
from vqaprep.rows import Cell, Clip, Row, Video
from vqaprep.settings.written import parted

_FORM = re.compile(r"\s*(?P<column>.+?)\s*(?P<sign>!=|<=|>=|==|=|<|>)\s*(?P<value>.*?)\s*")
_ORDER: dict[str, Callable[[float | str, float | str], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_LISTS = frozenset({"usable_spans", "crop_track", "extra", "frames", "ticks", "times_s"})


@dataclass(frozen=True, slots=True)
class Condition:
    """A column, a sign, and the values that are asked for."""

    column: str
    sign: str
    values: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `COLUMN=VALUE`, with !=, <, <=, > or >=; VALUE|VALUE are alternatives, none at all is an empty cell.

        A VALUE in double quotes may hold the signs that separate values and conditions: `label="a, b|c=d"`.

        Raises:
            ValueError: it has another form; says which are allowed.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(
                f"{text!r} is not COLUMN=VALUE; write =, !=, <, <=, > or >=, such as split=train, site!=A|B or MoCA>=26"
            )
        sign = "=" if found["sign"] == "==" else found["sign"]
        values = tuple(_unquoted(value.strip()) for value in parted(found["value"], "|"))
        if sign in _ORDER and (len(values) != 1 or not (is_date(values[0]) or number_of(values[0]) is not None)):
            raise ValueError(f"{text!r}: {sign} compares with one number, or one date such as 2024-05-31")
        return cls(found["column"], sign, values)

    def fits(self, row: Row) -> bool:
        """Say whether a row has what is asked for; one without a value fits `!=` and an empty VALUE alone.

        Raises:
            InputError: a size is asked for, and the row's value is neither a number nor a date.
        """
        cell = cell_of(row, self.column)
        if self.sign in _ORDER:
            return cell is not None and self._compares(cell, row)
        has = any(_equals(cell, value) for value in self.values)
        return has if self.sign == "=" else not has

    def with_values(self, change: Callable[[str], str]) -> "Condition":
        """Return the condition with each value that is not empty changed."""
        return replace(self, values=tuple(change(value) if value else value for value in self.values))

    def __str__(self) -> str:
        return f"{self.column}{self.sign}{'|'.join(map(_quoted, self.values))}"

    def _compares(self, cell: Cell, row: Row) -> bool:
        asked = self.values[0]
        if is_date(asked) and is_date(str(cell)):
            return _ORDER[self.sign](str(cell)[: len(asked)], asked)
        known, limit = number_of(cell), number_of(asked)
        if known is None or limit is None:
            raise InputError(
                f"--where {self}: {self.column} of {row.uri} is {cell!r}, which cannot be compared with {asked!r}; "
                f"correct the table, or leave such rows out first: --where '{self.column}!={cell}'"
            )
        return _ORDER[self.sign](known, limit)


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1] if is_quoted else value


def _quoted(value: str) -> str:
    return f'"{value}"' if any(sign in value for sign in ",|=") else value


def check_columns(conditions: Iterable[Condition], rows: Sequence[Row]) -> None:
    """Make sure that every condition names a column that the rows have.

    Raises:
        InputError: names the nearest column.
    """
    kind = Clip if rows and isinstance(rows[0], Clip) else Video
    known = {f.name for f in fields(kind)} - _LISTS | {name for row in rows for name, _ in row.extra}
    for condition in conditions:
        if condition.column not in known:
            raise unknown_name("column", condition.column, known)


def cell_of(row: Row, column: str) -> Cell | None:
    """Return the value of one of our columns, or of a further one; None where the row has none."""
    further = dict(row.extra)
    if column in further:
        return further[column]
    value: Cell | None = getattr(row, column, None)
    return value


def number_of(cell: Cell) -> float | None:
    """Return the number that a cell is or says, with a point or a comma; None where it is none."""
    if isinstance(cell, bool):
        return None
    if not isinstance(cell, str):
        return float(cell)
    try:
        return float(cell.strip().replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
    except ValueError:
        return None


def is_date(text: str) -> bool:
    """Say whether `text` begins with a date such as 2024-05-31: such texts sort by time."""
    return _DATE.fullmatch(text) is not None


def _equals(cell: Cell | None, value: str) -> bool:
    if cell is None:
        return value == ""
    if isinstance(cell, bool):
        return _TRUTH.get(value.lower()) is cell
    return number_of(value) == cell if isinstance(cell, int | float) else cell == value
