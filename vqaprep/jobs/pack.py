"""The jobs about shards: make them, and check them."""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.engines import Failed
from vqaprep.errors import InputError, IntegrityError, memory, unknown_name
from vqaprep.jobs import FILES, ITEMS, PROGRESS, SEED, WORKERS, Common, Job
from vqaprep.jobs.source import read_source
from vqaprep.rows import Clip, Dropped
from vqaprep.rows.drops import refuse_away, with_files
from vqaprep.rows.manifest import MANIFEST
from vqaprep.rows.outfolder.record import read_run
from vqaprep.rows.pseudonyms import PRIVATE
from vqaprep.running.accounts import check_drops, dropped_files, finish
from vqaprep.running.progress import Metered, progress
from vqaprep.running.runner import disk_room, memory_room
from vqaprep.settings import validated
from vqaprep.settings.seeds import rng_for
from vqaprep.shards.names import VERSION
from vqaprep.shards.settings import ShardSettings
from vqaprep.sources.kinds import holds, not_a

if TYPE_CHECKING:
    from vqaprep.shards.plan import ShardPlan
    from vqaprep.shards.verify import Problem

_log = logging.getLogger(__name__)


_REPAIR = (
    "To repair it, remove the tars that are named here and run the same `vqaprep shard` command again: it makes what "
    "is missing, and the index. Of a folder that was copied, fetch these files again"
)


class VerifySettings(BaseModel):
    """Options of `verify`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: Annotated[bool, Field(description="decode every member, and check the labels against the frames")] = False
    sources: Annotated[
        bool, Field(description="render the clips again from their videos, and compare every byte with the stored one")
    ] = False
    videos: Annotated[
        int | None, Field(ge=1, description="with --sources: check this many videos, drawn by --seed; default: all")
    ] = None


def provide() -> dict[str, Job]:
    """Return `shard` and `verify`."""
    return {
        "shard": Job(
            "shard",
            "Decode each video once and write its clips to WebDataset tars.",
            ShardSettings,
            _shard,
            "vqaprep shard 5-split -o 6-shards --spatial resize --size-px 128",
            source_help="an OUT folder or a manifest that holds clips",
            takes=ITEMS,
            version=VERSION,
        ),
        "verify": Job(
            "verify",
            "Check every tar against its checksum and index; with options, also labels and source videos.",
            VerifySettings,
            _verify,
            "vqaprep verify 6-shards --labels",
            source_help="a shard folder",
            has_out=False,
            takes=SEED | WORKERS | FILES | PROGRESS,
        ),
    }


def _shard(source: Path, out: Path, settings: ShardSettings, common: Common) -> list[str]:
    from vqaprep.shards.make import forget, make_shards
    from vqaprep.shards.plan import plan
    from vqaprep.shards.write import jpeg_damage_db

    given = read_source(source, root=common.root)
    clips = [row for row in given.rows if isinstance(row, Clip)]
    if len(clips) != len(given.rows) or not clips:
        raise InputError(f"{source} holds videos, not clips; cut them first: vqaprep speed {source} -o CLIPS")
    carried = {name for clip in clips for name, _ in clip.extra}
    for name in settings.carry:
        if name not in carried:
            raise unknown_name(f"further column of {source}", name, carried)
    if given.veil.is_hiding:
        _guard_people(source, settings)
    if common.dry_run:
        return _foretold(given.opened(clips), out, settings, common)
    folder = common.open_out(out, "shard", settings.model_dump(mode="json"), input_sha256=given.sha256)
    if folder.is_complete:
        check_drops(out, max_drop_rate=common.allowed_drops("shard"))
        return [f"{out}: already done"]
    forget(out, folder.again)
    with folder.unless_refused():
        _check_room(plan(clips, settings), out, settings, common)
    with progress("shard", len(clips), ledger=folder.ledger) as progress_bar:

        def settled(num_clips: int, dropped: Sequence[Dropped]) -> None:
            progress_bar.advance(list(dropped), by=num_clips)

        engine = Metered(common.make_engine(out), progress_bar)
        dropped = make_shards(given.opened(clips), out, settings, engine, settled)
    refuse_away("shard", with_files(dropped, clips))
    lost = {d.id for d in dropped}
    kept = [clip for clip in clips if clip.clip_id not in lost]
    finish(folder, clips, [*kept, *dropped], max_drop_rate=common.allowed_drops("shard"))
    damage_db = jpeg_damage_db(out)
    cost = (
        [] if damage_db is None else [f"JPEG changed the pixels: {damage_db:.1f} dB PSNR of a stored view, in the mean"]
    )
    return [f"{out}: {len(kept)} clips, {len(dropped)} dropped", *dropped_files(out), *cost]


def _check_room(made: "ShardPlan", out: Path, settings: ShardSettings, common: Common) -> None:
    """Refuse a disk that is too small, and warn of too little memory."""
    from vqaprep.shards.footprint import needed_bytes
    from vqaprep.shards.make import bytes_left

    disk_room(out, bytes_left(made, out))
    if common.engine == "local":
        memory_room(common.workers, needed_bytes(made, settings))


def _guard_people(source: Path, settings: ShardSettings) -> None:
    """Refuse to write what pseudonyms hide, and say what they cannot hide: pixels."""
    if settings.include_source:
        raise InputError(
            f"{source} is pseudonymized, and --include-source would write paths into the shards; leave it out: "
            f"{PRIVATE} says which file each video_id is"
        )
    if settings.spatial != "face":
        _log.warning("whole pictures show the captions burnt into them; --spatial face keeps to the face")


def _foretold(clips: list[Clip], out: Path, settings: ShardSettings, common: Common) -> list[str]:
    """Return lines on what is written and what is left, with an estimate from the clips of one video."""
    from vqaprep.jobs.forecast import Trial, forecast, shard_video, so_far
    from vqaprep.shards.plan import plan
    from vqaprep.shards.write import committed

    made = plan(clips, settings)
    would = f"would write {len(clips)} clips to {made.num_shards} tars, about {made.num_bytes / 1e6:.0f} MB"
    videos: dict[str, list[Clip]] = {}
    for clip in clips:
        videos.setdefault(clip.video_id, []).append(clip)
    trials = [
        Trial(video, len(members), len(members), partial(shard_video, tuple(members), settings=settings))
        for video, members in videos.items()
    ]
    lines = forecast(trials, common, grows_with="clips", wanted="clips")
    return [would, so_far(out, made.num_shards, len(committed(out))), *lines, *_memory(made, settings, common)]


def _memory(made: "ShardPlan", settings: ShardSettings, common: Common) -> list[str]:
    """Predict the memory of the largest videos, and how many of their clips do not fit into it."""
    from vqaprep.settings.quantities import size
    from vqaprep.shards.footprint import fitted, largest_sources, needed_bytes

    memory.limit(common.max_memory_mb)  # the trial ran in a process of its own
    largest = largest_sources(made)
    refused = [why for one in largest for scene in one.scenes for why in fitted(scene, settings).refused.values()]
    needed = f"the largest pictures need up to {size(needed_bytes(made, settings))} of memory in each worker"
    why = f"; {len(refused)} clips would be dropped, such as: {refused[0]}" if refused else ""
    return [f"{needed}, of --max-memory-mb {common.max_memory_mb:,}{why}"]


def _verify(source: Path, out: Path, settings: VerifySettings, common: Common) -> list[str]:
    from vqaprep.shards.verify import verify

    if not (source / "shards").is_dir() and not holds(source, "shards"):
        raise not_a("shards", source, order="vqaprep verify SHARDS")
    if settings.videos is not None and not settings.sources:
        raise InputError("--videos is for --sources, which is not given; add it, or leave --videos out")
    problems = verify(source, labels=settings.labels)
    summary = "every tar, index entry and checksum is right" + (", and every label" if settings.labels else "")
    if settings.sources:
        num_videos, problems_of_videos = _against_sources(source, settings, common)
        problems += problems_of_videos
        summary += f"; the stored bytes of {num_videos} videos are those of their sources"
    if problems:
        lines = [f"{len(problems)} problems in {source}:", *(f"  {problem}" for problem in problems), _REPAIR]
        raise IntegrityError("\n".join(lines))
    return [f"{source}: {summary}"]


def _against_sources(source: Path, settings: VerifySettings, common: Common) -> tuple[int, list["Problem"]]:
    """Return how many videos were rendered again, and what differs."""
    from vqaprep.shards.against_sources import proofs, prove
    from vqaprep.shards.verify import Problem

    made = read_run(source)
    if made is None or made["command"] != "shard":
        raise InputError(f"{source} has no run.json of `vqaprep shard`, which says how its clips were rendered")
    given = read_source(source / MANIFEST, root=common.root)
    clips = [row for row in given.rows if isinstance(row, Clip)]
    work = proofs(source, given.opened(clips), validated(ShardSettings, made["settings"], where=str(source)))
    if settings.videos is not None and settings.videos < len(work):
        drawn = rng_for(common.seed, "verify").permutation(len(work))[: settings.videos]
        work = [work[i] for i in sorted(drawn.tolist())]
    problems: list[Problem] = []
    with progress("verify", len(work)) as progress_bar:
        for result in Metered(common.make_engine(source), progress_bar).map(prove, work):
            if isinstance(result, Failed):
                uri = work[result.index].source.uri
                problems.append(Problem(uri, None, f"{result.reason}: {result.detail}"))
            else:
                problems += result.value
            progress_bar.advance()
    return len(work), problems
