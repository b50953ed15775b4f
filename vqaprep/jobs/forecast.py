"""Estimate the cost of a run from its median video, processed in a temporary folder, and extrapolate."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from vqaprep.engines import Done
from vqaprep.errors import memory
from vqaprep.jobs import Common
from vqaprep.jobs.render import Showing, render_one
from vqaprep.rows import Clip, Dropped, Row
from vqaprep.rows.outfolder.record import read_run
from vqaprep.running.accounts import Results
from vqaprep.running.runner import Decision, decide
from vqaprep.settings.quantities import seconds, size
from vqaprep.shards.settings import ShardSettings
from vqaprep.sources.scan import scan_one
from vqaprep.stages import ShownStage, Stage

_log = logging.getLogger(__name__)
_CACHE = "cache"


@dataclass(frozen=True)
class Trial:
    """A video that may be tried: its name, its rows in, what its work grows with, and the work in a folder.

    `picture_bytes` is the memory that decoding it takes; 0 where its picture size is not known yet.
    """

    name: str
    num_in: int
    amount: float
    work: Callable[[Path], Results]
    picture_bytes: int = 0


@dataclass(frozen=True)
class Tried:
    """The outcome of one video: rows out, reasons of drops, bytes written, and peak memory of its process."""

    num_out: int
    reasons: tuple[str, ...]
    num_bytes: int
    peak_bytes: int


def forecast(trials: Sequence[Trial], common: Common, *, grows_with: str, wanted: str) -> list[str]:
    """Try the middle one of `trials` and return lines that scale it to all, with what that assumes.

    The least one is done before it in the same process, so that loading code and weights does not count.
    """
    order = sorted(trials, key=lambda trial: (trial.amount, trial.name))
    trial = order[len(order) // 2]
    chosen = [trial] if trial is order[0] else [order[0], trial]
    _log.info("trying %s", " and ".join(one.name for one in chosen))
    with TemporaryDirectory(prefix="vqaprep-") as folder:
        alone = common.model_copy(update={"engine": "local", "workers": 1})
        outcomes = {o.index: o for o in alone.make_engine(Path(folder)).map(partial(_try, folder=Path(folder)), chosen)}
    outcome = outcomes[len(chosen) - 1]
    if not isinstance(outcome, Done):
        return [f"sampled {trial.name}: {outcome.reason}, {outcome.detail}; there is no estimate"]
    tried: Tried = outcome.value
    share = trial.amount / max(sum(t.amount for t in trials), 1e-9)
    memory_of_it = f"{size(tried.peak_bytes)} of memory"
    came_to = ", ".join([f"{tried.num_out} {wanted}", *tried.reasons, *_written(tried.num_bytes), memory_of_it])
    lines = [f"sampled {trial.name} ({share:.2%} of all by {grows_with}): {seconds(outcome.seconds)}, {came_to}"]
    if tried.reasons and not tried.num_out:
        return [*lines, "it was dropped, so there is no estimate"]
    rows = round(tried.num_out / trial.num_in * sum(t.num_in for t in trials))
    work_s = outcome.seconds / share
    total = ", ".join([f"{rows} {wanted}", *_written(tried.num_bytes / share)])
    larger_bytes = max(one.picture_bytes for one in trials) - trial.picture_bytes
    in_memory = f"{size(tried.peak_bytes + max(larger_bytes, 0))} of memory in each worker"
    took = f"{seconds(work_s)} of work, {seconds(work_s / common.workers)} with {common.workers} workers"
    assumed = f"assumes that cost grows with {grows_with}, on machines like this one, and that nothing is in the cache"
    return [*lines, f"in all about {total}; {took}, {in_memory}", assumed]


def so_far(out: Path, num_items: int, num_done: int) -> str:
    """Return how many of `num_items` an earlier run finished in `out`."""
    if read_run(out) is not None:
        return f"{out} is complete: the same settings have nothing left to do"
    return f"{num_done} of {num_items} are done in {out}" if num_done else f"nothing is done in {out} yet"


def decide_video(video: str | tuple[Row, ...], folder: Path, *, stage: Stage | None, seed: int) -> Results:
    """Scan a video if it has no rows yet, let `stage` decide on them, and render them where that is asked for."""
    rows: Results = scan_one(video) if isinstance(video, str) else list(video)
    scanned = [row for row in rows if not isinstance(row, Dropped)]
    if stage is None or not scanned:
        return rows
    results = decide(Decision(stage, tuple(scanned), seed, folder / _CACHE))
    if isinstance(stage, ShownStage) and stage.shows():
        before = {row.id: row for row in scanned} | {row.video_id: row for row in scanned}
        for result in results:
            row = before[result.id if isinstance(result, Dropped) else result.video_id]
            render_one(Showing(stage, row, result, folder, folder / _CACHE))
    return results


def shard_video(clips: tuple[Clip, ...], folder: Path, *, settings: ShardSettings) -> Results:
    """Write the tars of one video's clips."""
    from vqaprep.shards.plan import plan
    from vqaprep.shards.unit import Job, write_unit
    from vqaprep.shards.write import SHARDS, read_mark

    (folder / SHARDS).mkdir()
    dropped: dict[str, Dropped] = {}
    for unit in plan(clips, settings).units:
        write_unit(Job(unit, unit.shards), out=folder, settings=settings)
        for shard in unit.shards:
            mark = read_mark(folder, shard)
            dropped |= {drop.id: drop for drop in (mark.dropped if mark else ())}
    return [dropped.get(clip.id, clip) for clip in clips]


def _try(trial: Trial, *, folder: Path) -> Tried:
    """Do one video in a folder of its own."""
    with TemporaryDirectory(dir=folder) as name:
        results = trial.work(Path(name))
        files = [path for path in Path(name).rglob("*") if path.is_file() and _CACHE not in path.parts]
        num_bytes = sum(path.stat().st_size for path in files)
    dropped = [result for result in results if isinstance(result, Dropped)]
    reasons = tuple(dict.fromkeys(f"dropped: {d.reason} ({d.detail})" for d in dropped))
    return Tried(len(results) - len(dropped), reasons, num_bytes, memory.peak_bytes())


def _written(num_bytes: float) -> list[str]:
    return [f"{size(num_bytes)} written"] if num_bytes else []
