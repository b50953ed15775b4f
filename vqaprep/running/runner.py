"""Rows to a stage to rows: on an engine, resumable, every row accounted for."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqaprep.detect.observations import Observations
from vqaprep.engines import Done, Engine, Failed, Needs, Work
from vqaprep.errors import InputError, MediaError, VqaprepError, memory
from vqaprep.errors.crashes import contained
from vqaprep.packages.extras import require
from vqaprep.rows import AWAY, UNSETTLED, Dropped, Row
from vqaprep.rows.drops import refuse_away
from vqaprep.rows.journal import JOURNAL, Journal
from vqaprep.rows.no_veil import NO_VEIL
from vqaprep.rows.outfolder import OutFolder
from vqaprep.rows.pseudonyms import Veil
from vqaprep.running.accounts import Results, kept_results
from vqaprep.running.progress import Metered, progress
from vqaprep.settings.seeds import rng_for
from vqaprep.stages import Stage
from vqaprep.storage.folder import folder_at

if TYPE_CHECKING:
    from vqaprep.detect.by_hand import Override

_log = logging.getLogger(__name__)
_DETECTORS = Needs(
    memory_mb=1500, beside_mb=2500, keeps_state=True
)  # a process with both networks took 765 MB on small films


@dataclass(frozen=True)
class Decision:
    """One item of work: all variants of one video, to be decided on by one stage.

    The rows are as they are; what becomes of them is hidden by the `veil`.
    """

    stage: Stage
    rows: tuple[Row, ...]
    seed: int
    cache: Path
    veil: Veil = NO_VEIL
    by_hand: "tuple[Override, ...]" = ()


def run_stage(
    stage: Stage,
    rows: Sequence[Row],
    out: OutFolder,
    *,
    engine: Engine,
    seed: int,
    cache: Path,
    veil: Veil = NO_VEIL,
    by_hand: "Mapping[str, tuple[Override, ...]] | None" = None,
) -> Results:
    """Apply `stage` to `rows`, hidden by `veil`, and return the resulting rows and drops in their order.

    `by_hand` is by the address of each video what people decided about it. A complete folder keeps what it has of
    videos whose decisions are those of its run.
    """
    if stage.scope == "all":
        return list(stage.decide(rows, rng_for(seed, stage.name)))
    if getattr(stage, "ocr", None) == "easyocr":
        require("easyocr", f"{stage.name} --ocr easyocr")
    by_hand, hider = by_hand or {}, veil.alone()
    items: dict[str, list[Row]] = {}
    told: dict[str, tuple[Override, ...]] = {}
    for row in rows:
        item = item_name(row.video_id, out.work.amendments.get(row.uri))
        items.setdefault(item, []).append(veil.show(row))
        told[item] = by_hand.get(row.uri, ())
    decisions = {i: Decision(stage, tuple(members), seed, cache, hider, told[i]) for i, members in items.items()}
    ids = {item: [row.id for row in members] for item, members in items.items()}
    if stage.needs() == "nothing":  # arithmetic alone: a process would cost more than the decision
        return [result for decision in decisions.values() for result in decide(decision)]
    work = Work(decide, _DETECTORS if stage.needs() == "faces" else Needs())
    same = [row for row in rows if row.uri not in out.amended]
    places = ((row.uri, item_name(row.video_id, out.work.amendments.get(row.uri))) for row in same)
    before = kept_results(out, places)
    journal = out.path / f"{stage.name}{JOURNAL}"
    how: dict[str, Any] = {"journal": journal, "engine": engine, "ledger": out.ledger, "again": out.again}
    return run_items(stage.name, work, decisions, ids, before=before, **how)


def item_name(video_id: str, amendment: str | None) -> str:
    """Return the name of a video in a journal: other decisions by people about it are other work."""
    return video_id if amendment is None else f"{video_id}#{amendment}"


def run_items(
    title: str,
    work: Callable[[Any], Results],
    items: Mapping[str, Any],
    row_ids: Mapping[str, Sequence[str]],
    *,
    journal: Path,
    engine: Engine,
    ledger: dict[str, Any] | None = None,
    before: Mapping[str, Results] | None = None,
    again: frozenset[str] = UNSETTLED,
    is_kept: Callable[[str, Results], bool] = lambda _item, _result: True,
) -> Results:
    """Do `work` on every item that `journal` does not hold yet; return all results in item order.

    An item whose process hangs or dies becomes a drop for each of its `row_ids`. Results with a drop whose reason is
    in `again` are done anew, and so is what `is_kept` says has lost its files; those that say nothing of the video are
    not kept in the journal. What the work took goes into `ledger`. `before` holds what a complete run had found.

    Raises:
        NotDoneError: files of some items could not be reached; what is done is kept.
    """
    with Journal(journal) as book:
        done = book.finished()
        known = {**(before or {}), **done}
        book.fill({item: found for item, found in known.items() if item not in done})
        results = {i: known[i] for i in items if i in known and not _has(known[i], again) and is_kept(i, known[i])}
        waiting = [item for item in items if item not in results]
        with progress(title, len(items), reused=len(results), ledger=ledger) as shown:
            for outcome in Metered(engine, shown).map(work, [items[item] for item in waiting]):
                item = waiting[outcome.index]
                results[item] = outcome.value if isinstance(outcome, Done) else _dropped(outcome, title, row_ids[item])
                if not _has(results[item], UNSETTLED | {AWAY}):
                    book.record(item, results[item])
                shown.advance([r for r in results[item] if isinstance(r, Dropped)])
    found = [result for item in items for result in results[item]]
    refuse_away(title, [one for one in found if isinstance(one, Dropped)])
    return found


def _dropped(failed: Failed, title: str, ids: Sequence[str]) -> Results:
    return [Dropped(one, title, failed.reason, failed.detail) for one in ids]


def _has(results: Sequence[Row | Dropped], reasons: Collection[str]) -> bool:
    return any(isinstance(one, Dropped) and one.reason in reasons for one in results)


def decide(decision: Decision) -> Results:
    """Look at the video if the stage asks for it, then decide on each of its rows."""
    found, veil, uri = _decided(decision), decision.veil, decision.rows[0].uri
    return [veil.hide_drop(one, uri) if isinstance(one, Dropped) else veil.hide(one) for one in found]


def _decided(decision: Decision) -> Results:
    stage, results = decision.stage, list[Row | Dropped]()
    try:
        with contained():
            seen = replace(_see(decision), by_hand=decision.by_hand)
    except MediaError as error:
        return [Dropped(row.id, stage.name, error.reason, error.detail) for row in decision.rows]
    for scanned in decision.rows:
        is_decoded = seen.look is not None and stage.needs() != "times"
        row = (
            scanned if seen.look is None or not is_decoded else scanned.having(num_damaged_frames=seen.look.num_damaged)
        )
        try:
            with contained():
                became = list(stage(row, seen, rng_for(decision.seed, row.video_id, stage.name)))
        except MediaError as error:
            became = [Dropped(row.id, stage.name, error.reason, error.detail)]
        if not became:
            raise VqaprepError(f"stage {stage.name} lost row {row.id}: it must give rows or a reason")
        results += became
    return results


def disk_room(path: Path, needed_bytes: int) -> None:
    """Refuse to begin if the disk has too little free space; stores do not report theirs.

    Raises:
        InputError: less is free than `needed_bytes`.
    """
    free = folder_at(path).free_bytes()
    if free is not None and free < needed_bytes:
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


def _see(decision: Decision) -> Observations:
    needs = decision.stage.needs()
    if needs == "nothing":
        return Observations()
    if needs == "times":
        from vqaprep.media.packet_look import packet_look

        if (look := packet_look(decision.rows[0])) is not None:
            return Observations(look)
    from vqaprep.detect.watch import look_at

    return look_at(decision.rows[0], watch=decision.stage.watch(), cache=decision.cache)
