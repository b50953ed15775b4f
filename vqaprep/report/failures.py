"""List the dropped items, and the logs of workers about items that hung or crashed."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from vqaprep.engines.array_task import signer
from vqaprep.engines.job_arrays import LOGS
from vqaprep.errors.crashes import unfolded
from vqaprep.report.drops import uri_of
from vqaprep.report.gather import Run, StepFolder, load
from vqaprep.rows import UNSETTLED, Dropped
from vqaprep.rows.drops import drop_lines
from vqaprep.rows.journal import JOURNAL, Journal
from vqaprep.rows.plain_text import printable
from vqaprep.shards.write import committed

_NUM_LINES = 10


def log_lines(out: Path, *, failed: bool, spool_of: Callable[[Path], Path]) -> list[str]:
    """Return each log with its last line; with `failed` every dropped file, with the reason and its worker's log.

    `spool_of` tells where the engine of an OUT folder keeps its files.
    """
    run = load(out)
    lines: list[str] = []
    for step in run.steps:
        folder = spool_of(step.path) / LOGS
        written = sorted(folder.glob("*.log"))
        if failed:
            dropped = named_drops(run, step)
            lines += _about([drop for drop in dropped if drop.reason in UNSETTLED], folder)
            others = drop_lines([drop for drop in dropped if drop.reason not in UNSETTLED], most=None)
            lines += [f"{step.path.name}: {line}" for line in others]
        else:
            lines += [f"{path}: {line}" for path in written for line in _last(path, 1)]
        if written and step.status in ("unfinished", "failed"):
            lines.append(f"to follow the tasks that run: tail -f {shlex.quote(str(folder))}/*.log")
    nothing = (
        "nothing was dropped, and no item hung or crashed"
        if failed
        else "no logs: only --engine slurm keeps them, of tasks not done"
    )
    return [*(lines or [f"{out}: {nothing}"]), *run.notes]


def named_drops(run: Run, step: StepFolder) -> list[Dropped]:
    """Return the drops of a step so far, each with its file where a drop or a manifest says it."""
    return [drop if drop.uri else replace(drop, uri=uri_of(run, drop) or "") for drop in drops_so_far(run, step)]


def drops_so_far(run: Run, step: StepFolder) -> list[Dropped]:
    """Return the drops of a step; of one that is not complete, those in its journals and the marks of its tars."""
    if step.record:
        return [drop for at, drop in run.dropped if at is step]
    drops = [drop for mark in committed(step.path).values() for drop in mark.dropped]
    for path in sorted(step.path.glob(f"*{JOURNAL}")):
        finished = run.read(path, lambda p: Journal(p).finished()) or {}
        drops += [row for rows in finished.values() for row in rows if isinstance(row, Dropped)]
    return drops


def _about(drops: Sequence[Dropped], logs: Path) -> list[str]:
    """Return the items that failed in the same way, and their log; engines on this machine and Ray keep none."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for drop in drops:
        name = f"{drop.uri} ({drop.id})" if drop.uri and drop.uri != drop.id else drop.id
        alike.setdefault((drop.stage, drop.reason, drop.detail), []).append(printable(name))
    lines: list[str] = []
    for (stage, reason, detail), ids in alike.items():
        words, *calls = unfolded(detail)
        lines += [f"{stage}: {reason}: {words}", *calls, *(f"  {name}" for name in ids)]
        path = logs / f"{signer(detail)}.log"
        is_kept = path.is_file()
        lines.append(f"  log {path}" if is_kept else "  no log: only --engine slurm keeps them")
        lines += [f"  | {line}" for line in _last(path, _NUM_LINES)] if is_kept else []
    return lines


def _last(path: Path, num: int) -> list[str]:
    """Return the last lines of a log; the control characters that a file name may bring are written as escapes."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-num:]
    return [printable(line) for line in lines]
