"""The label columns of a video row, and how text becomes their values."""

import math

from vqaprep.errors import InputError

COLUMNS: dict[str, type] = {
    "dataset": str,
    "subject_id": str,
    "subject_name": str,
    "label": str,
    "theme": str,
    "mos": float,
    "mos_std": float,
    "group_id": str,
    "split": str,
    "fold": int,
}

Value = str | float | int | None

_SPLITS = ("train", "val", "test")
_OTHER_SPELLINGS = {"training": "train", "valid": "val", "validate": "val", "validation": "val", "testing": "test"}
_ABSENT = frozenset({"", "nan"})
_ABSENT_NUMBERS = _ABSENT | {"na", "n/a", "none", "null", "-"}  # as words, these may be a class or a person


def typed(column: str, text: str, *, where: str, decimal_comma: bool = False) -> Value:
    """Return the value of `column` that `text` says; None where it says nothing. `where` names the place in errors.

    Raises:
        InputError: a number is expected and `text` is none, or `text` is no split.
    """
    text = text.strip()
    if text.lower() in (_ABSENT if COLUMNS[column] is str else _ABSENT_NUMBERS):
        return None
    if column == "split":
        split = _OTHER_SPELLINGS.get(text.lower(), text.lower())
        if split not in _SPLITS:
            raise InputError(f"{where}: split {text!r} is none of {', '.join(_SPLITS)}")
        return split
    if COLUMNS[column] is str:
        return text
    number = _number(column, text.replace(",", ".") if decimal_comma else text, where=where)
    if COLUMNS[column] is float:
        return number
    if number != int(number):
        raise InputError(f"{where}: {column} {text!r} is not a whole number")
    return int(number)


def _number(column: str, text: str, *, where: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise InputError(f"{where}: {column} {text!r} is not a number") from error
    if not math.isfinite(number):
        raise InputError(f"{where}: {column} {text!r} is not a finite number")
    return number
