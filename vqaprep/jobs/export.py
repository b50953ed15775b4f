"""The job that makes a trained run usable elsewhere."""

from pathlib import Path

from vqaprep.evaluation.export_settings import ExportSettings
from vqaprep.jobs import OUT, SEED, Common, Job
from vqaprep.sources.kinds import holds, not_a


def provide() -> dict[str, Job]:
    """Return `export`."""
    export = Job(
        "export", "Write a trained run as one file, TorchScript or ONNX, checked against the network.",
        ExportSettings, _export, "vqaprep export 7-run -o 9-export",
        source_help="a run folder of `train`", takes=SEED | OUT,
    )  # fmt: skip
    return {"export": export}


def _export(source: Path, out: Path, settings: ExportSettings, common: Common) -> list[str]:
    from vqaprep.evaluation.export import export
    from vqaprep.evaluation.trained import load_run

    if not holds(source, "run"):
        raise not_a("run", source, order="vqaprep export RUN -o OUT")
    trained = load_run(source)
    if common.dry_run:
        return [f"would export {trained.system}"]
    sha256 = run_sha256(source)  # a path may be named after someone, and a run does not know of whom it learned
    folder = common.open_out(
        out, "export", {"run": f"weights {sha256[:12]}"} | settings.model_dump(), input_sha256=sha256
    )
    if folder.is_complete:
        return [f"{out}: already done"]
    with folder.unless_refused():
        made = export(trained, out, form=settings.format, seed=common.seed)
    folder.finish(max_difference=made.max_difference)
    return [f"{made.path}: clip -> {', '.join(made.outputs)}; differs by {made.max_difference:.3g} at most"]


def run_sha256(run: Path) -> str:
    """Return the checksum of the weights that a run predicts with."""
    from vqaprep.packages.cache import sha256_of
    from vqaprep.training.checkpoint import EMA, MODEL

    path = run / (EMA if (run / EMA).exists() else MODEL)
    return sha256_of(path)
