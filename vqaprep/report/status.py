"""Say in lines what is complete, in progress or failed in an OUT folder."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from vqaprep.journal import Journal
from vqaprep.report.blocks import seconds
from vqaprep.report.gather import Run, Step, load
from vqaprep.rows import Dropped
from vqaprep.runner import JOURNAL
from vqaprep.shards.plan import PLAN
from vqaprep.shards.write import SHARDS

_CURVE = "curve.csv"  # of `train`, whose module would bring torch along


def status_lines(out: Path) -> list[str]:
    """Return one line a step: what it is, how far, and its drops by reason; then what could not be read."""
    run = load(out)
    if not run.steps:
        return [f"{out}: no vqaprep run is here", *run.notes]
    return [line for step in run.steps for line in _lines(run, step)] + run.notes


def _lines(run: Run, step: Step) -> list[str]:
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
    return [line, *_reasons([drop for at, drop in run.dropped if at is step])]


def _progress(run: Run, step: Step) -> list[str]:
    """Return what journals, tars and curves of an unfinished step show."""
    lines: list[str] = []
    for path in sorted(step.path.glob(f"*{JOURNAL}")):
        finished = run.read(path, lambda p: Journal(p).finished()) or {}
        drops = [row for rows in finished.values() for row in rows if isinstance(row, Dropped)]
        lines += [f"  {path.name.removesuffix(JOURNAL)}: {len(finished)} items done", *_reasons(drops)]
    planned = run.read(step.path / PLAN, lambda p: pq.read_table(p, columns=["shard"])["shard"].to_pylist())
    if planned is not None:
        made = len(list((step.path / SHARDS).glob("*.tar")))
        lines.append(f"  {made} of {len(set(planned))} tars written")
    last = run.read(step.path / _CURVE, lambda p: p.read_text(encoding="utf-8").splitlines()[-1].split(","))
    if last is not None and len(last) == 5 and last[2].isdigit():
        lines.append(f"  epoch {last[1]}, step {last[2]}")
    return lines


def _reasons(drops: list[Dropped]) -> list[str]:
    return [f"  {count} {reason}" for reason, count in Counter(drop.reason for drop in drops).most_common()]
