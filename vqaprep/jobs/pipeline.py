"""Run a pipeline file: each step is a job, its folder a number and a name inside the run's OUT."""

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.durable import read_json, write_json
from vqaprep.jobs import Common
from vqaprep.jobs.plan import Plan, Planned
from vqaprep.jobs.source import is_manifest
from vqaprep.outfolder import take
from vqaprep.outfolder.overlap import refuse_overlap
from vqaprep.outfolder.record import read_run
from vqaprep.packaged import pipeline_file
from vqaprep.pseudonyms import read_key
from vqaprep.settings import Pipeline, read_pipeline
from vqaprep.storage import at

_log = logging.getLogger(__name__)
STATE = "pipeline.json"


class PipelineSettings(BaseModel):
    """What `run` may be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: Annotated[int | None, Field(description="seed of every step; default: the pipeline's own")] = None
    input: Annotated[
        tuple[str, ...], Field(description="videos to read instead of the pipeline's own, or NAME=VIDEOS of its inputs")
    ] = ()
    pseudonymize: Annotated[
        Path | None, Field(description="key file; hides people and files in every step that reads videos or rows")
    ] = None


def run_pipeline(source: Path, out: Path, settings: PipelineSettings, common: Common) -> list[str]:
    """Run every step of a pipeline file; steps that are done are reused, an interrupted one resumes."""
    source = pipeline_file(source)
    pipeline = read_pipeline(source)
    seed = pipeline.seed if settings.seed is None else settings.seed
    inputs = _inputs(pipeline, settings.input)
    plan = Plan(pipeline, source, out, inputs, seed=seed)
    refuse_overlap(out, [*inputs.values(), *_read_elsewhere(plan, out)])
    if settings.pseudonymize is not None:
        read_key(settings.pseudonymize)
        plan.work = [_hiding(one, settings.pseudonymize) for one in plan.work]
    if common.dry_run:
        return [f"would run {one.job.name} -> {one.folder}" for one in plan.work]
    held = take(out)
    try:
        return _run_steps(pipeline, plan, out, common, name=source.name)
    finally:
        held.release()


def _inputs(pipeline: Pipeline, given: tuple[str, ...]) -> dict[str, Path]:
    """Return the path of each input by its name, the main one's being `input`."""
    found = {"input": at(pipeline.input)} if pipeline.input else {}
    for word in given:
        name, _, path = word.partition("=")
        is_named = name in pipeline.inputs and path
        found |= {name: at(path)} if is_named else {"input": at(word)}
    return found


def _read_elsewhere(plan: Plan, out: Path) -> list[Path]:
    """Return what the steps read that no step wrote."""
    read = [path for one in plan.work if one.job.has_out for path in one.job.inputs(one.source, one.settings)]
    return [path for path in read if not path.is_relative_to(out)]


def _hiding(one: Planned, key_file: Path) -> Planned:
    """Return the work with pseudonyms, where its command knows them and the file names no key of its own."""
    if getattr(one.settings, "pseudonymize", key_file) is not None:
        return one
    return replace(one, settings=one.settings.model_copy(update={"pseudonymize": key_file}))


def _run_steps(pipeline: Pipeline, plan: Plan, out: Path, common: Common, *, name: str) -> list[str]:
    lines, steps = list[str](), list[dict[str, Any]]()
    state = {"pipeline": name, "summary": pipeline.summary, "published": _published(pipeline, plan, out, name)}
    for number, one in enumerate(plan.work, start=1):
        started_s = time.monotonic()
        is_done = (one.folder / "run.json").exists()
        status = "failed"
        try:
            root = common.root if is_manifest(one.source) else None  # a folder of videos is where it is
            own = common.model_copy(update={"seed": one.seed, "root": root})
            lines += one.job(one.source, one.folder, one.settings, own)
            status = "reused" if is_done else "done"
        finally:
            seconds = (read_run(one.folder) or {}).get("seconds", round(time.monotonic() - started_s, 3))
            entry = {"number": number, "run": one.job.name, "folder": one.folder.name, "seconds": seconds}
            steps.append(entry | {"status": status})
            write_json(out / STATE, state | {"steps": steps})
    reused = sum(step["status"] == "reused" for step in steps)
    lines.append(f"{out}: {len(steps)} steps, {reused} of them done before")
    return lines


def _published(pipeline: Pipeline, plan: Plan, out: Path, name: str) -> list[dict[str, Any]]:
    """Return what papers print for this file's results, after what other files left in the same OUT."""
    path = out / STATE
    before = (
        read_json(path, remedy="remove it; the same command writes it anew").get("published", [])
        if path.is_file()
        else []
    )
    own = [
        one.model_dump(mode="json", exclude={"step"}) | {"pipeline": name, "folder": folder.name}
        for one in pipeline.published
        for folder in plan.measured(one)
    ]
    return [entry for entry in before if isinstance(entry, dict) and entry.get("pipeline") != name] + own
