"""List what is complete, in progress or failed in an OUT folder."""

import shlex
from collections import Counter
from pathlib import Path

from vqaprep.report.failures import named_drops
from vqaprep.report.gather import Run, StepFolder, load
from vqaprep.rows import UNSETTLED, parquet
from vqaprep.rows.drops import drop_lines
from vqaprep.rows.journal import JOURNAL, Journal
from vqaprep.settings.quantities import seconds
from vqaprep.shards.plan import PLAN
from vqaprep.shards.write import committed

_MOST = 5
_CURVE = "curve.csv"  # of `train`, whose module would bring torch along


def status_lines(out: Path) -> list[str]:
    """Return for each step what it is, how far, its drops with their files; then what could not be read."""
    run = load(out)
    if not run.steps:
        return [f"{out}: no vqaprep run is here", *run.notes]
    return [line for step in run.steps for line in _lines(run, step)] + run.notes


def _lines(run: Run, step: StepFolder) -> list[str]:
    name = f"{step.path.name if step.path != run.path else step.path}"
    if step.status == "failed":
        return [f"{name}: failed", *_progress(run, step)]
    if step.status == "unfinished":
        return [f"{name}: {step.name} in progress or interrupted; the same command resumes", *_progress(run, step)]
    took = "" if step.seconds is None else f" in {seconds(step.seconds)}"
    counts = step.counts
    if not {"in", "out", "dropped"} <= counts.keys():
        return [f"{name}: complete{took}"]
    line = f"{name}: complete{took}; {counts['in']} rows in, {counts['out']} out, {counts['dropped']} dropped"
    return [line, *_reasons(run, step)]


def _progress(run: Run, step: StepFolder) -> list[str]:
    """Return what journals, tars and curves of an unfinished step show."""
    lines: list[str] = []
    for path in sorted(step.path.glob(f"*{JOURNAL}")):
        finished = run.read(path, lambda p: Journal(p).finished()) or {}
        lines.append(f"  {path.name.removesuffix(JOURNAL)}: {len(finished)} items done")
    planned = run.read(step.path / PLAN, _planned)
    if planned is not None:
        lines.append(f"  {len(committed(step.path))} of {len(set(planned))} tars written")
    last = run.read(step.path / _CURVE, lambda p: p.read_text(encoding="utf-8").splitlines()[-1].split(","))
    if last is not None and len(last) == 5 and last[2].isdigit():
        lines.append(f"  epoch {last[1]}, step {last[2]}")
    return [*lines, *_reasons(run, step)]


def _planned(path: Path) -> list[int]:
    shards: list[int] = parquet.read(path, ["shard"])["shard"].to_pylist()
    return shards


def _reasons(run: Run, step: StepFolder) -> list[str]:
    """Return the drops by reason, and the files of some: first of those that hung or crashed."""
    dropped = named_drops(run, step)
    counts = Counter(drop.reason for drop in dropped)
    ordered = sorted(dropped, key=lambda drop: drop.reason not in UNSETTLED)
    files = drop_lines(ordered, most=_MOST, more=f": vqaprep logs {shlex.quote(str(step.path))} --failed")
    return [*(f"  {count} {reason}" for reason, count in counts.most_common()), *(f"    {line}" for line in files)]
