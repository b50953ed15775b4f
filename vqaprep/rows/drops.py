"""Name the file of each dropped row, in rows and in lines for people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vqaprep.errors import NotDoneError
from vqaprep.rows import AWAY, Dropped, Row
from vqaprep.rows.plain_text import printable

MOST_LINES = 20


def with_files(drops: Iterable[Dropped], rows: Iterable[Row]) -> list[Dropped]:
    """Return drops with the address of their file, as `rows` have it, where a drop does not say it itself."""
    uris: Mapping[str, str] = {row.id: row.uri for row in rows}
    return [drop if drop.uri else replace(drop, uri=uris.get(drop.id, "")) for drop in drops]


def drop_lines(drops: Sequence[Dropped], *, most: int | None = MOST_LINES, more: str = "") -> list[str]:
    """Return a line for the drops of each file and reason, at most `most`; `more` says where the others are named.

    A line is `FILE: REASON: DETAIL`, with the number of rows where there are several. A drop without a
    file has its id instead.
    """
    alike: dict[tuple[str, str], list[Dropped]] = {}
    for drop in drops:
        alike.setdefault((drop.uri or drop.id, drop.reason), []).append(drop)
    lines = [_line(name, found) for (name, _), found in alike.items()]
    left = lines[most:] if most is not None else []
    return lines if not left else [*lines[:most], f"and {len(left):,} more files{more}"]


def refuse_away(title: str, dropped: Sequence[Dropped]) -> None:
    """Refuse to complete a step whose files could not all be reached.

    Raises:
        NotDoneError: some of `dropped` were away.
    """
    away = [drop for drop in dropped if drop.reason == AWAY]
    if away:
        lines = drop_lines(away)
        raise NotDoneError(
            "\n".join([
                f"{title}: files could not be reached, so that it is not complete. What is done is kept: bring them "
                "back, or give access, and run the same command again", *(f"  {line}" for line in lines),
            ])
        )  # fmt: skip


def _line(name: str, drops: Sequence[Dropped]) -> str:
    first = drops[0]
    rows = f" ({len(drops)} rows)" if len(drops) > 1 else ""
    detail = f": {printable(first.detail)}" if first.detail else ""
    return f"{printable(name)}: {first.reason}{rows}{detail}"
