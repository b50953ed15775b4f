"""What ran, how long it took, and where rows went."""

from datetime import UTC, datetime

from vqaprep.report.blocks import Badge, Bar, Bars, Section, Table, Tiles, Tone
from vqaprep.report.gather import Run, StepFolder
from vqaprep.settings.quantities import seconds, size

_TONES: dict[str, Tone] = {"done": "good", "reused": "plain", "failed": "bad", "unfinished": "warn"}


def overview(run: Run) -> Section | None:
    """Return the steps with their rows and times."""
    if not run.steps:
        return None
    timed = [step for step in run.steps if step.seconds is not None]
    longest_s = max((step.seconds or 0.0 for step in timed), default=0.0) or 1.0
    times = [Bar(_title(step), (step.seconds or 0.0) / longest_s, seconds(step.seconds or 0.0)) for step in timed]
    columns = ("#", "step", "status", "rows in", "= go on", "+ dropped", "rows out", "time", "rows a second")
    blocks = [
        Tiles(_tiles(run)),
        Table(columns, [_row(step) for step in run.steps]),
        Bars("Time by step", times),
    ]
    flow = [bar for step in run.steps if (bar := _flow(step)) is not None]
    if flow:
        blocks.insert(2, Bars("Rows that go on, and rows dropped", flow))
    lead = "Every row that enters a step either goes on or is dropped with a reason; one that goes on may become many."
    return Section("overview", "Overview", lead, blocks)


def facts(run: Run) -> list[tuple[str, str]]:
    """Return the head of the page: pipeline, time, seed, versions."""
    entries = [("pipeline", str(run.pipeline["pipeline"]))] if "pipeline" in run.pipeline else []
    ends = [(step.path / "run.json").stat().st_mtime for step in run.steps if step.record]
    if ends:
        entries.append(("finished", datetime.fromtimestamp(max(ends), UTC).strftime("%Y-%m-%d %H:%M UTC")))
    entries.append(("total time", seconds(sum(step.seconds or 0.0 for step in run.steps))))
    if seeds := sorted({str(s.settings["seed"]) for s in run.steps if "seed" in s.settings}):
        entries.append(("seed", ", ".join(seeds)))
    versions: dict[str, str] = next(
        (s.record["versions"] for s in run.steps if isinstance(s.record.get("versions"), dict)), {}
    )
    return entries + [("versions", ", ".join(f"{k} {v}" for k, v in sorted(versions.items())))] * bool(versions)


def _tiles(run: Run) -> list[tuple[str, str]]:
    tars = [num_bytes for step in run.steps for num_bytes in step.tars.values()]
    clips = sum(clip_set.num_clips or 0 for clip_set in run.clip_sets)
    tiles = [(f"{len(run.sources):,}", "videos"), (f"{clips:,}", "clips"), (f"{len(run.dropped):,}", "rows dropped")]
    tiles += [(f"{len(tars):,}", "tars"), (size(sum(tars)), "in tars")] if tars else []
    return tiles if clips else tiles[:1] + tiles[2:]


def _row(step: StepFolder) -> list[object]:
    counts = step.counts
    came = counts.get("in")
    took_s = step.seconds
    handled = came if came is not None else counts.get("examples")
    rate = handled / took_s if isinstance(handled, int) and took_s else None
    on = came - counts["dropped"] if came is not None else None
    status = Badge(step.status, _TONES.get(step.status, "plain"))
    took = None if took_s is None else seconds(took_s)
    return [step.number, step.name, status, came, on, counts.get("dropped"), counts.get("out"), took, rate]


def _flow(step: StepFolder) -> Bar | None:
    came = step.counts.get("in")
    if not came:
        return None
    dropped = step.counts["dropped"]
    text = f"{came:,} = {came - dropped:,} + {dropped:,} dropped"
    return Bar(_title(step), 1 - dropped / came, text, rest=dropped / came)


def _title(step: StepFolder) -> str:
    return f"{step.number} {step.name}"
