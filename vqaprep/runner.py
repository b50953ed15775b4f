"""Rows to a stage to rows: on an engine, resumable, every row accounted for."""

import logging
import shlex
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vqaprep import memory
from vqaprep.crashes import contained
from vqaprep.detect.seen import Seen
from vqaprep.draws import rng_for
from vqaprep.drops import drop_lines, with_files
from vqaprep.engines import Done, Engine, Needs, Work
from vqaprep.errors import InputError, MediaError, TooManyDrops, VqaprepError
from vqaprep.extras import require
from vqaprep.journal import Journal
from vqaprep.manifest import DROPPED, MANIFEST, read_dropped, write_dropped, write_rows
from vqaprep.outfolder import OutFolder, read_run
from vqaprep.progress import Metered, progress
from vqaprep.pseudonyms import Veil
from vqaprep.rows import Dropped, Row
from vqaprep.stages import Stage
from vqaprep.storage import StorePath

_log = logging.getLogger(__name__)
JOURNAL = ".journal.jsonl"
_DETECTORS = Needs(
    memory_mb=1500, beside_mb=2500, keeps_state=True
)  # a process with both networks took 765 MB on small films

Results = list[Row | Dropped]


@dataclass(frozen=True)
class Decision:
    """One item of work: all variants of one video, to be decided on by one stage.

    The rows are as they are; what becomes of them is hidden by the `veil`, where there is one.
    """

    stage: Stage
    rows: tuple[Row, ...]
    seed: int
    cache: Path
    veil: Veil | None = None


def run_stage(
    stage: Stage,
    rows: Sequence[Row],
    out: OutFolder,
    *,
    engine: Engine,
    seed: int,
    cache: Path,
    veil: Veil | None = None,
) -> Results:
    """Apply `stage` to `rows`, hidden by `veil` where there is one, and return what they became, in their order."""
    if stage.scope == "all":
        return list(stage.decide(rows, rng_for(seed, stage.name)))
    if getattr(stage, "ocr", None) == "easyocr":
        require("easyocr", f"{stage.name} --ocr easyocr")
    items: dict[str, list[Row]] = {}
    for row in rows:
        items.setdefault(row.video_id, []).append(row if veil is None else veil.show(row))
    hider = veil and veil.alone()
    decisions = {video: Decision(stage, tuple(members), seed, cache, hider) for video, members in items.items()}
    ids = {video: [row.id for row in members] for video, members in items.items()}
    if stage.needs() == "nothing":  # arithmetic alone: a process would cost more than the decision
        return [result for decision in decisions.values() for result in decide(decision)]
    work = Work(decide, _DETECTORS if stage.needs() == "faces" else Needs())
    journal = out.path / f"{stage.name}{JOURNAL}"
    return run_items(stage.name, work, decisions, ids, journal=journal, engine=engine, ledger=out.ledger)


def run_items(
    title: str,
    work: Callable[[Any], Results],
    items: Mapping[str, Any],
    row_ids: Mapping[str, Sequence[str]],
    *,
    journal: Path,
    engine: Engine,
    ledger: dict[str, Any] | None = None,
) -> Results:
    """Do `work` on every item that `journal` does not hold yet; return all results in item order.

    An item whose process hangs or dies becomes a drop for each of its `row_ids`. What the work took goes
    into `ledger`, under `title`.
    """
    with Journal(journal) as book:
        results = {item: rows for item, rows in book.finished().items() if item in items}
        waiting = [item for item in items if item not in results]
        with progress(title, len(items), reused=len(results), ledger=ledger) as shown:
            for outcome in Metered(engine, shown).map(work, [items[item] for item in waiting]):
                item = waiting[outcome.index]
                if isinstance(outcome, Done):
                    results[item] = outcome.value
                else:
                    results[item] = [Dropped(i, title, outcome.reason, outcome.detail) for i in row_ids[item]]
                book.record(item, results[item])
                shown.advance([r for r in results[item] if isinstance(r, Dropped)])
    return [result for item in items for result in results[item]]


def decide(decision: Decision) -> Results:
    """Look at the video if the stage asks for it, then decide on each of its rows."""
    found, veil, uri = _decided(decision), decision.veil, decision.rows[0].uri
    if veil is None:
        return [replace(one, uri=uri) if isinstance(one, Dropped) else one for one in found]
    return [veil.hide_drop(one, uri) if isinstance(one, Dropped) else veil.hide(one) for one in found]


def _decided(decision: Decision) -> Results:
    stage, results = decision.stage, list[Row | Dropped]()
    try:
        with contained():
            seen = _see(decision)
    except MediaError as error:
        return [Dropped(row.id, stage.name, error.reason, error.detail) for row in decision.rows]
    for scanned in decision.rows:
        row = scanned if seen.look is None else scanned.having(num_damaged_frames=seen.look.num_damaged)
        try:
            with contained():
                became = list(stage(row, seen, rng_for(decision.seed, row.video_id, stage.name)))
        except MediaError as error:
            became = [Dropped(row.id, stage.name, error.reason, error.detail)]
        if not became:
            raise VqaprepError(f"stage {stage.name} lost row {row.id}: it must give rows or a reason")
        results += became
    return results


def finish(out: OutFolder, rows_in: Sequence[Row], results: Results, *, max_drop_rate: float = 1.0) -> list[Row]:
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
    out.finish(counts=counts, gaps=count_gaps(rows))
    for journal in out.path.glob(f"*{JOURNAL}"):
        Journal(journal).remove()
    check_drops(out.path, max_drop_rate=max_drop_rate)
    return rows


def count_gaps(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many videos of `rows` hold gaps in time, and how many gaps that is."""
    found = [num_gaps for num_gaps in {row.video_id: row.num_gaps for row in rows}.values() if num_gaps]
    return {"videos": len(found), "gaps": sum(found)}


def check_drops(folder: Path, *, max_drop_rate: float) -> None:
    """Refuse a complete folder that lost more rows than allowed, whenever it was made.

    Raises:
        TooManyDrops: the share of drops is over `max_drop_rate`, or nothing is left.
    """
    counts = (read_run(folder) or {})["counts"]
    num_in, num_out, num_dropped = counts["in"], counts["out"], counts["dropped"]
    if num_out and num_dropped <= max_drop_rate * num_in:
        return
    dropped = read_dropped(folder / DROPPED)
    reasons = sorted({f"{d.reason} ({d.detail})" if d.detail else d.reason for d in dropped})[:5]
    allowed = "nothing is left" if not num_out else f"more than --max-drop-rate {max_drop_rate:g}"
    lines = [
        f"{num_dropped} of {num_in} rows dropped, {allowed}; reasons: {'; '.join(reasons)}",
        *dropped_files(folder),
    ]
    raise TooManyDrops("\n".join(lines))


def dropped_files(folder: Path) -> list[str]:
    """Return lines that name the dropped files of a complete OUT folder; of many, the command that names all."""
    more = f"; to see all: vqaprep logs {shlex.quote(str(folder))} --failed"
    return [f"  {line}" for line in drop_lines(read_dropped(folder / DROPPED), more=more)]


def check_accounts(rows_in: Sequence[Row], rows: Sequence[Row], dropped: Sequence[Dropped]) -> None:
    """Make sure that every row in is the parent of a row out or was dropped, and that none was dropped twice."""
    ids = [d.id for d in dropped]
    known = {*ids, *(row.id for row in rows), *(row.variant_id for row in rows)}
    lost = [row.id for row in rows_in if row.id not in known]
    strangers = {row.video_id for row in rows} - {row.video_id for row in rows_in}
    twice = len(ids) - len(set(ids))
    if lost or strangers or twice:
        raise VqaprepError(f"rows do not add up: {len(lost)} lost, {len(strangers)} strangers, {twice} double drops")


def disk_room(path: Path, needed_bytes: int) -> None:
    """Refuse to begin when the disk has visibly too little room; a store says nothing of its own.

    Raises:
        InputError: less is free than `needed_bytes`.
    """
    if isinstance(path, StorePath):
        return
    free = shutil.disk_usage(path).free
    if free < needed_bytes:
        raise InputError(
            f"{path} has {free / 1e6:,.0f} MB free, about {needed_bytes / 1e6:,.0f} MB are needed; "
            "free space, or choose another -o/--out"
        )


def memory_room(num_workers: int, needed_bytes: int) -> None:
    """Warn when `num_workers` processes of `needed_bytes` each may take more memory than this machine has free."""
    free_bytes = memory.free_bytes()
    if free_bytes is not None and num_workers * needed_bytes > free_bytes:
        _log.warning(
            "%d workers may take %s MB of memory together, this machine has %s MB free; --workers %d takes less",
            num_workers,
            f"{num_workers * needed_bytes / 1e6:,.0f}",
            f"{free_bytes / 1e6:,.0f}",
            max(1, free_bytes // needed_bytes),
        )


def _see(decision: Decision) -> Seen:
    needs = decision.stage.needs()
    if needs == "nothing":
        return Seen()
    from vqaprep.detect.watch import look_at

    return look_at(decision.rows[0], watch=decision.stage.watch(), cache=decision.cache)
