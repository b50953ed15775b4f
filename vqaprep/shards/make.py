"""Make a shard folder: plan, render every unit on an engine, index; resume where an earlier run stopped."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from vqaprep import memory
from vqaprep.crashes import contained
from vqaprep.durable import sweep
from vqaprep.engines import Engine, Failed
from vqaprep.errors import DISK_FULL, IntegrityError, MediaError, VqaprepError
from vqaprep.heartbeat import begin, heartbeat, rest
from vqaprep.rows import Clip, Dropped
from vqaprep.shards.footprint import held_bytes
from vqaprep.shards.index import INDEX, note_entries, write_index
from vqaprep.shards.pack import pack
from vqaprep.shards.plan import Plan, Unit, in_order, plan, store
from vqaprep.shards.render import STAGE, Rendered, render
from vqaprep.shards.scenes import Scene, Source
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.write import SHARDS, Mark, Marks, read_mark, take_back_doubtful, write_shard

_log = logging.getLogger(__name__)
OnProgress = Callable[[int, list[Dropped]], None]
"""Called with the number of clips settled (stored or dropped) since the last call, and those dropped."""


@dataclass(frozen=True)
class Job:
    """One unit for one process: the tars still to make, and the videos that must not be opened again."""

    unit: Unit
    shards: tuple[int, ...]
    banned: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """video_id -> (reason, detail) of the hang or crash it caused."""


def make_shards(
    clips: Sequence[Clip], out: Path, settings: ShardSettings, engine: Engine, on_progress: OnProgress
) -> list[Dropped]:
    """Render `clips` into `out` and return those that could not be; every other clip is one view there.

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
        marks = Marks(out)
        _render_all(made, out, settings, marks=marks, engine=engine, on_progress=on_progress)
        _sweep(out)
        shards = [shard for unit in made.units for shard in unit.shards]
        dropped = [row for shard in shards for row in _mark(marks, shard).dropped]
        num_views = write_index(out, shards)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise VqaprepError(_full_message(made, out)) from error
    if num_views != (len(clips) - len(dropped)) * settings.num_draws:
        (out / INDEX).unlink()
        raise IntegrityError(f"{len(clips)} clips came, {num_views} views and {len(dropped)} drops went")
    return dropped


def _sweep(out: Path) -> None:
    """Remove what killed workers left half done, of an earlier run or of this one."""
    sweep(out / SHARDS)
    for stale in (out / SHARDS).glob("unit-*.at"):
        stale.unlink(missing_ok=True)


def bytes_left(made: Plan, out: Path) -> int:
    """Return the predicted size of the tars of `made` that `out` does not hold yet."""
    marks = Marks(out)
    left = [(unit, shard) for unit in made.units for shard in unit.shards if marks.get(shard) is None]
    return sum(scene.num_bytes for unit, shard in left for scene in unit.scenes(shard))


def _render_all(
    made: Plan, out: Path, settings: ShardSettings, *, marks: Marks, engine: Engine, on_progress: OnProgress
) -> None:
    """Run units until each is complete; one that dies before it finishes a tar goes on without its culprit."""
    jobs = [job for unit in made.units if (job := _job(unit, marks, on_progress)) is not None]
    while jobs:
        again: list[Job] = []
        for result in engine.map(partial(write_unit, out=out, settings=settings), jobs):
            job = jobs[result.index]
            marks.update(job.shards)
            _report(job, marks, on_progress)
            if isinstance(result, Failed):
                again.append(_without_culprit(job, out, marks, result))
            _note_path(out, job.unit).unlink(missing_ok=True)
        jobs = again


def write_unit(job: Job, *, out: Path, settings: ShardSettings) -> None:
    """Render the tars of one unit, opening each of its videos once. Runs in a worker process.

    Tars that a worker committed before it was lost over this very job are kept.
    """
    job = replace(job, shards=tuple(shard for shard in job.shards if read_mark(out, shard) is None))
    streams = _streams(job, settings)
    note = _note_path(out, job.unit)
    for shard in job.shards:
        packed, dropped, psnr_db = {}, [], []
        for source in job.unit.sources:
            begin()  # the limit is meant for a video, not for all of a unit
            if source.video_id not in job.banned:
                note.write_text(source.video_id, encoding="utf-8")
            for scene in (scene for scene in source.scenes if scene.shard == shard):
                try:
                    with contained():
                        rendered = streams[source.video_id, shard].take()
                        made = pack(rendered, settings) if rendered.views else None
                except MediaError as error:
                    dropped += [Dropped(clip.id, STAGE, error.reason, error.detail) for clip in scene.clips]
                    continue
                dropped += rendered.dropped
                if made is not None:
                    packed[scene.key], damage_db, unmeasured = made
                    psnr_db += damage_db
                    dropped += unmeasured
        stored = [packed[s.key] for s in in_order(job.unit.scenes(shard), settings.seed) if s.key in packed]
        mean_db = sum(psnr_db) / len(psnr_db) if psnr_db else None
        note_entries(out, shard, stored)
        rest()  # a slow disk is no hung decoder
        write_shard(out, shard, stored, dropped=dropped, jpeg_psnr_db=mean_db)
        heartbeat()


def _streams(job: Job, settings: ShardSettings) -> dict[tuple[str, int], "_Stream"]:
    """Return where the scenes of a video and a tar come from, by both.

    A video is decoded once for all tars. Where the videos that wait for their next tar would not fit into memory
    together, each is decoded anew for every tar.
    """
    streams = {}
    held = [_held_bytes(_of(source, job.shards), settings) for source in job.unit.sources if len(job.shards) > 1]
    waiting_bytes = sum(waiting for waiting, _ in held)
    is_apart = any(waiting_bytes - waiting + peak > memory.room_bytes() for waiting, peak in held)
    for source in job.unit.sources:
        whole = _Stream(source, job.shards, job, settings)
        for shard in job.shards:
            one = _Stream(source, (shard,), job, settings) if is_apart and len(held) > 1 else whole
            streams[source.video_id, shard] = one
    return streams


def _held_bytes(scenes: Sequence[Scene], settings: ShardSettings) -> tuple[int, int]:
    try:
        with contained():
            return held_bytes(scenes, settings)
    except MediaError:
        return 0, 0  # rendering will meet the same, and say so


def _of(source: Source, shards: Sequence[int]) -> list[Scene]:
    return [scene for scene in source.scenes if scene.shard in shards]


class _Stream:
    """The scenes of one video, taken one by one; after a failure every further one fails alike."""

    def __init__(self, source: Source, shards: Sequence[int], job: Job, settings: ShardSettings) -> None:
        banned = job.banned.get(source.video_id)
        self._error = MediaError(*banned) if banned else None
        self._rendered: Iterator[Rendered] = render(source, _of(source, shards), settings)

    def take(self) -> Rendered:
        """Return the next scene, or raise why there will be none."""
        if self._error is not None:
            raise self._error
        try:
            with contained():
                return next(self._rendered)
        except MediaError as error:
            self._error = error
            raise


def _job(unit: Unit, marks: Marks, on_progress: OnProgress) -> Job | None:
    """Return what is left to do of a unit, after telling what an earlier run did."""
    job = Job(unit, unit.shards)
    _report(job, marks, on_progress)
    left = _left(job, marks)
    return Job(unit, left) if left else None


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
    note = _note_path(out, job.unit)
    culprit = note.read_text(encoding="utf-8") if note.exists() else ""
    new = dict.fromkeys([culprit] if culprit in suspects else suspects, (failed.reason, failed.detail))
    return Job(job.unit, left, {**job.banned, **new})


def _mark(marks: Marks, shard: int) -> Mark:
    mark = marks.get(shard)
    if mark is None:
        raise IntegrityError(f"tar {shard:06d} vanished while the run went on")
    return mark


def _note_path(out: Path, unit: Unit) -> Path:
    return out / SHARDS / f"unit-{unit.number:06d}.at"


def _full_message(made: Plan, out: Path) -> str:
    marks = Marks(out)
    kept = sum(marks.get(shard) is not None for unit in made.units for shard in unit.shards)
    return (
        f"the disk of {out} is full; {kept} of {made.num_shards} tars are complete and kept "
        f"(about {made.num_bytes / 1e6:.0f} MB are needed in all). Free space and run the same command again"
    )
