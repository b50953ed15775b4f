"""The label columns of a video row, and how text becomes their values."""

from vqaprep.datasets.missing import Missing
from vqaprep.datasets.numbers import Numbers
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
_MOST_WHOLE = 2**53  # beyond it a float skips whole numbers, and the manifest's own column ends soon after
_ABSENT = frozenset({"", "nan"})
_POINT, _COMMA = Numbers("point"), Numbers("comma")


def typed(
    column: str,
    text: str,
    *,
    where: str,
    decimal_comma: bool = False,
    missing: Missing | None = None,
    numbers: Numbers | None = None,
) -> Value:
    """Return the value of `column` that `text` says; None where it says nothing. `where` names the place in errors.

    Without `missing`, words such as `none` are values of text columns: a published data set has them for a reason.
    `numbers` says how those of the whole column are written.

    Raises:
        InputError: a number is expected and `text` is none, or `text` is no split.
    """
    text = text.strip()
    is_text = COLUMNS[column] is str
    if text.lower() in _ABSENT if missing is None and is_text else (missing or Missing()).says_nothing(text):
        return None
    if column == "split":
        split = _OTHER_SPELLINGS.get(text.lower(), text.lower())
        if split not in _SPLITS:
            raise InputError(f"{where}: split {text!r} is none of {', '.join(_SPLITS)}")
        return split
    if COLUMNS[column] is str:
        return text
    try:
        number = (numbers or (_COMMA if decimal_comma else _POINT)).parse(text)
    except ValueError as error:
        raise InputError(f"{where}: {column} {text!r} {error}") from error
    if COLUMNS[column] is float:
        return number
    if abs(number) > _MOST_WHOLE:
        raise InputError(f"{where}: {column} {text!r} is too large; give a whole number of at most {_MOST_WHOLE:,}")
    if number != int(number):
        raise InputError(f"{where}: {column} {text!r} is not a whole number")
    return int(number)
