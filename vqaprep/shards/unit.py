"""Render the tars of one unit of the plan, in one process."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from vqaprep.errors import MediaError, memory
from vqaprep.errors.crashes import contained
from vqaprep.errors.heartbeat import begin, heartbeat, rest
from vqaprep.rows import AWAY, Dropped
from vqaprep.shards.footprint import held_bytes
from vqaprep.shards.index import note_entries
from vqaprep.shards.pack import pack
from vqaprep.shards.plan import Unit, in_order
from vqaprep.shards.render import STAGE, Rendered, render
from vqaprep.shards.scenes import Scene, SourceScenes
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.write import SHARDS, read_mark, write_shard


@dataclass(frozen=True)
class Job:
    """One unit for one process: the tars still to make, and the videos that must not be opened again."""

    unit: Unit
    shards: tuple[int, ...]
    banned: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """video_id -> (reason, detail) of the hang or crash it caused."""


def write_unit(job: Job, *, out: Path, settings: ShardSettings) -> list[Dropped]:
    """Render the tars of one unit, opening each of its videos once. Runs in a worker process.

    Tars that a worker committed before it was lost over this very job are kept. A tar that lacks clips because
    their files are away is not written; those clips are returned.
    """
    away: list[Dropped] = []
    job = replace(job, shards=tuple(shard for shard in job.shards if read_mark(out, shard) is None))
    streams = _streams(job, settings)
    note = note_path(out, job)
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
        if missing := [drop for drop in dropped if drop.reason == AWAY]:
            away += missing
            continue
        stored = [packed[s.key] for s in in_order(job.unit.scenes(shard), settings.seed) if s.key in packed]
        mean_db = sum(psnr_db) / len(psnr_db) if psnr_db else None
        note_entries(out, shard, stored)
        rest()  # a slow disk is no hung decoder
        write_shard(out, shard, stored, dropped=dropped, jpeg_psnr_db=mean_db)
        heartbeat()
    return away


def note_path(out: Path, job: Job) -> Path:
    """Return where a worker notes the video of a job that it is at."""
    return out / SHARDS / f"unit-{job.unit.number:06d}-{job.unit.shards[0]:06d}.at"


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


def _of(source: SourceScenes, shards: Sequence[int]) -> list[Scene]:
    return [scene for scene in source.scenes if scene.shard in shards]


class _Stream:
    """The scenes of one video, one by one; after a failure all further ones fail in the same way."""

    def __init__(self, source: SourceScenes, shards: Sequence[int], job: Job, settings: ShardSettings) -> None:
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
