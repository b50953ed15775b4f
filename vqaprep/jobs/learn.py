"""The jobs that learn: train a system, evaluate a run, score videos."""

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.errors import InputError
from vqaprep.jobs import Common, Job
from vqaprep.outfolder import OutFolder, open_out
from vqaprep.train.settings import TrainSettings

# These change how fast or how safely a run goes, never what it learns: a run may resume with others.
_MACHINE = {"accelerator", "compile", "channels_last", "loader_workers", "validate_every", "checkpoint_every_s"}


class EvaluateSettings(BaseModel):
    """What `evaluate` may be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shards: Annotated[Path, Field(description="shard folder to evaluate on")]
    split: Annotated[Literal["train", "val", "test", "all"], Field(description="which samples")] = "test"
    batch: Annotated[int, Field(ge=1, description="examples at a time")] = 16
    draws: Annotated[int, Field(ge=1, description="times that windows and variants are drawn")] = 1
    mapping: Annotated[
        Literal["none", "rescale", "logistic4"], Field(description="map quality to scores before PLCC and RMSE")
    ] = "logistic4"
    baselines: Annotated[bool, Field(description="also score BRISQUE, NIQE and the network with random weights")] = (
        False
    )


def provide() -> dict[str, Job]:
    """Return `train` and `evaluate`."""
    train = Job(
        "train", "Train a system on shards; the same command resumes.", TrainSettings, _train,
        "vqaprep train speediness 6-shards -o 7-run --preset small --epochs 20",
        before=("system",), source_help="a shard folder",
    )  # fmt: skip
    evaluate = Job(
        "evaluate", "Measure a trained run on samples it has not seen.", EvaluateSettings, _evaluate,
        "vqaprep evaluate 7-run 6-shards -o 8-evaluation", after=("shards",), source_help="a run folder of `train`",
    )  # fmt: skip
    return {"train": train, "evaluate": evaluate}


def _train(source: Path, out: Path, settings: TrainSettings, common: Common) -> list[str]:
    from vqaprep.train.loop import train
    from vqaprep.train.systems import load_module

    load_module(settings.system)
    sha256 = _index_sha256(source)
    if common.dry_run:
        return [_plan(settings, source)]
    is_first = os.environ.get("RANK", "0") == "0"
    folder = (
        _open(out, "train", settings.model_dump(mode="json", exclude=_MACHINE), sha256, common) if is_first else None
    )
    if folder is not None and folder.is_complete:
        return [f"{out}: already done"]
    losses = train(settings, source, out, seed=common.seed)
    if folder is not None:
        folder.finish(losses=losses)
    return [f"{out}: trained, last losses {', '.join(f'{k} {v:.4g}' for k, v in losses.items())}"] if is_first else []


def _evaluate(source: Path, out: Path, settings: EvaluateSettings, common: Common) -> list[str]:
    from vqaprep.evaluate.predict import predictions
    from vqaprep.evaluate.protocols import scores, table
    from vqaprep.evaluate.table import write_table
    from vqaprep.evaluate.trained import load_run

    sha256 = _index_sha256(settings.shards)
    trained = load_run(source)
    if common.dry_run:
        return [f"would evaluate {trained.system} on split {settings.split} of {settings.shards}"]
    described = settings.model_dump(mode="json") | {"run": str(source), "seed": common.seed}
    folder = _open(out, "evaluate", described, sha256, common)
    if folder.is_complete:
        return [f"{out}: already done", (out / "metrics.md").read_text(encoding="utf-8")]
    split = None if settings.split == "all" else settings.split
    found, shares = predictions(
        trained, settings.shards, split=split, batch=settings.batch, draws=settings.draws, seed=common.seed
    )
    found.to_parquet(out / "predictions.parquet", index=False)
    metrics = scores(found, shares, mapping=settings.mapping, seed=common.seed)
    (out / "metrics.json").write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    write_table(table(metrics), out / "metrics")
    folder.finish(counts={"examples": len(found)})
    return [
        f"{out}: {metrics['num_examples']} examples of {metrics['num_videos']} videos",
        (out / "metrics.md").read_text(),
    ]


def _open(out: Path, command: str, settings: dict[str, Any], sha256: str, common: Common) -> OutFolder:
    return open_out(out, command, settings | {"seed": common.seed}, input_sha256=sha256, force=common.force)


def _index_sha256(shards: Path) -> str:
    import hashlib

    index = shards / "index.parquet"
    if not index.is_file():
        raise InputError(f"{shards} is no finished shard folder; make one with `vqaprep shard CLIPS -o {shards}`")
    return hashlib.sha256(index.read_bytes()).hexdigest()


def _plan(settings: TrainSettings, shards: Path) -> str:
    from vqaprep.train.asking import ask_for
    from vqaprep.train.data import Examples
    from vqaprep.train.systems import build, recipe_of

    ask, chosen = ask_for(settings, shards)
    recipe, num = recipe_of(settings), len(Examples(shards, ask, split="train", seed=0, passes=settings.passes))
    parameters = sum(p.numel() for p in build(settings.system, chosen).parameters())
    steps = recipe.epochs * max(1, num // min(recipe.batch, num))
    size = f"{parameters:,} parameters, {num} examples"
    return f"would train {settings.system} ({size}) for {recipe.epochs} epochs, {steps} steps"
