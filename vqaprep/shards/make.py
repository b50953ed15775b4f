"""Make a shard folder: plan, render every unit on an engine, index; resume where an earlier run stopped."""

import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from vqaprep.engines import Engine, Failed
from vqaprep.errors import DISK_FULL, IntegrityError, VqaprepError
from vqaprep.rows import Clip, Dropped
from vqaprep.shards.index import INDEX, write_index
from vqaprep.shards.plan import ShardPlan, Unit, plan, store
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.spread import parts
from vqaprep.shards.unit import Job, note_path, write_unit
from vqaprep.shards.write import SHARDS, Mark, Marks, committed, mark_path, take_back_doubtful
from vqaprep.storage.durable import sweep

_log = logging.getLogger(__name__)
OnProgress = Callable[[int, list[Dropped]], None]
"""Called with the number of clips settled (stored or dropped) since the last call, and those dropped."""


def make_shards(
    clips: Sequence[Clip], out: Path, settings: ShardSettings, engine: Engine, on_progress: OnProgress
) -> list[Dropped]:
    """Render `clips` into `out` and return those that could not be; every other clip is one view there.

    When files are away, only their clips are returned: their tars are not made, and there is no index yet.

    Tars that an earlier, interrupted run committed are kept. The bytes depend on clips and settings
    alone: not on the engine, the number of workers, or interruptions.

    Raises:
        InputError: the clips do not fit the settings, or `out` holds shards of another plan.
        VqaprepError: the disk is full, or workers die whatever they do; what is done is kept.
    """
    made = plan(clips, settings)
    (out / SHARDS).mkdir(parents=True, exist_ok=True)
    _sweep(out)
    for shard in take_back_doubtful(out):
        _log.warning("tar %06d of %s is not what was written, and is made again", shard, out)
    try:
        store(out, made)
        # The plan is stored before any tar: a resumed run must find it to refuse other clips.
        marks = Marks(out)
        away = _render_all(made, out, settings, marks=marks, engine=engine, on_progress=on_progress)
        _sweep(out)
        # Without an index the folder is incomplete, so the next run makes the tars that are missing.
        if away:
            return away
        shards = [shard for unit in made.units for shard in unit.shards]
        written = {shard: _mark(marks, shard) for shard in shards}
        dropped = [row for mark in written.values() for row in mark.dropped]
        # The index comes last: readers take a folder that has one for complete.
        num_views = write_index(out, written)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise VqaprepError(_full_message(made, out)) from error
    if num_views != (len(clips) - len(dropped)) * settings.num_draws:
        # A wrong count is a fault of ours. No reader may find such a folder complete.
        (out / INDEX).unlink()
        raise IntegrityError(f"{len(clips)} clips came, {num_views} views and {len(dropped)} drops went")
    return dropped


def forget(out: Path, reasons: Collection[str]) -> None:
    """Take back the commit marks of tars whose clips were dropped for one of `reasons`, so that they are made again."""
    for shard, mark in committed(out).items():
        if any(drop.reason in reasons for drop in mark.dropped):
            mark_path(out, shard).unlink()


def _sweep(out: Path) -> None:
    """Remove what killed workers left half done, of an earlier run or of this one."""
    sweep(out / SHARDS)
    for stale in (out / SHARDS).glob("unit-*.at"):
        stale.unlink(missing_ok=True)


def bytes_left(made: ShardPlan, out: Path) -> int:
    """Return the predicted size of the tars of `made` that `out` does not hold yet."""
    marks = Marks(out)
    left = [(unit, shard) for unit in made.units for shard in unit.shards if marks.get(shard) is None]
    return sum(scene.num_bytes for unit, shard in left for scene in unit.scenes(shard))


def _render_all(
    made: ShardPlan, out: Path, settings: ShardSettings, *, marks: Marks, engine: Engine, on_progress: OnProgress
) -> list[Dropped]:
    """Run units until each is complete; one that dies before it finishes a tar goes on without its culprit.

    Returns the clips whose files are away.
    """
    away: list[Dropped] = []
    jobs = [job for unit in made.units for job in _jobs(unit, marks, on_progress)]
    while jobs:
        again: list[Job] = []
        for result in engine.map(partial(write_unit, out=out, settings=settings), jobs):
            job = jobs[result.index]
            marks.update(job.shards)
            _report(job, marks, on_progress)
            if isinstance(result, Failed):
                again.append(_without_culprit(job, out, marks, result))
            else:
                away += result.value
            # The note names the video that is open. It is read by `_without_culprit` above, so it goes only now.
            note_path(out, job).unlink(missing_ok=True)
        jobs = again
    return away


def _jobs(unit: Unit, marks: Marks, on_progress: OnProgress) -> list[Job]:
    """Report what an earlier run did of a unit, and return what is left, in parts that workers may do side by side."""
    job = Job(unit, unit.shards)
    _report(job, marks, on_progress)
    left = _left(job, marks)
    return [Job(part, part.shards) for part in parts(unit, left)] if left else []


def _left(job: Job, marks: Marks) -> tuple[int, ...]:
    return tuple(shard for shard in job.shards if marks.get(shard) is None)


def _report(job: Job, marks: Marks, on_progress: OnProgress) -> None:
    for shard in set(job.shards) - set(_left(job, marks)):
        num_clips = sum(len(scene.clips) for scene in job.unit.scenes(shard))
        on_progress(num_clips, list(_mark(marks, shard).dropped))


def _without_culprit(job: Job, out: Path, marks: Marks, failed: Failed) -> Job:
    """Return the job to run again. A unit that got further than before is not at fault yet.

    Raises:
        VqaprepError: it dies though it opens no video any more.
    """
    left = _left(job, marks)
    if left != job.shards:
        return Job(job.unit, left, job.banned)
    suspects = [source.video_id for source in job.unit.sources if source.video_id not in job.banned]
    if not suspects:
        raise VqaprepError(
            f"workers die at tar {left[0]:06d} though they open no video any more ({failed.reason}: {failed.detail})"
        )
    note = note_path(out, job)
    culprit = note.read_text(encoding="utf-8") if note.exists() else ""
    # Without a note nobody knows which video was open, so all of them are suspects.
    new = dict.fromkeys([culprit] if culprit in suspects else suspects, (failed.reason, failed.detail))
    return Job(job.unit, left, {**job.banned, **new})


def _mark(marks: Marks, shard: int) -> Mark:
    mark = marks.get(shard)
    if mark is None:
        raise IntegrityError(f"tar {shard:06d} vanished while the run went on")
    return mark


def _full_message(made: ShardPlan, out: Path) -> str:
    marks = Marks(out)
    kept = sum(marks.get(shard) is not None for unit in made.units for shard in unit.shards)
    return (
        f"the disk of {out} is full; {kept} of {made.num_shards} tars are complete and kept "
        f"(about {made.num_bytes / 1e6:.0f} MB are needed in all). Free space and run the same command again"
    )
