"""The jobs of a rating test: `rate` writes the page for raters, `mos` turns their answers into scores."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vqaprep.errors import InputError
from vqaprep.jobs import FILES, OUT, PROGRESS, SEED, WORKERS, Common, Job
from vqaprep.jobs.source import Input, read_source
from vqaprep.rows import Clip, Dropped, Video
from vqaprep.rows.outfolder import OutFolder
from vqaprep.running.runner import disk_room
from vqaprep.storage.folder import is_local

if TYPE_CHECKING:
    from vqaprep.rating.answers import Session
    from vqaprep.rating.plan import Stimulus

_RATERS = 15  # ITU-T P.910 asks for at least so many


class RateSettings(BaseModel):
    """Settings of `rate`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Annotated[
        Literal["acr", "pc"], Field(description="acr: one clip, a score from 1 to 5; pc: two clips, the better one")
    ] = "acr"
    plan: Annotated[
        Path | None,
        Field(description="table of the videos to rate: video_name, reference (is hidden among them), training (yes)"),
    ] = None
    pairs: Annotated[
        int | None, Field(ge=1, description="with pc: show so many pairs, those that say most; default: every pair")
    ] = None
    after: Annotated[
        Path | None, Field(description="with --pairs: answers so far, which say which pairs are still in doubt")
    ] = None
    title: Annotated[str, Field(description="heading of the page")] = "Rate the quality of videos"
    break_s: Annotated[float, Field(gt=0, description="time after which a rater is asked to take a break")] = 1200.0
    gray_s: Annotated[float, Field(ge=0, le=10, description="time of plain gray before each clip")] = 0.5

    @model_validator(mode="after")
    def _pairs_are_of_pc(self) -> "RateSettings":
        if self.pairs is not None and self.method != "pc":
            raise ValueError("--pairs is for comparisons; add --method pc, or leave it out")
        if self.after is not None and self.pairs is None:
            raise ValueError("--after chooses the next pairs; add --pairs N, or leave it out")
        return self


class MosSettings(BaseModel):
    """Settings of `mos`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    screen: Annotated[
        Literal["bt500", "p910", "none"],
        Field(description="leave raters out: bt500 by outlying scores, p910 by correlation with the others"),
    ] = "bt500"
    least_correlation: Annotated[
        float,
        Field(ge=0, le=1, description="with --screen p910: lower it where the videos of the test differ little"),
    ] = 0.75
    model: Annotated[
        Literal["mean", "sureal"],
        Field(description="mean: plain mean; sureal: free of each rater's bias, inconsistent raters weigh less"),
    ] = "mean"

    @model_validator(mode="after")
    def _limit_is_of_p910(self) -> "MosSettings":
        if "least_correlation" in self.model_fields_set and self.screen != "p910":
            raise ValueError("--least-correlation is used with --screen p910 only; add that, or leave it out")
        return self


def provide() -> dict[str, Job]:
    """Return the jobs of this file."""
    rate = Job(
        "rate", "Write a page on which people rate videos: scores or pairs, offline.", RateSettings, _rate,
        "vqaprep rate videos/ -o page --plan plan.csv", source_help="a folder of videos, a manifest, or an OUT folder",
        takes=SEED | WORKERS | OUT | FILES | PROGRESS,
    )  # fmt: skip
    mos = Job(
        "mos", "Turn the answers of raters into scores with intervals, a label table for scan.", MosSettings, _mos,
        "vqaprep mos answers/ -o mos", source_help="a folder of ratings-*.json, or a table: rater, video_name, score",
        takes=OUT,
    )  # fmt: skip
    return {"rate": rate, "mos": mos}


def _rate(source: Path, out: Path, settings: RateSettings, common: Common) -> list[str]:
    from vqaprep.rating.build import Test, build, clips_of

    given = read_source(source, root=common.root)
    if not is_local(out) or any("://" in uri for uri in given.uris):
        raise InputError("a page opens from a disk, and so do its videos; give folders that are not in a store")
    described = settings.model_dump(mode="json", exclude={"plan", "after"}) | {"seed": common.seed}
    if common.dry_run:
        return [f"would write a page about the videos of {source}"]
    folder = common.open_out(out, "rate", described, input_sha256=_joined_sha256(given.sha256, settings))
    if folder.is_complete:
        return [f"{out}: already done"]
    with folder.unless_refused():
        videos = _videos(given, folder, common)
        stimuli, pairs = _planned(list(videos), settings)
        test = Test(
            settings.title,
            settings.method,
            tuple(stimuli),
            tuple(pairs),
            settings.break_s,
            settings.gray_s,
            common.seed,
        )
        clips = clips_of(test, {name: videos[name] for name in (one.name for one in stimuli)}, out)
        disk_room(out, sum(clip.video.num_bytes for clip in clips.values()))
        folder.will_write(f"clips/{clip.target.name}" for clip in clips.values())
        page = build(test, clips, out, engine=common.make_engine(out))
    folder.finish(study=test.id)
    num_copied = sum(not clip.is_playable for clip in clips.values())
    copied = [f"{num_copied} videos were written anew, close to lossless, as browsers do not play them"]
    num = len(pairs) if settings.method == "pc" else sum(not one.is_training for one in stimuli)
    return [
        f"{page}: test {test.id}, {num} {'pairs' if settings.method == 'pc' else 'clips'}",
        *(copied if num_copied else []),
        "give the folder to each rater, collect the files that the page saves, then: vqaprep mos ANSWERS -o MOS",
    ]


def _videos(found: Input, folder: OutFolder, common: Common) -> "dict[str, Video]":
    """Return the videos by the name that they have in the answers; hidden ones have their id."""
    from vqaprep.datasets.naming import names_of

    probed = found.probe(folder, common.make_engine(folder.path))
    if lost := [drop for drop in probed.dropped if drop.reason != "duplicate"]:
        raise InputError(f"{_listed(lost)}; leave such files out of the test")
    for row in probed.rows:
        if isinstance(row, Clip) or row.distortion != "none" or row.keep_start_s is not None or row.crop_track:
            raise InputError(
                f"{row.id} is a part or a variant of a video, and raters see whole files: write films with --render "
                "at that step, and rate its media/ folder; or give the manifest of scan"
            )
    rows = list({row.video_id: row for row in probed.rows}.values())
    plain_rows = found.unhidden(rows)
    names = names_of(rows, plain_rows)
    return {
        row.video_id if found.veil.is_hiding else names[row.video_id]: real
        for row, real in zip(rows, plain_rows, strict=True)
    }


def _planned(names: Sequence[str], settings: RateSettings) -> "tuple[list[Stimulus], list[tuple[str, str]]]":
    from vqaprep.rating.answers import read_answers
    from vqaprep.rating.plan import all_pairs, chosen_pairs, plan_of

    stimuli = plan_of(names, settings.plan)
    if settings.method != "pc":
        return stimuli, []
    if settings.pairs is None:
        pairs = all_pairs(stimuli)
    else:
        sessions = [] if settings.after is None else read_answers(settings.after)
        choices = [choice for one in sessions for choice in one.choices]
        pairs = chosen_pairs(stimuli, settings.pairs, choices)
    if not pairs:
        raise InputError("there is no pair to compare; give two videos at least, of one reference where --plan has any")
    return stimuli, pairs


def _mos(source: Path, out: Path, settings: MosSettings, common: Common) -> list[str]:
    from vqaprep.rating.answers import read_answers
    from vqaprep.rating.tables import MOS, RATERS, write_pairs, write_scores

    sessions = read_answers(source)
    if sessions[0].method == "pc" and settings.model_fields_set:
        given = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(settings.model_fields_set))
        raise InputError(f"{given} is for scores, and {source} holds comparisons of pairs; leave it out")
    if common.dry_run:
        return [f"would score the answers of {len(sessions)} raters"]
    sha256 = hashlib.sha256(repr(sorted(map(repr, sessions))).encode()).hexdigest()
    folder = common.open_out(out, "mos", settings.model_dump(mode="json"), input_sha256=sha256)
    if folder.is_complete:
        return [f"{out}: already done"]
    with folder.unless_refused():
        if sessions[0].method == "pc":
            lines = write_pairs(sessions, out)
        else:
            lines = write_scores(
                sessions,
                out,
                screen_by=settings.screen,
                model=settings.model,
                least_correlation=settings.least_correlation,
            )
    folder.finish()
    return [
        *_doubts(sessions),
        *lines,
        f"{out / MOS}, {out / RATERS}; to use them: vqaprep scan VIDEOS --labels {out / MOS}",
    ]


def _doubts(sessions: "Sequence[Session]") -> list[str]:
    """Say what a reader of the scores should know of the sessions."""
    unfinished = [one.rater for one in sessions if not one.is_complete]
    scaled = [one.rater for one in sessions if one.checks.get("is_scaled")]
    lines = [f"{len(sessions)} raters; ITU-T P.910 asks for {_RATERS} or more"] if len(sessions) < _RATERS else []
    lines += [f"not finished: {', '.join(unfinished)}"] if unfinished else []
    return lines + ([f"saw the clips smaller than they are: {', '.join(scaled)}"] if scaled else [])


def _joined_sha256(sha256: str, settings: RateSettings) -> str:
    """Return a checksum of the videos, the plan and the answers so far."""
    digest = hashlib.sha256(sha256.encode())
    for path in (settings.plan, settings.after):
        files = sorted(path.glob("*.json")) if path is not None and path.is_dir() else [path]
        for file in files:
            digest.update(file.read_bytes() if file is not None and file.is_file() else b"")
    return digest.hexdigest()


def _listed(drops: Sequence[Dropped]) -> str:
    more = f" and {len(drops) - 3} more" if len(drops) > 3 else ""
    return "; ".join(f"{drop.uri or drop.id}: {drop.reason}: {drop.detail}" for drop in drops[:3]) + more
