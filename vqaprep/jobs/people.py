"""The jobs in which people decide: pages that open from a disk, and the tables that they save."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.errors import InputError
from vqaprep.jobs import FILES, LOOKS, PROGRESS, WORKERS, Common, Job
from vqaprep.jobs.source import Input, joined, read_source
from vqaprep.rows import Row
from vqaprep.rows.manifest import DROPPED, MANIFEST, REFUSED, read_dropped, read_rows
from vqaprep.rows.outfolder.record import check_sound, read_run
from vqaprep.sources.kinds import kind_of
from vqaprep.storage.folder import is_local

if TYPE_CHECKING:
    from vqaprep.detect.by_hand import Override
    from vqaprep.detect.watch import WatchSettings


class ReviewSettings(BaseModel):
    """Settings of `review`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    which: Annotated[
        Literal["all", "dropped"], Field(description="videos to show; all: dropped ones first, then the others")
    ] = "all"
    overrides: Annotated[
        Path | None, Field(description="table of decisions that were made before; the page begins with them")
    ] = None


def provide() -> dict[str, Job]:
    """Return the jobs of this file."""
    review = Job(
        "review", "Write a page on which people correct who the participant is.", ReviewSettings, _review,
        "vqaprep review 2-crop", source_help="an OUT folder of crop", has_out=False,
        takes=WORKERS | FILES | LOOKS | PROGRESS,
    )  # fmt: skip
    return {"review": review}


def _review(source: Path, out: Path, settings: ReviewSettings, common: Common) -> list[str]:
    from vqaprep.correction.build import FOLDER, HIDDEN_FOLDER, build
    from vqaprep.correction.show import VideoToShow
    from vqaprep.datasets.naming import names_of

    if not (source / REFUSED).is_file():
        order = "vqaprep crop IN -o CROP, and then vqaprep review CROP"
        raise InputError(f"{source} is {kind_of(source)}, not a finished OUT folder of crop; make one: {order}")
    if not is_local(source):
        raise InputError(f"{source} lies in a store, and a page opens from a disk; copy the folder here first")
    check_sound(source)
    given = _videos(source, common, settings)
    decisions = _decisions(settings, given)
    plain_rows = given.unhidden(given.rows)
    drops = {drop.id: drop for drop in read_dropped(source / DROPPED)}
    is_hidden = given.veil.is_hiding
    folder = source / (HIDDEN_FOLDER if is_hidden else FOLDER)
    watch = _watch(read_run(source) or {})
    names = names_of(given.rows, plain_rows)
    how: dict[str, Any] = {"watch": watch, "cache": common.cache_dir(), "folder": folder, "is_hidden": is_hidden}
    videos = [
        VideoToShow(real, names[row.video_id], drops.get(row.id), decisions.get(row.uri, ()), **how)
        for row, real in zip(given.rows, plain_rows, strict=True)
    ]
    page = build(videos, folder, engine=common.make_engine(source))
    again = "run the same crop command with --overrides overrides.csv: only those videos are done again"
    return [f"review: {page}", f"open it in a browser, save overrides.csv there, and {again}"]


def _videos(folder: Path, common: Common, settings: ReviewSettings) -> Input:
    """Return one row per video, as it came to crop where it was dropped; dropped ones first."""
    files = [folder / REFUSED, *([folder / MANIFEST] if settings.which == "all" else [])]
    given = joined([read_source(file, root=common.root) for file in files if read_rows(file)])
    if not given.rows:
        raise InputError(f"{folder} has no {'dropped ' if settings.which == 'dropped' else ''}video to review")
    first: dict[str, Row] = {}
    for row in given.rows:
        first.setdefault(row.video_id, row)
    return replace(given, rows=tuple(first.values()))


def _decisions(settings: ReviewSettings, found: Input) -> "Mapping[str, tuple[Override, ...]]":
    """Return the decisions of an earlier table, in seconds from the first frame; they must fit the videos."""
    if settings.overrides is None:
        return {}
    from vqaprep.correction.matching import fitted, matched
    from vqaprep.correction.overrides import read_overrides

    plain_rows = found.unhidden(found.rows)
    names = {row.uri: {row.uri, real.uri, row.video_id} for row, real in zip(found.rows, plain_rows, strict=True)}
    decisions = matched(read_overrides(settings.overrides), names)
    fitted(decisions, found.rows)
    if not found.veil.is_hiding:
        return decisions
    return {uri: tuple(replace(one, by=None) for one in overrides) for uri, overrides in decisions.items()}


def _watch(run: dict[str, Any]) -> "WatchSettings":
    """Return the detectors that crop used, whose looks are in the cache."""
    from vqaprep.detect.watch import WatchSettings

    settings = run.get("settings", {})
    return WatchSettings(detector=settings.get("detector", "mnet"), ocr=settings.get("ocr", "rapidocr"))
