"""Every row is accounted for: rows in are the parents of rows out, plus drops with a reason."""

import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from vqaprep.errors import IntegrityError, NotDoneError, TooManyDrops, VqaprepError
from vqaprep.rows import REASONS, UNSETTLED, Dropped, Row
from vqaprep.rows.drops import drop_lines, with_files
from vqaprep.rows.journal import JOURNAL, Journal
from vqaprep.rows.manifest import DROPPED, MANIFEST, REFUSED, read_dropped, read_rows, write_dropped, write_rows
from vqaprep.rows.outfolder import OutFolder
from vqaprep.rows.outfolder.record import RUN, read_run

Results = list[Row | Dropped]

_WISHED = ("not_selected", "duplicate")
"""Reasons of drops that do not count as a loss: these rows were not wanted."""


def finish(
    out: OutFolder, rows_in: Sequence[Row], results: Results, *, max_drop_rate: float = 1.0, check: bool = True
) -> list[Row]:
    """Write manifest, drops and `run.json`; return the rows that go on.

    Raises:
        VqaprepError: a row was lost or counted twice.
        TooManyDrops: more were dropped than allowed, or nothing is left.
    """
    rows = [result for result in results if not isinstance(result, Dropped)]
    dropped = with_files([result for result in results if isinstance(result, Dropped)], rows_in)
    check_accounts(rows_in, rows, dropped)
    write_rows(out.path / MANIFEST, rows)
    write_dropped(out.path / DROPPED, dropped)
    known = {row.id for row in rows_in}
    unread = sum(drop.id not in known for drop in dropped)  # videos that never became a row, windows no clip
    counts = {"in": len(rows_in) + unread, "out": len(rows), "dropped": len(dropped)}
    lost = [drop for drop in dropped if drop.id in known or drop.stage == "scan"]
    of_rows = {"rows": len(rows_in) + len([drop for drop in lost if drop.id not in known])}
    of_rows["lost"] = sum(drop.reason not in _WISHED for drop in lost)
    out.finish(
        counts=counts | of_rows,
        gaps=count_gaps(rows),
        reasons=dict(Counter(drop.reason for drop in dropped).most_common()),
    )
    for journal in out.path.glob(f"*{JOURNAL}"):
        Journal(journal).remove()
    if check:
        check_drops(out.path, max_drop_rate=max_drop_rate)
    return rows


def count_gaps(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many videos of `rows` hold gaps in time, and how many gaps that is."""
    found = [num_gaps for num_gaps in {row.video_id: row.num_gaps for row in rows}.values() if num_gaps]
    return {"videos": len(found), "gaps": sum(found)}


def check_drops(folder: Path, *, max_drop_rate: float) -> None:
    """Refuse a complete folder that lost more rows than allowed, or rows without a verdict, whenever it was made.

    Raises:
        TooManyDrops: the share of rows of which nothing went on is over `max_drop_rate`, or nothing is left.
        NotDoneError: items hung or crashed.
    """
    run = read_run(folder) or {}
    if not {"rows", "lost", "out", "dropped"} <= run.get("counts", {}).keys() or "reasons" not in run:
        raise IntegrityError(f"{folder / RUN} does not say what was dropped; remove it and run the same command again")
    counts, reasons = run["counts"], run["reasons"]
    num_in, num_lost = counts["rows"], counts["lost"]
    if not counts["out"] or num_lost > max_drop_rate * num_in:
        dropped = read_dropped(folder / DROPPED)
        said = sorted({f"{d.reason} ({d.detail})" if d.detail else d.reason for d in dropped})[:5]
        allowed = f"more than --max-drop-rate {max_drop_rate:g}; where that is right, give a higher one"
        why = "nothing is left" if not counts["out"] else allowed
        first = f"{num_lost or counts['dropped']} of {num_in} rows dropped, {why}; reasons: {'; '.join(said)}"
        raise TooManyDrops("\n".join([first, *dropped_files(folder)]))
    if open_ones := [f"{reasons[reason]} {reason}" for reason in sorted(UNSETTLED & reasons.keys())]:
        first = (
            f"{folder} is complete, but {', '.join(open_ones)}: the videos may be fine. The same command tries them "
            "again; leave videos that fail each time out of the input"
        )
        raise NotDoneError("\n".join([first, *dropped_files(folder, only=UNSETTLED)]))


def kept_results(out: OutFolder, places: Iterable[tuple[str, str]]) -> dict[str, Results]:
    """Return by item what a complete folder that was opened again holds; `places` are pairs of address and item.

    What its address does not identify is left out, and done again.
    """
    if not out.is_reopened:
        return {}
    return _by_item([*read_rows(out.path / MANIFEST), *read_dropped(out.path / DROPPED)], places)


def kept_scans(out: OutFolder, uris: Iterable[str]) -> dict[str, Results]:
    """Return by address what was scanned for a complete folder that was opened again, but for amended videos.

    The row of a video that a later stage dropped is there where that stage keeps it, else the drop is.
    """
    if not out.is_reopened:
        return {}
    path = out.path / REFUSED
    refused = {row.id: row for row in read_rows(path)} if path.exists() else {}
    dropped = [refused.get(drop.id, drop) for drop in read_dropped(out.path / DROPPED)]
    places = ((uri, uri) for uri in uris if uri not in out.amended)
    return _by_item([*read_rows(out.path / MANIFEST), *dropped], places)


def _by_item(kept: Results, places: Iterable[tuple[str, str]]) -> dict[str, Results]:
    items: dict[str, set[str]] = {}
    for uri, item in places:
        items.setdefault(uri, set()).add(item)
    found: dict[str, Results] = {}
    for one in kept:
        if len(named := items.get(one.uri, set())) == 1:
            found.setdefault(next(iter(named)), []).append(one)
    return found


def dropped_files(folder: Path, *, only: Collection[str] = tuple(REASONS)) -> list[str]:
    """Return lines that name the dropped files of a complete OUT folder; of many, the command that names all."""
    more = f"; to see all: vqaprep logs {shlex.quote(str(folder))} --failed"
    dropped = [drop for drop in read_dropped(folder / DROPPED) if drop.reason in only]
    return [f"  {line}" for line in drop_lines(dropped, more=more)]


def check_accounts(rows_in: Sequence[Row], rows: Sequence[Row], dropped: Sequence[Dropped]) -> None:
    """Make sure that every row in is the parent of a row out or was dropped, and that none was dropped twice."""
    ids = [d.id for d in dropped]
    known = {*ids, *(row.id for row in rows), *(row.variant_id for row in rows)}
    lost = [row.id for row in rows_in if row.id not in known]
    strangers = {row.video_id for row in rows} - {row.video_id for row in rows_in}
    twice = len(ids) - len(set(ids))
    if lost or strangers or twice:
        raise VqaprepError(f"rows do not add up: {len(lost)} lost, {len(strangers)} strangers, {twice} double drops")
