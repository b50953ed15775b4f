"""Make foreign text, such as file names and table cells, safe to print and to open in a spreadsheet."""

import unicodedata

_JOINERS = "\u200c\u200d"  # they shape letters and pictures, and move nothing on a terminal
_FORMULA = frozenset("=+-@")


def printable(text: str, *, keep: str = "") -> str:
    """Return `text` with what a terminal would obey, and bytes that are no text, written as escapes such as `\\x1b`.

    Line ends are escaped too, so that a name cannot look like a line of ours; `keep` has characters to leave.
    """
    return "".join(c if _is_shown(c) or c in keep else _escaped(c) for c in text)


def csv_cell(text: str) -> str:
    """Return `text` as a cell that no spreadsheet takes for a formula: an apostrophe before `=`, `+`, `-` and `@`."""
    cell = printable(text)
    first = unicodedata.normalize("NFKC", cell.lstrip())[:1]
    return f"'{cell}" if first in _FORMULA else cell


def _is_shown(character: str) -> bool:
    return character.isprintable() or character in _JOINERS or unicodedata.category(character) == "Zs"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
