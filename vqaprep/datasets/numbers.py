"""Numbers as people and spreadsheets write them: decimal commas, marks of thousands, codes for missing ones."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_GERMAN = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_SURELY_DECIMAL = re.compile(r"[+-]?(\d*,(\d{1,2}|\d{4,})|0,\d+)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}[.-] ?[^\W\d]{3,}.*|[^\W\d]{3,}[.-]\d{1,2}")
_CODES = frozenset(sign * int(digit * length) for digit in "789" for length in (2, 3, 4, 5) for sign in (1, -1))
_CODES_BELOW = frozenset({-1, -2, -3, -7, -8, -9})
Style = Literal["point", "comma"]


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the numbers of one column are written."""

    style: Style
    has_both: bool = False
    """Whether some cells have a comma and no point, others a point and no comma."""

    def parse(self, text: str) -> float:
        """Return the number that a cell says.

        Raises:
            ValueError: it is none, or not a finite one; says what it may be instead.
        """
        plain = text.strip().replace("\N{MINUS SIGN}", "-").replace("\N{ARABIC DECIMAL SEPARATOR}", ".")
        plain = re.sub(r"(?<=\d)['\N{RIGHT SINGLE QUOTATION MARK}\s](?=\d{3}(\D|$))", "", plain)  # 1 234 or 1'234
        if (
            _AMBIGUOUS.fullmatch(plain)
            and ("," in plain) == (self.style == "point")
            and (self.has_both or "," in plain)
        ):
            raise ValueError(
                "has a mark of decimals or of thousands; write decimals with a point and thousands without"
            )
        if self.style == "comma":
            plain = plain.replace(".", "") if _GERMAN.fullmatch(plain) else plain
            plain = plain.replace(",", ".") if plain.count(",") == 1 else plain
        elif _THOUSANDS.fullmatch(plain):
            plain = plain.replace(",", "")
        try:
            number = float(plain)
        except ValueError as error:
            raise ValueError(_what_else(text)) from error
        if not math.isfinite(number):
            raise ValueError("is not a finite number")
        return number


def numbers_of(texts: Iterable[str], *, decimal_comma: bool = False) -> Numbers:
    """Return how the numbers of a column are written; `decimal_comma`: the table's commas separate no cells.

    A comma is a decimal one where the table allows it, or where some cell can mean nothing else.
    """
    cells = [text.strip() for text in texts]
    with_comma = [text for text in cells if "," in text and "." not in text]
    has_both = bool(with_comma) and any("." in text and "," not in text for text in cells)
    is_comma = decimal_comma or any(map(_SURELY_DECIMAL.fullmatch, with_comma))
    return Numbers("comma" if is_comma else "point", has_both)


def codes_in(values: Sequence[float]) -> set[float]:
    """Return the values that look like codes for a missing number, such as -999: far from all others.

    A code is outside the range of the others: by more than their whole range, or below zero where none of them is.
    """
    codes: set[float] = set()
    for suspect in sorted({v for v in values if v in _CODES or v in _CODES_BELOW}, key=abs, reverse=True):
        others = [v for v in values if v != suspect and v not in codes]
        if not others:
            codes |= {suspect} if suspect < -1 else set()
            continue
        low, high = min(others), max(others)
        room = max(high - low, abs(high), 1.0)
        if suspect < 0 <= low or not low - room <= suspect <= high + room:
            codes.add(suspect)
    return codes


def _what_else(text: str) -> str:
    if _DATE.fullmatch(text.strip()):
        return "is not a number but a date: Excel makes dates of numbers such as 3.5; format the column as text first"
    if text.strip().endswith("%"):
        return "is not a number but a percentage; write it without the sign"
    return "is not a number"
