"""Assign scenes to tars. The plan does not depend on workers or engines."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from vqaprep.errors import InputError
from vqaprep.rows import Clip, parquet
from vqaprep.settings.seeds import rng_for
from vqaprep.shards.names import VERSION
from vqaprep.shards.scenes import Scene, SourceScenes, lean, sources_of
from vqaprep.shards.settings import ShardSettings
from vqaprep.storage.durable import durable

PLAN = "plan.parquet"


@dataclass(frozen=True, slots=True)
class Unit:
    """The work of one process at a time: videos that are decoded together into tars of their own."""

    number: int
    shards: tuple[int, ...]
    sources: tuple[SourceScenes, ...]

    def scenes(self, shard: int) -> list[Scene]:
        """Return the scenes of one tar, by video."""
        return [scene for source in self.sources for scene in source.scenes if scene.shard == shard]


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """All units, and a checksum of everything that decides the bytes."""

    units: tuple[Unit, ...]
    digest: str

    @property
    def num_shards(self) -> int:
        """Number of tars."""
        return sum(len(unit.shards) for unit in self.units)

    @property
    def num_bytes(self) -> int:
        """Predicted size of all tars."""
        return sum(scene.num_bytes for unit in self.units for s in unit.sources for scene in s.scenes)


def plan(clips: Sequence[Clip], settings: ShardSettings) -> ShardPlan:
    """Group clips into scenes, scenes into tars, tars into units of work.

    Sources are shuffled by the seed and closed into a unit at the size of a tar or `sources_per_unit`. The
    unit's tars each take a run of every source, so that a tar mixes videos though each is decoded once.

    Raises:
        InputError: clips of one scene disagree, or lack what the spatial mode needs.
    """
    needed = [lean(clip, settings) for clip in clips]
    sources = sources_of(needed, settings)
    units: list[Unit] = []
    tar_bytes = _tar_bytes(sources, settings)
    for group, members in sorted(_by_group(sources, settings).items()):
        # Sorted groups and a seed per group: adding a split must not reshuffle the tars of the others.
        order = rng_for(settings.seed, "sources", group).permutation(len(members))
        for batch in _batches([members[i] for i in order], settings, tar_bytes):
            # Tars are numbered through all units, so that their names sort in the order of the plan.
            first = units[-1].shards[-1] + 1 if units else 0
            units.append(_unit(len(units), batch, tar_bytes, first_shard=first))
    return ShardPlan(tuple(units), _digest(needed, settings))


def in_order(scenes: Iterable[Scene], seed: int) -> list[Scene]:
    """Return the scenes of one tar in the seeded order they are stored in."""
    # Sorted first: a permutation of an order that depends on workers would depend on workers too.
    known = sorted(scenes, key=lambda scene: scene.key)
    if not known:
        return []
    return [known[i] for i in rng_for(seed, "tar", known[0].shard).permutation(len(known))]


def store(folder: Path, made: ShardPlan) -> None:
    """Write `plan.parquet`, or check that the one in `folder` is the same plan.

    Raises:
        InputError: the folder holds shards of another plan.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / PLAN
    if path.exists() and (digest := _digest_of(path)) is not None:
        if digest != made.digest.encode():
            raise InputError(f"{folder} holds shards of other clips or settings; choose another -o/--out, or --force")
        return
    rows = [
        {"unit": unit.number, "shard": scene.shard, "key": scene.key, "scene_id": scene.clips[0].scene_id,
         "video_id": source.video_id, "clip_ids": [c.clip_id for c in scene.clips], "num_bytes": scene.num_bytes}
        for unit in made.units for source in unit.sources for scene in source.scenes
    ]  # fmt: skip
    columns = pa.schema(
        [("unit", pa.int64()), ("shard", pa.int64()), ("key", pa.string()), ("scene_id", pa.string()),
         ("video_id", pa.string()), ("clip_ids", pa.list_(pa.string())), ("num_bytes", pa.int64())],
        metadata={"digest": made.digest},
    )  # fmt: skip
    with durable(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, schema=columns), temporary, write_page_checksum=True)


def _digest_of(path: Path) -> bytes | None:
    """Return the checksum that a stored plan has; None for a damaged one, which is written again."""
    import pyarrow as pa

    try:
        parquet.read(path)
        return bytes((parquet.schema(path).metadata or {})[b"digest"])
    except (pa.ArrowException, ValueError, LookupError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # what Arrow says of damaged pages has none
            raise
        return None


def _by_group(sources: Sequence[SourceScenes], settings: ShardSettings) -> dict[str, list[SourceScenes]]:
    groups: defaultdict[str, list[SourceScenes]] = defaultdict(list)
    for source in sources:
        parts: defaultdict[str, list[Scene]] = defaultdict(list)
        for scene in source.scenes:
            value = None if settings.split_by == "none" else getattr(scene.clips[0], settings.split_by)
            parts["" if value is None else str(value)].append(scene)
        for value, scenes in parts.items():
            groups[value].append(replace(source, scenes=tuple(scenes)))
    return groups


def _tar_bytes(sources: Sequence[SourceScenes], settings: ShardSettings) -> int:
    """Return about the largest size of a tar: smaller in a small folder, so that its work can be shared."""
    # The rows alone decide: a size that depended on the number of workers would make other bytes on each machine.
    total = sum(scene.num_bytes for source in sources for scene in source.scenes)
    return min(max(total // _LEAST_TARS, _SMALL_TAR_BYTES), settings.max_shard_mb * 1_000_000)


_LEAST_TARS = 16
_SMALL_TAR_BYTES = 8_000_000


def _batches(sources: Sequence[SourceScenes], settings: ShardSettings, tar_bytes: int) -> Iterator[list[SourceScenes]]:
    batch: list[SourceScenes] = []
    num_bytes = 0
    for source in sources:
        batch.append(source)
        num_bytes += sum(scene.num_bytes for scene in source.scenes)
        if num_bytes >= tar_bytes or len(batch) == settings.sources_per_unit:
            yield batch
            batch, num_bytes = [], 0
    if batch:
        yield batch


def _unit(number: int, sources: Sequence[SourceScenes], tar_bytes: int, *, first_shard: int) -> Unit:
    """Cut every source into as many runs as the unit has tars; run k goes to tar k."""
    # A long source that closes a batch may be several tars long by itself.
    total = sum(scene.num_bytes for source in sources for scene in source.scenes)
    wanted = ceil(total / tar_bytes)
    runs = [_runs(source, wanted) for source in sources]
    # A run may hold no scene of any source: its number is left out, as no tar is empty.
    shard_of = {run: first_shard + i for i, run in enumerate(sorted({r for part in runs for r in part}))}
    numbered = [
        replace(s, scenes=tuple(replace(scene, shard=shard_of[r]) for scene, r in zip(s.scenes, run, strict=True)))
        for s, run in zip(sources, runs, strict=True)
    ]
    return Unit(number, tuple(shard_of.values()), tuple(numbered))


def _runs(source: SourceScenes, num_runs: int) -> list[int]:
    """Return the run of each scene, so that runs have about equal bytes."""
    total = sum(scene.num_bytes for scene in source.scenes)
    runs, before = [], 0
    for scene in source.scenes:
        # The middle of the scene decides: with its end, the last scene would fall into a run past the last one.
        runs.append(int(num_runs * (before + scene.num_bytes / 2) / total))
        before += scene.num_bytes
    return runs


def _digest(clips: Sequence[Clip], settings: ShardSettings) -> str:
    """Checksum settings, rows and the version of the samples; where the files lie does not matter."""
    digest = hashlib.sha256(f"{VERSION} {settings.model_dump_json()}".encode())
    # Sorted, as a manifest in another order describes the same shards; without uri, as files may have moved.
    for line in sorted(repr(clip.having(uri="")) for clip in clips):
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
