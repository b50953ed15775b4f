"""The jobs of training: train a system, evaluate a run, compare evaluations."""

import hashlib
import json
from contextlib import nullcontext
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqaprep.errors import InputError, IntegrityError, unknown_name
from vqaprep.evaluation.settings import CompareSettings, EvaluateSettings
from vqaprep.jobs import OUT, SEED, Common, Job
from vqaprep.jobs.hidden import are_hidden, content_of
from vqaprep.rows.outfolder import OutFolder
from vqaprep.rows.outfolder.contents import OF_COMMAND
from vqaprep.rows.outfolder.record import is_sound
from vqaprep.sources.kinds import holds, not_a
from vqaprep.storage.durable import durable, read_json
from vqaprep.storage.folder import is_local
from vqaprep.training.catalogue import system_notes
from vqaprep.training.launch import place
from vqaprep.training.settings import TrainSettings

if TYPE_CHECKING:
    from vqaprep.evaluation.trained import Trained

# These change how fast or how safely a run goes, never what it learns: a run may resume with others.
_MACHINE = {
    "accelerator", "compile", "channels_last", "recompute", "loader_workers", "validate_every", "checkpoint_every_s",
}  # fmt: skip

_AGAIN = "evaluate again, with --force"


def provide() -> dict[str, Job]:
    """Return `train`, `evaluate` and `compare`."""
    train = Job(
        "train", "Train a system on shards; the same command resumes.", TrainSettings, _train,
        "vqaprep train speediness 6-shards -o 7-run --preset small --epochs 20",
        before=("system",), source_help="a shard folder", takes=SEED | OUT, notes=system_notes,
    )  # fmt: skip
    evaluate = Job(
        "evaluate", "Evaluate a trained run on samples that were not used in training.", EvaluateSettings, _evaluate,
        "vqaprep evaluate 7-run 6-shards -o 8-evaluation", after=("shards",), source_help="a run folder of `train`",
        takes=SEED | OUT,
    )  # fmt: skip
    compare = Job(
        "compare", "Put evaluations into one table, with mean and deviation over seeds and folds.", CompareSettings,
        _compare, "vqaprep compare seed0/8-evaluation seed1/8-evaluation -o 9-comparison", before=("evaluations",),
        source_help="", takes=OUT,
    )  # fmt: skip
    return {"train": train, "evaluate": evaluate, "compare": compare}


def _train(source: Path, out: Path, settings: TrainSettings, common: Common) -> list[str]:
    if not is_local(out):
        raise InputError(f"train writes to its folder continuously, and {out} is a store; give one on a disk")
    from vqaprep.evaluation.opinion_scale import keep_scale
    from vqaprep.training.loop import train
    from vqaprep.training.systems import load_module

    load_module(settings.system)
    if not holds(source, "shards"):
        raise not_a("shards", source, order="vqaprep train SYSTEM SHARDS -o RUN")
    sha256 = _index_sha256(source)
    if common.dry_run:
        return [_plan(settings, source)]
    is_first = place().is_first
    folder = _open(out, "train", _described(settings, source), sha256, common) if is_first else None
    if folder.is_complete if folder is not None else is_sound(out):
        return [f"{out}: already done"] if is_first else []
    with folder.unless_refused() if folder is not None else nullcontext():
        losses = train(settings, source, out, seed=common.seed)
    if folder is not None:
        keep_scale(out, source, target=settings.target, seed=common.seed)
        folder.finish(losses=losses)
    return [f"{out}: trained, last losses {', '.join(f'{k} {v:.4g}' for k, v in losses.items())}"] if is_first else []


def _described(settings: TrainSettings, shards: Path) -> dict[str, Any]:
    """Return the settings as `run.json` says them: digests instead of paths where the shards are of hidden videos."""
    described = settings.model_dump(mode="json", exclude=_MACHINE)
    if are_hidden(shards):
        for name in ("init_from", "pristine"):
            path = getattr(settings, name)
            described[name] = None if path is None else content_of(path)
    return described


def _evaluate(source: Path, out: Path, settings: EvaluateSettings, common: Common) -> list[str]:
    from vqaprep.evaluation.heat import check_heat
    from vqaprep.evaluation.protocols import table
    from vqaprep.evaluation.table import write_table
    from vqaprep.evaluation.trained import load_run
    from vqaprep.packages.cache import sha256_of
    from vqaprep.training.checkpoint import MODEL
    from vqaprep.training.memory import memory_explained

    _check_order(source, settings.shards)
    sha256 = _index_sha256(settings.shards)
    trained = load_run(source, epoch=settings.epoch)
    if settings.saliency:
        check_heat(trained)
    if settings.fuse == "z" and not trained.contract.fused:
        raise InputError(f"fuse 'z' averages two scores of one system, and {trained.system} gives one; leave it out")
    _positive(trained, settings)
    if common.dry_run:
        return [f"would evaluate {trained.system} on split {settings.split} of {settings.shards}"]
    described = settings.model_dump(mode="json") | {"run": str(source), "seed": common.seed}
    if are_hidden(settings.shards):  # folders may be named after someone
        described |= {"run": f"weights {sha256_of(source / MODEL)[:12]}", "shards": f"index {sha256[:12]}"}
    folder = _open(out, "evaluate", described, sha256, common)
    if not folder.is_complete:
        with folder.unless_refused(), memory_explained("lower --batch and start over with --force"):
            metrics = _measured(source, trained, out, settings, common.seed)
            _draw(trained, out, settings, common.seed, metrics)
        with durable(out / "metrics.json") as temporary:
            temporary.write_text(json.dumps(metrics, indent=1), encoding="utf-8")
        write_table(table(metrics), out / "metrics")
        folder.finish(counts={"examples": metrics["num_examples"]})
    metrics = read_json(out / "metrics.json", remedy=_AGAIN)
    if not {"num_examples", "num_videos"} <= metrics.keys():
        raise IntegrityError(f"{out / 'metrics.json'} does not hold what `evaluate` writes; {_AGAIN}")
    return [
        f"{out}: {metrics['num_examples']} examples of {metrics['num_videos']} videos",
        (out / "metrics.md").read_text(encoding="utf-8"),
    ]


def _check_order(run: Path, shards: Path) -> None:
    """Refuse arguments of other kinds, exchanged ones above all."""
    order = "vqaprep evaluate RUN SHARDS -o OUT"
    if not holds(run, "run"):
        raise not_a("run", run, order=order, other=shards)
    if not holds(shards, "shards"):
        raise not_a("shards", shards, order=order)


def _measured(run: Path, trained: "Trained", out: Path, settings: EvaluateSettings, seed: int) -> dict[str, Any]:
    """Write the predictions, and return the metrics of the run and of its baselines."""
    from vqaprep.evaluation.predict import predictions, standardized, with_shares
    from vqaprep.evaluation.protocols import baselines, scores
    from vqaprep.evaluation.scorers import all_for
    from vqaprep.evaluation.trained import load_run
    from vqaprep.training.subsets import open_subset

    how: dict[str, Any] = {"split": settings.only, "batch": settings.batch, "seed": seed}
    how |= {"draws": settings.draws, "crops": settings.crops}
    scorers = cache(partial(all_for, trained.crop_px)) if settings.baselines else None
    found, shares = predictions(trained, settings.shards, **how, scorers=scorers)
    fused = trained.contract.fused
    found = standardized(found, fused) if settings.fuse == "z" else found
    with durable(out / "predictions.parquet") as temporary:
        with_shares(found, shares, trained).to_parquet(temporary, index=False)
    positive = _positive(trained, settings)
    scored: dict[str, Any] = {"mapping": settings.mapping, "positive": positive, "seed": seed}
    metrics = scores(found, shares, raters=settings.raters, **scored)
    train_samples = open_subset(settings.shards, "train", trained.folds)
    metrics["num_train_videos"] = len(set(train_samples.column("video_id")))
    if "clips" in metrics.get("label", {}):
        metrics["label"]["positive"] = trained.kind.class_names("label", 0)[positive]
    for name, of_label in metrics.items():
        if isinstance(of_label, dict) and "confusion" in of_label:
            of_label["classes"] = trained.class_names(name, len(of_label["confusion"]))
    if settings.baselines:
        plain, said = predictions(load_run(run, fresh=True), settings.shards, **how)
        fresh = (standardized(plain, fused) if settings.fuse == "z" else plain, said)
        metrics["baselines"] = baselines(found, fresh, **scored)
    return metrics


def _positive(trained: "Trained", settings: EvaluateSettings) -> int:
    """Return the number of the class to be detected."""
    if settings.positive is None:
        return 1
    classes = list(trained.kind.class_names("label", 0))
    if settings.positive not in classes:
        raise unknown_name("class", settings.positive, classes)
    return classes.index(settings.positive)


def _draw(trained: "Trained", out: Path, settings: EvaluateSettings, seed: int, metrics: dict[str, Any]) -> None:
    """Add what features tell: retrieval to `metrics`, and pictures to `out`."""
    from vqaprep.evaluation.embedding import tsne
    from vqaprep.evaluation.heat import write_heat
    from vqaprep.evaluation.pictures import plane
    from vqaprep.evaluation.predict import clips, features
    from vqaprep.evaluation.protocols import retrieval

    if settings.retrieval or settings.tsne:
        query = features(trained, settings.shards, split=settings.only, batch=settings.batch)
        has_labels = all(record["label"] is not None for record in query[1])
        if settings.retrieval:
            how: dict[str, Any] = {"split": "train", "batch": settings.batch}
            metrics["retrieval"] = retrieval(features(trained, settings.shards, **how) if has_labels else query, query)
        if settings.tsne:
            kind = "label" if has_labels else "video_id"
            names = [str(record[kind]) for record in query[1]]
            plane(tsne(query[0], seed=seed), names, out / "tsne.png", title=f"features by {kind.removesuffix('_id')}")
    if settings.saliency:
        write_heat(trained, clips(trained, settings.shards, split=settings.only, num=settings.saliency), out)


def _compare(source: Path, out: Path, settings: CompareSettings, common: Common) -> list[str]:
    from vqaprep.evaluation.compare import compare, find_evaluations, write_comparison
    from vqaprep.evaluation.differences import write_differences
    from vqaprep.evaluation.matrix import write_matrices

    evaluations = find_evaluations(settings.evaluations)
    if common.dry_run:
        return [f"would compare {len(evaluations)} evaluations"]
    names = [f"{one.run} on {one.shards}" for one in evaluations]  # of hidden shards these are digests
    sha256 = hashlib.sha256(json.dumps([one.metrics for one in evaluations]).encode()).hexdigest()
    folder = common.open_out(out, "compare", {"evaluations": names}, input_sha256=sha256)
    if not folder.is_complete:
        write_comparison(compare(evaluations), out)
        write_matrices(evaluations, out)
        write_differences(evaluations, out)
        folder.finish()
    tables = [path for name in OF_COMMAND["compare"].lasting if name.endswith(".md") and (path := out / name).exists()]
    return [f"{out}: {len(evaluations)} evaluations", *(path.read_text(encoding="utf-8") for path in tables)]


def _open(out: Path, command: str, settings: dict[str, Any], sha256: str, common: Common) -> OutFolder:
    return common.open_out(out, command, settings | {"seed": common.seed}, input_sha256=sha256)


def _index_sha256(shards: Path) -> str:
    from vqaprep.packages.cache import sha256_of

    return sha256_of(shards / "index.parquet")


def _plan(settings: TrainSettings, shards: Path) -> str:
    from vqaprep.training.data import Examples
    from vqaprep.training.requirements import requirements
    from vqaprep.training.setup import num_steps
    from vqaprep.training.subsets import folds_of
    from vqaprep.training.systems import build, recipe_of

    kind, chosen = requirements(settings, shards)
    train = Examples(shards, kind, split="train", seed=0, passes=settings.passes, folds=folds_of(settings))
    recipe, num = recipe_of(settings), len(train)
    parameters = sum(p.numel() for p in build(settings.system, chosen).parameters())
    steps = recipe.epochs * num_steps(recipe, num, min(recipe.batch, num))
    size = f"{parameters:,} parameters, {num} examples"
    return f"would train {settings.system} ({size}) for {recipe.epochs} epochs, {steps} steps"
