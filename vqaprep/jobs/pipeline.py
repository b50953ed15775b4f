"""Run a pipeline file: each step is a job, its folder a number and a name inside the run's OUT."""

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.errors import NotDoneError, unknown_name
from vqaprep.jobs import Common
from vqaprep.jobs.plan import PipelinePlan, Planned
from vqaprep.jobs.source import is_manifest
from vqaprep.packages.packaged import pipeline_file
from vqaprep.rows.outfolder import take
from vqaprep.rows.outfolder.overlap import refuse_overlap
from vqaprep.rows.outfolder.record import RUN, OtherWorkError, read_run
from vqaprep.rows.pseudonyms import read_key
from vqaprep.settings import Pipeline, read_pipeline
from vqaprep.storage import at
from vqaprep.storage.durable import read_json, sweep, write_json
from vqaprep.storage.folder import is_local

_log = logging.getLogger(__name__)
STATE = "pipeline.json"


class PipelineSettings(BaseModel):
    """Options of `run`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: Annotated[int | None, Field(description="seed of every step; default: the pipeline's own")] = None
    input: Annotated[
        tuple[str, ...], Field(description="videos to read instead of the pipeline's own, or NAME=VIDEOS of its inputs")
    ] = ()
    pseudonymize: Annotated[
        Path | None, Field(description="key file; replaces names of people and files by pseudonyms in every step")
    ] = None
    from_: Annotated[
        str | None,
        Field(description="repeat this step and all later ones: its number, or the name of its folder in OUT"),
    ] = None


def run_pipeline(source: Path, out: Path, settings: PipelineSettings, common: Common) -> list[str]:
    """Run every step of a pipeline file; steps that are done are reused, an interrupted one resumes.

    Videos that hang or crash in a step are left out of the following steps, which still run.

    With `--force` a step is done again if its settings, its input or the version of its code changed, and then the
    steps whose input that changes. A step that is still right is kept.
    """
    source = pipeline_file(source)
    pipeline = read_pipeline(source)
    seed = pipeline.seed if settings.seed is None else settings.seed
    inputs = _inputs(pipeline, settings.input)
    plan = PipelinePlan(pipeline, source, out, inputs, seed=seed)
    again_from = _place_of(settings.from_, plan)
    refuse_overlap(out, [*inputs.values(), *_read_elsewhere(plan, out)])
    if settings.pseudonymize is not None:
        read_key(settings.pseudonymize)
        plan.work = [_hiding(one, settings.pseudonymize) for one in plan.work]
    if common.dry_run:
        return [f"would run {one.job.name} -> {one.folder}" for one in plan.work]
    held = take(out)
    try:
        sweep(out)
        return _run_steps(pipeline, plan, out, common, name=source.name, again_from=again_from)
    finally:
        held.release()


def _inputs(pipeline: Pipeline, given: tuple[str, ...]) -> dict[str, Path]:
    """Return the path of each input by its name, the main one's being `input`."""
    inputs = {"input": at(pipeline.input)} if pipeline.input else {}
    for word in given:
        name, _, path = word.partition("=")
        is_named = name in pipeline.inputs and path
        inputs |= {name: at(path)} if is_named else {"input": at(word)}
    return inputs


def _read_elsewhere(plan: PipelinePlan, out: Path) -> list[Path]:
    """Return what the steps read that no step wrote."""
    read = [path for one in plan.work if one.job.has_out for path in one.job.inputs(one.source, one.settings)]
    return [path for path in read if not path.is_relative_to(out)]


def _hiding(one: Planned, key_file: Path) -> Planned:
    """Return the work with pseudonyms, where its command knows them and the file names no key of its own."""
    if getattr(one.settings, "pseudonymize", key_file) is not None:
        return one
    return replace(one, settings=one.settings.model_copy(update={"pseudonymize": key_file}))


def _place_of(wanted: str | None, plan: PipelinePlan) -> int:
    """Return the number of the step from which on all are done again; one past the last where none is.

    Raises:
        InputError: no step is called so.
    """
    if wanted is None:
        return len(plan.work) + 1
    for number, one in enumerate(plan.work, start=1):
        if wanted in (str(number), one.folder.name):
            return number
    raise unknown_name("step", wanted, [one.folder.name for one in plan.work])


def _do(one: Planned, common: Common, *, is_again: bool, may_replace: bool) -> list[str]:
    """Do one step; where its folder holds other work, it is made again if that may be replaced.

    Weights cost hours: a run folder of `train` is never cleared but moved aside.
    """
    if is_again and not (one.folder / RUN).exists():
        is_again = False
    if not is_again:
        try:
            return one.job(one.source, one.folder, one.settings, common.model_copy(update={"force": False}))
        except OtherWorkError as error:
            if not may_replace:
                raise
            _log.warning("step %s is done again: %s", one.folder.name, error)
    if one.job.name == "train" and is_local(one.folder):
        kept = next(path for path in _names_aside(one.folder) if not path.exists())
        one.folder.rename(kept)
        _log.warning("the weights of %s are kept in %s", one.folder.name, kept)
    return one.job(one.source, one.folder, one.settings, common.model_copy(update={"force": True}))


def _names_aside(folder: Path) -> Iterator[Path]:
    return (folder.with_name(f"{folder.name}-kept-{number}") for number in count(1))


def _run_steps(
    pipeline: Pipeline, plan: PipelinePlan, out: Path, common: Common, *, name: str, again_from: int
) -> list[str]:
    lines, steps, unsettled = list[str](), list[dict[str, Any]](), list[str]()
    is_retried = False
    state = {"pipeline": name, "summary": pipeline.summary, "published": _published(pipeline, plan, out, name)}
    for number, one in enumerate(plan.work, start=1):
        started_s = time.monotonic()
        is_done = (one.folder / "run.json").exists()
        status = "failed"
        written = _written(one.folder)
        try:
            root = common.root if is_manifest(one.source) else None  # a folder of videos is where it is
            own = common.model_copy(update={"seed": one.seed, "root": root})
            # Videos that were tried again change the input of what depends on them.
            lines += _do(one, own, is_again=number >= again_from, may_replace=common.force or is_retried)
            status = "reused" if is_done and _written(one.folder) == written else "done"
        except NotDoneError as error:
            if not (one.folder / RUN).exists():
                raise  # files cannot be reached: the next steps would run without them
            _log.warning("%s", error)
            unsettled.append(one.folder.name)
            status = "done"
        finally:
            is_retried |= is_done and _written(one.folder) != written
            seconds = (read_run(one.folder) or {}).get("seconds", round(time.monotonic() - started_s, 3))
            entry = {"number": number, "run": one.job.name, "folder": one.folder.name, "seconds": seconds}
            steps.append(entry | {"status": status})
            write_json(out / STATE, state | {"steps": steps})
    if unsettled:
        raise NotDoneError(
            f"{out}: all {len(steps)} steps are complete, but videos hung or crashed in {', '.join(unsettled)}. "
            "The same command tries these again, and then does again what depends on them"
        )
    reused = sum(step["status"] == "reused" for step in steps)
    lines.append(f"{out}: {len(steps)} steps, {reused} of them done before")
    return lines


def _written(folder: Path) -> float | None:
    """Return when a step was completed."""
    path = folder / RUN
    return path.stat().st_mtime if path.exists() else None


def _published(pipeline: Pipeline, plan: PipelinePlan, out: Path, name: str) -> list[dict[str, Any]]:
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
