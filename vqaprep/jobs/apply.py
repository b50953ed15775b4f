"""The jobs that use what was learnt: score videos, export a run."""

import hashlib
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from vqaprep.engines import Needs, Work
from vqaprep.errors import InputError
from vqaprep.evaluation.settings import Crops
from vqaprep.jobs import ITEMS, OUT, SEED, Common, Job, Nothing
from vqaprep.jobs.source import Source, joined, read_source
from vqaprep.media.reading import Reading
from vqaprep.rows import Clip, Dropped, Row
from vqaprep.rows.journal import JOURNAL
from vqaprep.rows.outfolder import OutFolder
from vqaprep.running.accounts import Results, check_drops, dropped_files, finish, kept_results
from vqaprep.running.runner import run_items
from vqaprep.sources.kinds import holds, not_a
from vqaprep.storage import remove_tree

_log = logging.getLogger(__name__)
_NETWORK_MB = 8000  # a large network and a batch of its activations on the CPU


class ScoreSettings(Reading):
    """What `score` may be told."""

    videos: Annotated[tuple[Path, ...], Field(description="videos, folders of videos, manifests or OUT folders")]
    interval: Annotated[int, Field(ge=1, description="take every N-th frame")] = 1
    crops: Crops = 1
    batch: Annotated[int, Field(ge=1, description="clips at a time")] = 8
    pseudonymize: Annotated[Path | None, Field(description="key file; hides the names of the videos")] = None


def provide() -> dict[str, Job]:
    """Return `score` and `export`."""
    score = Job(
        "score", "Score videos with a trained run, clip by clip; the same command resumes.", ScoreSettings, _score,
        "vqaprep score 7-run videos/ -o 9-scores", after=("videos",), source_help="a run folder of `train`",
        takes=ITEMS,
    )  # fmt: skip
    export = Job(
        "export", "Write a trained run as one TorchScript file, checked against the network.", Nothing, _export,
        "vqaprep export 7-run -o 9-export", source_help="a run folder of `train`", takes=SEED | OUT,
    )  # fmt: skip
    return {"score": score, "export": export}


def _score(source: Path, out: Path, settings: ScoreSettings, common: Common) -> list[str]:
    from vqaprep.evaluation.score import read_summaries, sentence
    from vqaprep.evaluation.trained import load_run

    if not holds(source, "run"):
        other = settings.videos[-1] if settings.videos else None
        raise not_a("run", source, order="vqaprep score RUN VIDEOS -o OUT", other=other)
    trained = load_run(source)
    if "reference" in trained.contract.inputs:
        raise InputError(
            f"{trained.system} compares a clip with its reference, which a lone video lacks; train another"
        )
    found = [read_source(path, settings.pseudonymize, root=common.root) for path in settings.videos]
    videos = joined(found)
    _refuse_parts(videos.rows)
    if videos.rows and settings.reading != Reading():
        changed = ", ".join(f"--{name.replace('_', '-')}" for name in settings.reading.model_fields_set)
        raise InputError(f"{changed} is for files; a manifest says how its videos are read, give it to `vqaprep scan`")
    if common.dry_run:
        return [f"would score {len(videos.rows) + len(videos.uris)} videos with {trained.system}"]
    described = {"run": str(source), "interval": settings.interval, "crops": settings.crops}
    described = videos.settings(described | settings.reading.model_dump())
    sha256 = _joined_sha256(_weights_sha256(source), *(one.sha256 for one in found))
    folder = common.open_out(out, "score", described, input_sha256=sha256)
    if not folder.is_complete:
        gpus = float(trained.device.type == "cuda")
        _score_all(source, folder, videos, settings=settings, common=common, gpus=gpus)
    check_drops(out, max_drop_rate=common.allowed_drops("score"))
    for line in dropped_files(out):
        _log.warning("dropped:%s", line)
    return [sentence(summary) for summary in read_summaries(out)]


def _score_all(
    run: Path, folder: OutFolder, found: Source, *, settings: ScoreSettings, common: Common, gpus: float
) -> None:
    """Score every video in a process that can be killed, then write what they came to."""
    from vqaprep.evaluation.score import PARTS, PLOTS, Scoring, gather, has_part, part_name, score_video

    out = folder.path
    engine = common.make_engine(out)
    probed = found.probe(folder, engine, settings.reading)
    rows, dropped = probed.rows, probed.dropped
    videos = {row.video_id: row for row in rows}
    threads = max(1, len(os.sched_getaffinity(0)) // common.workers)
    places = {row.video_id: row.uri for row in found.opened(rows)}
    items = {
        name: Scoring(run, row, places[name], out, settings.interval, settings.crops, settings.batch, threads)
        for name, row in videos.items()
    }
    ids = {name: [row.id] for name, row in videos.items()}
    needs = Needs(cpus=threads, gpus=gpus, beside_mb=None if gpus else _NETWORK_MB, keeps_state=True)
    work, journal = Work(score_video, needs), out / f"score{JOURNAL}"
    for line in found.lines:
        _log.info("%s", line)
    before = kept_results(folder, ((row.uri, name) for name, row in videos.items()))

    def is_kept(video_id: str, result: Results) -> bool:
        return video_id in before or has_part(out, video_id) or all(isinstance(one, Dropped) for one in result)

    how: dict[str, Any] = {"journal": journal, "engine": engine, "ledger": folder.ledger, "again": folder.again}
    folder.will_write(name for video in videos for name in (part_name(video), f"{PLOTS}/{video}.png"))
    results = run_items("score", work, items, ids, before=before, is_kept=is_kept, **how)
    found.keep_identities(out)
    results = found.relocated(results)
    gather(out, [row for row in results if not isinstance(row, Dropped)])
    finish(folder, list(videos.values()), [*results, *dropped], check=False)
    remove_tree(out / PARTS)


def _refuse_parts(rows: Iterable[Row]) -> None:
    """Refuse rows of a manifest that are not videos as they are."""
    for row in rows:
        if isinstance(row, Clip) or row.distortion != "none":
            raise InputError(f"{row.id} is a clip or a distorted variant; score the manifest of scan, trim or crop")


def _export(source: Path, out: Path, settings: Nothing, common: Common) -> list[str]:
    from vqaprep.evaluation.export import export
    from vqaprep.evaluation.trained import load_run

    if not holds(source, "run"):
        raise not_a("run", source, order="vqaprep export RUN -o OUT")
    trained = load_run(source)
    if common.dry_run:
        return [f"would export {trained.system}"]
    sha256 = _weights_sha256(source)  # a path may be named after someone, and a run does not know of whom it learned
    folder = common.open_out(out, "export", {"run": f"weights {sha256[:12]}"}, input_sha256=sha256)
    if folder.is_complete:
        return [f"{out}: already done"]
    with folder.unless_refused():
        made = export(trained, out, seed=common.seed)
    folder.finish(max_difference=made.max_difference)
    return [f"{made.path}: clip -> {', '.join(made.outputs)}; differs by {made.max_difference:.3g} at most"]


def _weights_sha256(run: Path) -> str:
    from vqaprep.packages.cache import sha256_of
    from vqaprep.training.checkpoint import EMA, MODEL

    path = run / (EMA if (run / EMA).exists() else MODEL)
    return sha256_of(path)


def _joined_sha256(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()
