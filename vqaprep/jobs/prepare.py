"""The jobs that decide in rows: `scan` and one for every stage."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqaprep.datasets.layout import dataset_notes
from vqaprep.datasets.scan_settings import ScanSettings
from vqaprep.datasets.unmatched import UNMATCHED, unmatched_lines, write_unmatched
from vqaprep.errors import memory
from vqaprep.jobs import ITEMS, LOOKS, SEED, Common, Job
from vqaprep.jobs.source import Input, read_source
from vqaprep.rows import Dropped, Row
from vqaprep.rows.further import merged
from vqaprep.rows.journal import JOURNAL, Journal
from vqaprep.rows.manifest import DROPPED, MANIFEST, REFUSED, read_dropped, read_rows, write_rows
from vqaprep.rows.outfolder import OutFolder
from vqaprep.running.accounts import Results, check_drops, count_gaps, dropped_files, finish
from vqaprep.running.runner import run_stage
from vqaprep.sources.scan import remarks
from vqaprep.stages import ShownStage, Stage, stages

if TYPE_CHECKING:
    from vqaprep.datasets.labels import Labels
    from vqaprep.detect.by_hand import Override

_SCAN_EXAMPLE = "vqaprep scan videos/ -o 0-scan --labels scores.csv --column mos=MOS_score"


def provide() -> dict[str, Job]:
    """Return `scan` and the stages, in the usual order."""
    scan = Job(
        "scan", "Find videos, read their properties, and join labels.", ScanSettings, _scan, _SCAN_EXAMPLE, takes=ITEMS,
        notes=dataset_notes,
    )  # fmt: skip
    found = {"scan": scan}
    for name, stage in stages().items():
        summary = (stage.__doc__ or "").strip().splitlines()[0]
        takes = ITEMS | (SEED if stage.draws else set()) | (LOOKS if stage.needs is not Stage.needs else set())
        example = stage.example or f"vqaprep {name} IN -o OUT"
        found[name] = Job(name, summary, stage, _decide, example, takes=takes, notes=stage.notes, version=stage.version)
    return found


def _scan(source: Path, out: Path, settings: ScanSettings, common: Common) -> list[str]:
    from vqaprep.datasets.labels import check_labels, labels_for

    found = read_source(source, settings.pseudonymize, root=common.root, carry=settings.carry)
    is_hidden = found.veil.is_hiding
    check_labels(settings, source, found.uris, is_hidden=is_hidden)
    if common.dry_run:
        return _foretold(found, out, common, None)
    described = found.settings(settings.record())
    folder = common.open_out(out, "scan", described, input_sha256=found.sha256)
    if folder.is_complete:
        return _already(folder, common)
    probed = found.probe(folder, common.make_engine(out), settings.reading)
    rows, shown = probed.rows, found.unhidden(probed.rows)
    with folder.unless_refused():
        labels = labels_for(settings, source, shown, twins=found.addressed(probed.twins), is_hidden=is_hidden)
    refused = {drop.id for drop in labels.dropped}
    labelled = found.hidden([_labelled(row, labels) for row in shown if row.id not in refused])
    dropped = [*probed.dropped, *found.hidden_drops(labels.dropped, shown)]
    leftovers = []
    if settings.has_source:
        write_unmatched(out / UNMATCHED, labels.unmatched, found.veil)
        leftovers = unmatched_lines(out / UNMATCHED, labels.unmatched, is_hidden=is_hidden)
    found.keep_identities(out)
    kept = finish(folder, rows, [*labelled, *dropped], max_drop_rate=common.allowed_drops("scan"))
    said = [*found.lines, *labels.lines, *leftovers, *_gap_lines(kept), *remarks(kept)]
    return [*said, *_summary(folder, kept, dropped)]


def _gap_lines(rows: Sequence[Row]) -> list[str]:
    found = count_gaps(rows)
    what = "pauses, outages, splices or lost frames, over which no clip is cut (column num_gaps)"
    return [f"{found['videos']} videos have {found['gaps']} gaps in time: {what}"] if found["gaps"] else []


def _labelled(row: Row, labels: "Labels") -> Row:
    """Return a row with its labels; further columns of the table replace those of its manifest."""
    extra = merged(row.extra, labels.extra.get(row.uri, ()))
    return row.having(**labels.columns.get(row.uri, {}), extra=extra)


def _decide(source: Path, out: Path, stage: Stage, common: Common) -> list[str]:
    found = read_source(source, stage.pseudonymize, root=common.root)
    stage = stage.hidden(found.veil)
    decisions = _decisions(stage, found)
    if common.dry_run:
        return _foretold(found, out, common, stage)
    settings = found.settings(stage.model_dump(mode="json", exclude={"overrides"})) | {"seed": common.seed}
    digests = _digests(decisions)
    folder = common.open_out(out, stage.name, settings, input_sha256=found.sha256, amendments=digests)
    if folder.is_complete:
        return _already(folder, common)
    engine = common.make_engine(out)
    probed = found.probe(folder, engine)
    rows, dropped = probed.rows, probed.dropped
    cache = common.cache_dir()
    with folder.unless_refused():
        by_hand = _fitted(decisions, rows)
        how: dict[str, Any] = {"engine": engine, "seed": common.seed, "cache": cache, "veil": found.veil}
        results = run_stage(stage, rows, folder, by_hand=by_hand, **how)
    results = found.relocated(results)
    if isinstance(stage, ShownStage) and stage.shows():
        from vqaprep.jobs.render import render_all

        render_all(stage, rows, _fresh(folder, results), out=folder, engine=engine, cache=cache, veil=found.veil)
    dropped += [result for result in results if isinstance(result, Dropped)]
    went_on = [result for result in results if not isinstance(result, Dropped)]
    found.keep_identities(out)
    if stage.is_correctable:
        lost = {drop.id for drop in dropped}
        write_rows(out / REFUSED, [row for row in rows if row.id in lost])
    kept = finish(folder, rows, [*went_on, *dropped], max_drop_rate=common.allowed_drops(stage.name))
    return [*found.lines, *_summary(folder, kept, dropped)]


Decisions = dict[str, "tuple[Override, ...]"]
"""Decisions by people about videos, by the address of their rows."""


def _decisions(stage: Stage, found: Input) -> Decisions:
    """Return what people decided, checked against the videos as far as these are known yet.

    Under a veil it is not kept who decided: nobody reads that name there.
    """
    path = stage.corrections()
    if path is None:
        return {}
    from vqaprep.correction.matching import matched
    from vqaprep.correction.overrides import read_overrides

    names: dict[str, set[str]] = {}
    for written, shown in zip(found.rows, found.unhidden(found.rows), strict=True):
        names.setdefault(written.uri, {written.uri}).update((shown.uri, shown.video_id))
    for uri in found.uris:
        hidden = found.veil.video(uri)
        names.setdefault(hidden, {hidden, uri})
    decisions = matched(read_overrides(path), names)
    if found.veil.is_hiding:
        decisions = {uri: tuple(replace(one, by=None) for one in overrides) for uri, overrides in decisions.items()}
    _fitted(decisions, found.rows)
    return decisions


def _digests(decisions: Decisions) -> dict[str, str]:
    from vqaprep.correction.overrides import digest

    return {uri: digest(overrides) for uri, overrides in decisions.items()}


def _fitted(decisions: Decisions, rows: Sequence[Row]) -> Decisions:
    from vqaprep.correction.matching import fitted

    return fitted(decisions, rows) if decisions else {}


def _fresh(folder: OutFolder, results: Results) -> Results:
    """Return the results that a folder which was opened again did not hold yet: the others were rendered then."""
    if not folder.is_reopened:
        return results
    kept: Results = [*read_rows(folder.path / MANIFEST), *read_dropped(folder.path / DROPPED)]
    before = {one.id: one for one in kept}
    return [one for one in results if before.get(one.id) != one]


def _foretold(found: Input, out: Path, common: Common, stage: Stage | None) -> list[str]:
    """Return lines on what is done and what is left, with an estimate from one video; `scan` has no stage."""
    from vqaprep.jobs.forecast import Trial, decide_video, forecast, so_far
    from vqaprep.storage import states

    num = len(found.rows) or len(found.uris)
    would = f"would scan {num} videos" if stage is None else f"would decide {stage.name} for {num} rows"
    if stage is not None and stage.scope == "all":
        return [*found.lines, would]
    videos: dict[str, list[Row]] = {}
    for hidden, row in zip(found.rows, found.unhidden(found.rows), strict=True):
        videos.setdefault(hidden.video_id, []).append(row)
    decided = partial(decide_video, stage=stage, seed=common.seed)
    trials = [
        Trial(
            video,
            len(rows),
            sum(row.duration_s for row in rows),
            partial(decided, tuple(rows)),
            memory.decoding_bytes(rows[0].width_px, rows[0].height_px),
        )
        for video, rows in videos.items()
    ]
    trials += [
        Trial(found.veil.video(uri), 1, num_bytes, partial(decided, uri)) for uri, num_bytes, _ in states(found.uris)
    ]
    num_done = len(Journal(out / f"{'scan' if stage is None else stage.name}{JOURNAL}").finished())
    grows_with = "length" if videos else "bytes"
    estimate = forecast(trials, common, grows_with=grows_with, wanted="rows")
    return [*found.lines, would, so_far(out, len(trials), num_done), *estimate]


def _summary(folder: OutFolder, rows: list[Row], dropped: list[Dropped]) -> list[str]:
    return [f"{folder.path}: {len(rows)} rows, {len(dropped)} dropped", *dropped_files(folder.path)]


def _already(folder: OutFolder, common: Common) -> list[str]:
    check_drops(folder.path, max_drop_rate=common.allowed_drops(folder.work.command))
    return [f"{folder.path}: already done"]
