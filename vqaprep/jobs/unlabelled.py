"""The job that judges scorers of quality on good videos, without any human score."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from vqaprep import distortions
from vqaprep.errors import InputError, MediaError, VqaprepError
from vqaprep.evaluation import scorers as installed
from vqaprep.jobs import OUT, PROGRESS, SEED, Common, Job
from vqaprep.jobs.source import read_source
from vqaprep.rows.outfolder import OutFolder
from vqaprep.settings.written import OneOf

if TYPE_CHECKING:
    from vqaprep.evaluation.scorers import Scorer

_log = logging.getLogger(__name__)
_TABLE, _FIGURES = "scores.parquet", "figures"
_KINDS = ("gaussian_blur", "gaussian_noise", "h264_crf", "jpeg", "motion_blur", "frame_freeze", "low_frame_rate")


class UnlabelledSettings(BaseModel):
    """Options of `benchmark-scorers`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scorers: Annotated[
        tuple[str, ...],
        Field(description="scorers to judge, by name; default: all that are installed"),
        OneOf(installed.names),
    ] = ()
    command: Annotated[
        tuple[str, ...],
        Field(description="also judge a program, as NAME=COMMAND with {video} where the file goes; the last number "
              "that it prints is the score, and -NAME says that lower is better"),
    ] = ()  # fmt: skip
    kinds: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="distortions, each at all its levels"),
        OneOf(distortions.names),
    ] = _KINDS
    short_side_px: Annotated[
        int, Field(ge=48, le=2160, description="pictures are reduced to this short side, which hides most of the "
                   "videos' own compression; larger ones keep their size")
    ] = 360  # fmt: skip
    videos: Annotated[
        int | None, Field(ge=2, description="most videos to take, spread over the folder; default: all")
    ] = None
    worst: Annotated[int, Field(ge=0, le=50, description="wrong orders of each scorer on its contact sheet")] = 6


def provide() -> dict[str, Job]:
    """Return `benchmark-scorers`."""
    job = Job(
        "benchmark-scorers", "Judge scorers of quality on good videos: do scores fall as damage grows?",
        UnlabelledSettings, _benchmark, "vqaprep benchmark-scorers videos/ -o scorers",
        source_help="a folder of good videos, each of a film of its own, or a video",
        takes=OUT | PROGRESS | SEED,
    )  # fmt: skip
    return {job.name: job}


def _benchmark(source: Path, out: Path, settings: UnlabelledSettings, common: Common) -> list[str]:
    judged = _scorers(settings)
    for kind in settings.kinds:
        distortions.get(kind)
    given = read_source(source)
    if not given.uris:
        raise InputError(f"{source} is a manifest; give a folder of good videos, or a video")
    uris = _spread(given.uris, settings.videos)
    if common.dry_run:
        return [f"would judge {', '.join(judged)} on {len(uris)} videos"]
    described = settings.model_dump(mode="json") | {"seed": common.seed, "scorers": sorted(judged)}
    folder = common.open_out(out, "benchmark-scorers", described, input_sha256=given.sha256)
    if not folder.is_complete:
        with folder.unless_refused():
            rows = _write(uris, judged, settings, common.seed, folder)
        folder.finish(counts={"clips": rows})
    return [(out / f"{_FIGURES}.md").read_text(encoding="utf-8"), f"{out}: contact sheets worst-SCORER.png"]


def _write(
    uris: list[str], judged: "dict[str, Scorer]", settings: UnlabelledSettings, seed: int, folder: OutFolder
) -> int:
    """Write scores, figures and contact sheets into the folder; return how many clips were scored."""
    import pandas as pd

    from vqaprep.evaluation.table import write_table
    from vqaprep.evaluation.unlabelled.clips import rows_of
    from vqaprep.evaluation.unlabelled.figures import figures, worst
    from vqaprep.evaluation.unlabelled.sheet import write_sheet
    from vqaprep.running.progress import progress
    from vqaprep.storage.durable import durable

    how: dict[str, Any] = {"short_side_px": settings.short_side_px, "seed": seed}
    rows: list[dict[str, Any]] = []
    with progress("benchmark-scorers", len(uris), ledger=folder.ledger) as progress_bar:
        for uri in uris:
            try:
                rows += rows_of(uri, judged, kinds=settings.kinds, **how)
            except MediaError as error:
                _log.warning("%s is left out: %s", uri, error)
            progress_bar.advance()
    if not rows:
        raise InputError("no video has 49 frames that move; give other videos")
    out = folder.path
    with durable(out / _TABLE) as temporary:
        pd.DataFrame(rows).to_parquet(temporary, index=False)
    write_table(figures(rows, list(judged), seed=seed), out / _FIGURES, digits=3)
    for name in judged if settings.worst else ():
        write_sheet(rows, name, worst(rows, name, num=settings.worst), out / f"worst-{name}.png", **how)
    return len(rows)


def _scorers(settings: UnlabelledSettings) -> "dict[str, Scorer]":
    """Return the scorers by name: those asked for, or all, and the programs."""
    from vqaprep.evaluation.unlabelled.command import command_scorer

    chosen = {name: installed.get(name) for name in settings.scorers}
    if not chosen and not settings.command:
        chosen = installed.all_for(settings.short_side_px)
    for words in settings.command:
        made = command_scorer(words)
        if made.name in chosen:
            raise InputError(f"two scorers are called {made.name!r}; give the program another name")
        chosen[made.name] = made
    if not chosen:
        raise VqaprepError("no scorer is to be had; `vqaprep doctor --fetch` fetches their weights")
    return chosen


def _spread(uris: tuple[str, ...], num: int | None) -> list[str]:
    """Return `num` of the videos, evenly over their order; None: all."""
    step = 1.0 if num is None else max(1.0, len(uris) / num)
    return [uris[int(i * step)] for i in range(int(len(uris) / step))]
