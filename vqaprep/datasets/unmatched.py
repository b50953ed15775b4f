"""Report videos without a row and rows without a video: all in a file, the first ones on the console."""

import csv
from collections.abc import Sequence
from pathlib import Path

from vqaprep.rows.no_veil import NO_VEIL
from vqaprep.rows.plain_text import csv_cell, printable
from vqaprep.rows.pseudonyms import Veil
from vqaprep.storage.durable import durable

Unmatched = Sequence[tuple[str, str]]
"""(`video`, uri) without labels, and (`label`, name) without a video."""
UNMATCHED = "unmatched.csv"
_MOST_NAMES = 5


def write_unmatched(path: Path, found: Unmatched, veil: Veil = NO_VEIL) -> None:
    """Write all as CSV (side, name), durably; under a `veil`, names are pseudonyms."""
    found = [(side, veil.video(name) if side == "video" else veil.word(name)) for side, name in found]
    with durable(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("side", "name"), *((side, csv_cell(name)) for side, name in found)])


def unmatched_lines(path: Path, found: Unmatched, *, is_hidden: bool) -> list[str]:
    """Say how many there are on each side, name the first of them unless people are hidden, and where all are."""
    lines = []
    for side, one, other in (("video", "video", "row"), ("label", "row", "video")):
        names = [name for known, name in found if known == side]
        first_names = [printable(name) for name in names[:_MOST_NAMES]] if not is_hidden else []
        more = [f"and {len(names) - len(first_names)} more"] if first_names and len(names) > len(first_names) else []
        first = f": {', '.join([*first_names, *more])}" if first_names else ""
        lines += [f"{len(names)} {one}{'' if len(names) == 1 else 's'} without a {other}{first}"] if names else []
    remedy = "to join them, correct the names in the table or of the files, and scan again"
    return [*lines, f"all of them are in {path}", remedy] if lines else []
