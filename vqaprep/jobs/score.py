"""The job that scores videos: with the shipped scorer, with other weights, or with a run of `train`."""

import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from vqaprep.engines import Needs, Work
from vqaprep.errors import InputError
from vqaprep.evaluation.quality.weights import DEFAULT
from vqaprep.evaluation.settings import Crops
from vqaprep.jobs import ITEMS, Common, Job
from vqaprep.jobs.export import run_sha256
from vqaprep.jobs.source import Input, joined, read_source
from vqaprep.media.reading import Reading
from vqaprep.rows import Clip, Dropped, Row
from vqaprep.rows.journal import JOURNAL
from vqaprep.rows.outfolder import OutFolder
from vqaprep.running.accounts import Results, check_drops, dropped_files, finish, kept_results
from vqaprep.running.runner import run_items
from vqaprep.sources.kinds import holds, not_a
from vqaprep.storage import remove_tree

_log = logging.getLogger(__name__)
_RUN_FILES = ("meta.json", "model.safetensors", "state.pt")  # a run that lost one of them is no folder of videos
_NETWORK_MB = 8000  # a large network and a batch of its activations on the CPU
_WEIGHTS_FILES = (".safetensors", ".pt", ".pth")
_ORDER = "vqaprep score VIDEOS -o OUT, or vqaprep score RUN VIDEOS -o OUT"


class ScoreSettings(Reading):
    """The options of `score`."""

    videos: Annotated[
        tuple[Path, ...], Field(description="more videos, folders of videos, manifests or OUT folders")
    ] = ()
    weights: Annotated[
        str | None,
        Field(description="scorer: a name of installed weights, a .npz file, or a run folder of `train`; "
              "default: the shipped scorer of quality"),
    ] = None  # fmt: skip
    every: Annotated[int, Field(ge=1, description="shipped scorer: score one second of every N")] = 1
    interval: Annotated[int, Field(ge=1, description="run of `train`: take every N-th frame")] = 1
    crops: Crops = 1
    batch: Annotated[int, Field(ge=1, description="run of `train`: clips at a time")] = 8
    pseudonymize: Annotated[Path | None, Field(description="key file; replaces names by pseudonyms")] = None


def provide() -> dict[str, Job]:
    """Return `score`."""
    score = Job(
        "score", "Score the quality of videos from 0 to 100, without a reference; the same command resumes.",
        ScoreSettings, _score, "vqaprep score film.mp4", after=("videos",),
        source_help="a video, a folder of videos, a manifest or an OUT folder; or a run folder of `train`, before them",
        takes=ITEMS, default_out=_default_out,
    )  # fmt: skip
    return {"score": score}


def _default_out(source: Path) -> Path:
    """Return the folder that results go to where none is named: beside nothing else, here."""
    name = re.sub(r"[^\w.-]+", "_", source.stem if source.is_file() else source.name).strip("._") or "videos"
    return Path(f"{name}-score")


def _score(source: Path, out: Path, settings: ScoreSettings, common: Common) -> list[str]:
    run = _run_of(source, settings)
    paths = settings.videos if run == source else (source, *settings.videos)
    if run is not None and not paths:
        raise InputError(f"{run} is a run of `train`; name the videos to score after it: {_ORDER}")
    if run is not None:
        _refuse_comparison(run)
    inputs = [read_source(path, settings.pseudonymize, root=common.root) for path in paths]
    videos = joined(inputs)
    _refuse_parts(videos.rows)
    if videos.rows and settings.reading != Reading():
        changed = ", ".join(f"--{name.replace('_', '-')}" for name in settings.reading.model_fields_set)
        raise InputError(f"{changed} is for files; a manifest says how its videos are read, give it to `vqaprep scan`")
    sha256s = [one.sha256 for one in inputs]
    if run is None:
        return _with_weights(videos, out, settings=settings, common=common, sha256s=sha256s)
    return _with_run(run, videos, out, settings=settings, common=common, sha256s=sha256s)


def _run_of(source: Path, settings: ScoreSettings) -> Path | None:
    """Return the run folder that scores, or None where weights do.

    Raises:
        InputError: a run is named in a wrong place.
    """
    if settings.weights is not None and holds(path := Path(settings.weights), "run"):
        return path
    if holds(source, "run"):
        if settings.weights is not None:
            raise InputError(f"{source} is a run, and --weights {settings.weights} names another scorer; leave one out")
        return source
    other = next((path for path in settings.videos if holds(path, "run")), None)
    is_broken_run = any((source / name).exists() for name in _RUN_FILES)
    if other is not None or is_broken_run or (source.suffix in _WEIGHTS_FILES and source.is_file()):
        raise not_a("run", source, order="vqaprep score RUN VIDEOS -o OUT", other=other)
    return None


def _refuse_comparison(run: Path) -> None:
    """Refuse a run that cannot score a video alone, before any video is looked at."""
    from vqaprep.evaluation.trained import load_run

    trained = load_run(run)
    if "reference" in trained.contract.inputs:
        raise InputError(
            f"{trained.system} compares a clip with its reference, which a lone video lacks; train another"
        )


def _with_weights(
    videos: Input, out: Path, *, settings: ScoreSettings, common: Common, sha256s: list[str]
) -> list[str]:
    """Score with a weights file and write tables and the page."""
    from vqaprep.evaluation.quality.page import write_page
    from vqaprep.evaluation.quality.scoring import Scoring, has_video, names_of, score_file
    from vqaprep.evaluation.quality.tables import gather, read_scores, sentence
    from vqaprep.evaluation.quality.weights import load_weights, weights_path

    path = weights_path(settings.weights or DEFAULT)
    weights = load_weights(path)
    if common.dry_run:
        return [f"would score {len(videos.rows) + len(videos.uris)} videos with {weights.about['name']}"]
    described = videos.settings({"weights": weights.about["name"], "every": settings.every})
    described |= settings.reading.model_dump()
    folder = common.open_out(out, "score", described, input_sha256=_joined_sha256(weights.sha256, *sha256s))
    if not folder.is_complete:
        shows = not videos.veil.is_hiding
        rows, dropped = _probed(folder, videos, settings, common)
        places = {row.video_id: row.uri for row in videos.opened(rows)}
        items = {row.video_id: Scoring(path, row, places[row.video_id], out, settings.every, shows) for row in rows}
        folder.will_write(name for video in items for name in names_of(video))
        work = Work(score_file, Needs(keeps_state=True))
        has = partial(has_video, out)
        results = _worked(work, items, rows, folder=folder, videos=videos, common=common, has=has)
        scored = [row for row in results if not isinstance(row, Dropped)]
        table = gather(out, scored)
        lost = [*(one for one in results if isinstance(one, Dropped)), *dropped]
        write_page(out, table, scored, lost, weights)
        finish(folder, rows, [*results, *dropped], check=False)
    _check(out, common)
    return [*(sentence(row) for row in read_scores(out)), f"page: {out / 'score.html'}"]


def _with_run(
    run: Path, videos: Input, out: Path, *, settings: ScoreSettings, common: Common, sha256s: list[str]
) -> list[str]:
    """Score clip by clip with a run of `train`."""
    from vqaprep.evaluation.opinion_scale import load_scale
    from vqaprep.evaluation.score import PARTS, gather, read_summaries, sentence
    from vqaprep.evaluation.trained import load_run

    trained = load_run(run)
    if common.dry_run:
        return [f"would score {len(videos.rows) + len(videos.uris)} videos with {trained.system}"]
    described = {"run": str(run), "interval": settings.interval, "crops": settings.crops}
    described = videos.settings(described | settings.reading.model_dump())
    folder = common.open_out(out, "score", described, input_sha256=_joined_sha256(run_sha256(run), *sha256s))
    if not folder.is_complete:
        results, rows, dropped = _scored_by_run(
            run, trained.device.type, videos, folder=folder, settings=settings, common=common
        )
        gather(out, [row for row in results if not isinstance(row, Dropped)], load_scale(run))
        finish(folder, rows, [*results, *dropped], check=False)
        remove_tree(out / PARTS)
    _check(out, common)
    return [sentence(one) for one in read_summaries(out)]


def _scored_by_run(
    run: Path, device: str, videos: Input, *, folder: OutFolder, settings: ScoreSettings, common: Common
) -> tuple[Results, list[Row], list[Dropped]]:
    """Return results, rows and what could not be read; the scores of each video go to a part of its own."""
    from vqaprep.evaluation.score import PLOTS, Scoring, has_part, part_name, score_video

    out = folder.path
    gpus = float(device == "cuda")
    threads = max(1, len(os.sched_getaffinity(0)) // common.workers)
    rows, dropped = _probed(folder, videos, settings, common)
    places = {row.video_id: row.uri for row in videos.opened(rows)}
    how: dict[str, Any] = {"interval": settings.interval, "crops": settings.crops, "batch": settings.batch}
    items = {row.video_id: Scoring(run, row, places[row.video_id], out, threads=threads, **how) for row in rows}
    folder.will_write(name for video in items for name in (part_name(video), f"{PLOTS}/{video}.png"))
    needs = Needs(cpus=threads, gpus=gpus, beside_mb=None if gpus else _NETWORK_MB, keeps_state=True)
    has = partial(has_part, out)
    results = _worked(Work(score_video, needs), items, rows, folder=folder, videos=videos, common=common, has=has)
    return results, rows, dropped


def _check(out: Path, common: Common) -> None:
    """Name what was dropped; refuse more drops than allowed."""
    check_drops(out, max_drop_rate=common.allowed_drops("score"))
    for line in dropped_files(out):
        _log.warning("dropped:%s", line)


def _probed(
    folder: OutFolder, videos: Input, settings: ScoreSettings, common: Common
) -> tuple[list[Row], list[Dropped]]:
    """Return the rows of all videos, each once, and what could not be read."""
    probed = videos.probe(folder, common.make_engine(folder.path), settings.reading)
    for line in videos.lines:
        _log.info("%s", line)
    return list({row.video_id: row for row in probed.rows}.values()), probed.dropped


def _worked(
    work: Work,
    items: dict[str, Any],
    rows: list[Row],
    *,
    folder: OutFolder,
    videos: Input,
    common: Common,
    has: Callable[[str], bool],
) -> list[Row | Dropped]:
    """Score every video in a process that can be killed; `has` says whether what was written of one is still sound."""
    before = kept_results(folder, ((row.uri, row.video_id) for row in rows))
    ids = {row.video_id: [row.id] for row in rows}

    def is_kept(video_id: str, result: Results) -> bool:
        return video_id in before or has(video_id) or all(isinstance(one, Dropped) for one in result)

    how: dict[str, Any] = {"journal": folder.path / f"score{JOURNAL}", "engine": common.make_engine(folder.path)}
    how |= {"ledger": folder.ledger, "again": folder.again, "is_kept": is_kept}
    results = run_items("score", work, items, ids, before=before, **how)
    videos.keep_identities(folder.path)
    return videos.relocated(results)


def _refuse_parts(rows: Iterable[Row]) -> None:
    """Refuse rows of a manifest that are not videos as they are."""
    for row in rows:
        if isinstance(row, Clip) or row.distortion != "none":
            raise InputError(f"{row.id} is a clip or a distorted variant; score the manifest of scan, trim or crop")


def _joined_sha256(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()
