"""Words that mean a missing value: the same for labels and numbers, with additions and exceptions of the user."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WORDS = frozenset(
    """
    nan na n/a n.a. n.a n\\a n/d nd <na> nat null (null) none nil void missing (missing) (blank) (leer) (vide) (empty)
    - -- --- – — ― . .. ... … ? ?? k.a. s.o. s/o n.v.t.
    """.split()  # noqa: SIM905  a list of so many quotes is harder to read
)
_EXCEL_ERROR = re.compile(r"#(?:[^\W\d_]{1,12}(?:/0)?[!?]|N/?A|N/?D|NV|Н/Д|N/A N/A|CALC!|FIELD!|SPILL!)")
"""Results of formulas that failed, in any language: #N/A, #NV, #DIV/0!, #WERT!, #NAME?"""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is read as missing: the usual words and `more`, but not `present`; numbers also under other spellings."""

    more: Sequence[str] = ()
    present: Sequence[str] = ()

    def says_nothing(self, text: str) -> bool:
        """Say whether a cell has no value."""
        plain = text.strip()
        if not plain:
            return True
        if any(_same(plain, word) for word in self.present):
            return False
        is_usual = plain.casefold() in _WORDS or _EXCEL_ERROR.fullmatch(plain.upper()) is not None
        return is_usual or any(_same(plain, word) for word in self.more)

    def is_kept(self, text: str) -> bool:
        """Say whether the user said that this is a value."""
        return any(_same(text.strip(), word) for word in self.present)


def _same(text: str, word: str) -> bool:
    if text.casefold() == word.strip().casefold():
        return True
    try:
        return float(text) == float(word)
    except ValueError:
        return False
