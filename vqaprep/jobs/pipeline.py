"""Run a pipeline file: each step is a job, its folder a number and a name inside the run's OUT."""

import logging
import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.durable import write_json
from vqaprep.errors import InputError, unknown_name
from vqaprep.jobs import Common, Job, get_job
from vqaprep.outfolder import read_run
from vqaprep.settings import Pipeline, Step, read_pipeline, validated

_log = logging.getLogger(__name__)
STATE = "pipeline.json"
_BARRED = ("run", "samples", "doctor", "status")


class PipelineSettings(BaseModel):
    """What `run` may be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: Annotated[int | None, Field(description="seed of every step; default: the pipeline's own")] = None
    input: Annotated[Path | None, Field(description="videos to read instead of the pipeline's own input")] = None


def run_pipeline(source: Path, out: Path, settings: PipelineSettings, common: Common) -> list[str]:
    """Run every step of a pipeline file; steps that are done are reused, an interrupted one resumes."""
    pipeline = read_pipeline(source)
    given = settings.input or (Path(pipeline.input) if pipeline.input else None)
    if given is None:
        raise InputError(f"{source} names no input; give one with --input VIDEOS")
    shared = common.model_copy(update={"seed": pipeline.seed if settings.seed is None else settings.seed})
    planned = [
        _planned(number, step, out, source, seed=shared.seed) for number, step in enumerate(pipeline.step, start=1)
    ]
    if common.dry_run:
        return [f"would run {job.name} -> {folder}" for job, _, folder in planned]
    return _run_steps(pipeline, planned, given, out, shared, name=source.name)


def _run_steps(
    pipeline: Pipeline, planned: list[tuple[Job, Any, Path]], given: Path, out: Path, common: Common, *, name: str
) -> list[str]:
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines, steps, before = list[str](), list[dict[str, Any]](), given
    for number, (step, (job, settings, folder)) in enumerate(zip(pipeline.step, planned, strict=True), start=1):
        started_s = time.monotonic()
        where = _resolve(Path(step.source), out, out) if step.source else before
        is_done = (folder / "run.json").exists()
        status = "failed"
        try:
            lines += job.run(where if job.has_out else out, folder, settings, common)
            status = "reused" if is_done else "done"
        finally:
            seconds = (read_run(folder) or {}).get("seconds", round(time.monotonic() - started_s, 3))
            entry = {"number": number, "run": job.name, "folder": folder.name, "seconds": seconds, "status": status}
            steps.append(entry)
            write_json(out / STATE, {"pipeline": name, "summary": pipeline.summary, "steps": steps})
        before = folder if job.has_out else before
    reused = sum(step["status"] == "reused" for step in steps)
    lines.append(f"{out}: {len(steps)} steps, {reused} of them done before")
    return lines


def _planned(number: int, step: Step, out: Path, source: Path, *, seed: int = 0) -> tuple[Job, Any, Path]:
    """Return (job, its checked settings, its folder): the whole file is checked before any work."""
    job = get_job(step.run)
    if job.name in _BARRED:
        raise InputError(f"{source}: step {number} cannot be {job.name!r}; run it on its own")
    extra = dict(step.model_extra or {})
    for key in extra:
        if key not in job.settings.model_fields:
            raise unknown_name(f"setting of {job.name} in {source}", key, job.settings.model_fields)
    for key, value in extra.items():
        if "Path" in str(job.settings.model_fields[key].annotation):
            found = [str(_resolve(Path(v), out, source.parent)) for v in ([value] if isinstance(value, str) else value)]
            extra[key] = found[0] if isinstance(value, str) else found
    if "seed" in job.settings.model_fields:
        extra.setdefault("seed", seed)
    settings = validated(job.settings, extra, where=f"{source}, step {number} ({job.name})")
    return job, settings, out / (step.out or f"{number:02d}-{job.name}")


def _resolve(path: Path, out: Path, beside: Path) -> Path:
    """Take a path as a folder of this run (`06-shard`), as a file beside the pipeline's, or as it is."""
    if path.is_absolute():
        return path
    is_step = path.parts[:1] != () and path.parts[0][:2].isdigit()
    candidates = (out / path, beside / path)
    return next((c for c in candidates if c.exists()), out / path if is_step else path)
