"""Read the table of decisions by people: one decision per row, made by `vqaprep review` or by hand.

Columns: `file`, `rule` or `box`, `start_s`, `end_s`, `keep`, `by`. Times count from the first frame of the video, as
players show them. Rows are compared with the videos later (`matched`), as sizes and lengths are known only then.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from vqaprep.datasets.grid import KEY, Record
from vqaprep.datasets.tables import read_table
from vqaprep.detect.by_hand import Override
from vqaprep.detect.choice import Rule
from vqaprep.errors import InputError, unknown_name
from vqaprep.rows import Box, Span
from vqaprep.settings.written import seconds

COLUMNS = ("file", "rule", "box", "start_s", "end_s", "keep", "by")
_NAMES = {"video": "file", "video_name": "file", "video_id": "file", "path": "file", "filename": "file"}
_YES, _NO = ("yes", "true", "1", "y", "keep"), ("no", "false", "0", "n", "skip", "drop")
_BOX = re.compile(r"[\s,;x]+")
_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class TableDecision:
    """One row of the table: the video as it is named there, what was decided, and the row, for messages.

    Times of the decision are in seconds from the first frame.
    """

    file: str
    override: Override
    where: str = field(default="", compare=False)


def read_overrides(path: Path) -> list[TableDecision]:
    """Return the decisions of a table (CSV, Excel or Parquet) in its order, each once.

    Raises:
        InputError: the table cannot be read, or cells are not allowed; names each with what is.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist; save it from the page of `vqaprep review`, or write it by hand")
    records = read_table(path, known=_column).records
    if not records:
        raise InputError(f"{path} holds no decision; save it from the page of `vqaprep review`, or leave it out")
    named = {name: _column(name) for name in records[0].cells}
    for name, ours in named.items():
        if ours is None:
            raise unknown_name(f"column of {path}", name, COLUMNS)
    if KEY not in named.values():
        raise InputError(f"{path} has no column file, which names the video; its columns are {', '.join(COLUMNS)}")
    decisions: list[TableDecision] = []
    problems: list[str] = []
    for record in records:
        try:
            decisions.append(_decision_of(record, {named[name]: text.strip() for name, text in record.cells.items()}))
        except InputError as error:
            problems.append(f"{record.where}: {error}")
    refuse(problems)
    return list(dict.fromkeys(decisions))


def refuse(problems: Sequence[str]) -> None:
    """Refuse a table for the problems of its rows, the first of them in words.

    Raises:
        InputError: there are any.
    """
    if problems:
        more = [f"and {len(problems) - _MOST_PROBLEMS} more"] if len(problems) > _MOST_PROBLEMS else []
        raise InputError("\n".join([*problems[:_MOST_PROBLEMS], *more]))


def digest(overrides: Sequence[Override]) -> str:
    """Return a checksum of decisions: the same whatever the order of the rows."""
    return hashlib.sha256("\n".join(sorted(map(repr, map(_content, overrides)))).encode()).hexdigest()[:16]


def _content(one: Override) -> tuple[object, ...]:
    return one.span, one.keep, one.box, one.rule, one.by


def _column(name: str) -> str | None:
    plain = name.strip().casefold().replace(" ", "_")
    ours = _NAMES.get(plain, plain)
    if ours == "file":
        return KEY
    return ours if ours in COLUMNS else None


def _decision_of(record: Record, cells: dict[str | None, str]) -> TableDecision:
    file = cells.get(KEY, "")
    if not file:
        raise InputError("file is empty; name the video as in the manifest, or by the end of its path")
    rule, box = cells.get("rule", ""), cells.get("box", "")
    if rule and box:
        raise InputError(f"rule is {rule!r} and box is {box!r}; give one of them")
    start_s = _time("start_s", cells.get("start_s", ""), record.decimal_comma)
    end_s = _time("end_s", cells.get("end_s", ""), record.decimal_comma)
    start_s, end_s = 0.0 if start_s is None else start_s, math.inf if end_s is None else end_s
    if end_s <= start_s:
        raise InputError(
            f"end_s {end_s:g} is not after start_s {start_s:g}; give the end of the stretch, or leave it out"
        )
    keep = _keep(cells.get("keep", ""))
    if keep and not (rule or box):
        raise InputError("keep is yes, but neither rule nor box says who; give one, or keep=no to leave the time out")
    if rule and not keep:
        raise InputError(
            f"keep is no with rule {rule!r}; say who it is not by a box, or leave rule out to cut the time"
        )
    who: dict[str, Any] = {"box": _box(box) if box else None, "rule": _rule(rule), "by": cells.get("by") or None}
    # Drops repeat this place, and the path of the table may name people: its last words say the line.
    place = f"decision of {' '.join(record.where.split()[-2:])}"
    return TableDecision(file, Override(Span(start_s, end_s), keep, **who, where=place), record.where)


def _rule(text: str) -> Rule | None:
    if not text:
        return None
    for rule in get_args(Rule):
        if text.casefold() == rule:
            return rule  # type: ignore[no-any-return]  # a member of the literal
    raise unknown_name("rule", text, get_args(Rule))


def _time(name: str, text: str, decimal_comma: bool) -> float | None:
    if not text:
        return None
    time_s = seconds(text.replace(",", ".") if decimal_comma else text)
    if time_s is None or not math.isfinite(time_s) or time_s < 0:
        raise InputError(
            f"{name} is {text!r}; allowed are seconds from the first frame, such as 12.5, 3m or 00:03:00, or nothing"
        )
    return time_s


def _keep(text: str) -> bool:
    if text.casefold() in ("", *_YES):
        return True
    if text.casefold() in _NO:
        return False
    raise InputError(f"keep is {text!r}; allowed are yes and no")


def _box(text: str) -> Box:
    numbers = [_number(part) for part in _BOX.split(text.strip(" ()[]"))]
    if len(numbers) != 4 or None in numbers:
        raise InputError(
            f"box is {text!r}; allowed are four numbers in pixels with blanks between: left top width height"
        )
    box = Box(*(number for number in numbers if number is not None))
    if box.w_px <= 0 or box.h_px <= 0:
        raise InputError(f"box {text!r} has no area; give left top width height, the last two over 0")
    return box


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
