"""The jobs: each is a command, a step of a pipeline file, and one plain function.

A job's settings class gives the command its options, the pipeline file its keys and both their checks.
"""

import hashlib
import importlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from vqaprep.engines import Engine, EngineName, Limits, Pool, get
from vqaprep.errors import InputError, unknown_name
from vqaprep.errors.memory import DEFAULT_MB
from vqaprep.rows import REASONS
from vqaprep.rows.outfolder import OutFolder, open_out
from vqaprep.rows.outfolder.overlap import refuse_overlap
from vqaprep.settings.written import DefaultOf, is_path
from vqaprep.storage.folder import is_local

_MOST_LOST = 0.5  # `crop` loses a third of the demo's films; a loss of more than half is rarely meant
_ROOMS = ("prepare", "pack", "learn", "score", "export", "measuring", "unlabelled", "show", "people", "rating")


def _num_cores() -> int:
    return len(os.sched_getaffinity(0))


class Common(BaseModel):
    """Options that several commands share: engine, limits, logs, and handling of OUT.

    Only `seed` changes the results. A `Job` states which of them it takes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: Annotated[int, Field(description="seed of every random draw; another seed gives another draw")] = 0
    engine: Annotated[
        EngineName,
        Field(
            description="where work runs: processes here, this process alone (for a debugger), a Ray cluster, or Slurm"
        ),
    ] = "local"
    workers: Annotated[int, Field(ge=1, description="videos processed at a time; fewer take less memory")] = Field(
        default_factory=_num_cores
    )
    ray_address: Annotated[
        str | None,
        Field(description="with --engine ray: the cluster to join, auto or HOST:PORT; default: start one here"),
    ] = None
    slurm: Annotated[
        tuple[str, ...],
        Field(description="with --engine slurm: options for sbatch as KEY=VALUE, such as partition=long,time=08:00:00"),
    ] = ()
    timeout_s: Annotated[
        float, Field(gt=0, description="longest time for one video; after it the video is dropped as timeout")
    ] = 3600.0
    stall_s: Annotated[
        float, Field(ge=0, description="longest time without a new frame before the video is dropped as timeout")
    ] = 120.0
    max_memory_mb: Annotated[
        int,
        Field(
            ge=500,
            description="memory of one worker: the program and the pictures of its video, without networks; "
            "raise it for 4K or 8K video",
        ),
    ] = DEFAULT_MB
    max_drop_rate: Annotated[
        float | None,
        Field(
            ge=0,
            le=1,
            description="share of rows that may be lost; with more, the command ends with exit code 1",
        ),
        DefaultOf(lambda: "0.5; 1 for scan"),
    ] = None
    retry: Annotated[
        tuple[str, ...],
        Field(description="in a finished OUT, try dropped rows again that have this reason, such as no_face"),
    ] = ()
    force: Annotated[
        bool, Field(description="remove what the same command wrote to OUT with other settings or input; start over")
    ] = False
    dry_run: Annotated[
        bool,
        Field(description="write nothing; process two videos in a temporary folder and estimate rows, bytes and hours"),
    ] = False
    cache: Annotated[
        Path | None,
        Field(description="folder for detections and other results about videos, which later steps reuse"),
        DefaultOf(lambda: "$VQAPREP_CACHE or ~/.cache"),
    ] = None
    root: Annotated[
        Path | None,
        Field(description="folder where the videos of a manifest are now, if they were moved after it was made"),
    ] = None
    metrics_file: Annotated[
        Path | None,
        Field(description="write progress to this file for the node exporter of Prometheus (textfile collector)"),
    ] = None

    @field_validator("retry")
    @classmethod
    def _known_reasons(cls, retry: tuple[str, ...]) -> tuple[str, ...]:
        for reason in retry:
            if reason not in REASONS:
                raise ValueError(str(unknown_name("reason", reason, REASONS)))
        return retry

    def open_out(
        self,
        out: Path,
        command: str,
        settings: dict[str, Any],
        *,
        input_sha256: str,
        amendments: Mapping[str, str] | None = None,
    ) -> OutFolder:
        """Return the folder `out` for the work of `command`: new, to be resumed, or complete."""
        how: dict[str, Any] = {"version": get_job(command).version, "force": self.force, "retry": self.retry}
        return open_out(out, command, settings, input_sha256=input_sha256, amendments=amendments, **how)

    def allowed_drops(self, command: str) -> float:
        """Return the largest share of rows that `command` may lose. A folder to scan may be full of other files."""
        if self.max_drop_rate is not None:
            return self.max_drop_rate
        return 1.0 if command == "scan" else _MOST_LOST

    def make_engine(self, out: Path) -> Engine:
        """Return the engine that these options name, for a run that writes `out`."""
        limits = Limits(self.timeout_s, self.stall_s, self.max_memory_mb)
        return get(self.engine, Pool(self.workers, limits, spool_of(out), self.ray_address, self.slurm))

    def cache_dir(self) -> Path:
        """Return the folder for what may be computed again."""
        from vqaprep.packages.cache import cache_dir

        if self.cache is not None and not is_local(self.cache):
            raise InputError(f"--cache {self.cache} lies in a store; looks are kept on a disk of each machine")
        return self.cache or cache_dir()


# Groups of `Common`: every option is in one of them, and a command takes whole groups.
SEED = frozenset({"seed"})
WORKERS = frozenset({"engine", "workers", "ray_address", "slurm", "timeout_s", "stall_s", "max_memory_mb"})
DROPS = frozenset({"max_drop_rate", "retry"})
OUT = frozenset({"force", "dry_run"})
LOOKS = frozenset({"cache"})
FILES = frozenset({"root"})
PROGRESS = frozenset({"metrics_file"})
ITEMS = WORKERS | DROPS | OUT | FILES | PROGRESS
"""What a command takes that works on videos one by one."""


def spool_of(out: Path) -> Path:
    """Return where an engine keeps what it works with: beside the output, or here when that is a store."""
    if not is_local(out):
        return Path(".vqaprep-engine", hashlib.sha256(str(out).encode()).hexdigest()[:16])
    return out / ".engine"


@dataclass(frozen=True)
class Job:
    """A command: its name, what it does in one line, its settings, and the function that does it. Call it to run it.

    `run(source, out, settings, common)` returns lines for standard output. `before` and `after`
    name settings that the command line takes as arguments around the input (`train SYSTEM SHARDS`).
    `takes` names the options of `Common` that it reads; a command shows no others. `notes` are lines for the end
    of its help, such as the names that an option takes; they are made only when the help is shown.
    """

    name: str
    summary: str
    settings: type[BaseModel]
    run: Callable[[Path, Path, Any, Common], list[str]]
    example: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    source_help: str = "an OUT folder, a manifest (Parquet, CSV), a folder of videos, or a video"
    has_out: bool = True
    takes: frozenset[str] = frozenset()
    notes: Callable[[], list[str]] = list
    reads_source: bool = True
    """Whether IN is data, which OUT must keep away from; a pipeline file is not."""
    default_out: Callable[[Path], Path] | None = None
    """Where OUT goes, by IN, when the command line names none; None: it must be named."""
    version: int = 1
    """Raise it when the command gives other results: folders of an earlier version are then not taken for these."""

    def __call__(self, source: Path, out: Path, settings: Any, common: Common) -> list[str]:
        """Do the job; return lines for standard output.

        Raises:
            InputError: OUT is, holds or lies in what the job reads.
        """
        if self.has_out:
            refuse_overlap(out, self.inputs(source, settings))
        return self.run(source, out, settings, common)

    def inputs(self, source: Path, settings: Any) -> list[Path]:
        """Return every path that the job reads data from."""
        paths: list[Any] = [source] if self.source_help and self.reads_source else []
        for name, field in self.settings.model_fields.items():
            value = getattr(settings, name) if is_path(field.annotation) else None
            paths += value if isinstance(value, tuple) else [value]
        return [path for path in paths if isinstance(path, Path)]


class Nothing(BaseModel):
    """Settings of a job that has none of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@cache
def jobs() -> dict[str, Job]:
    """Return every job by name, in the order a user meets them."""
    all_jobs: dict[str, Job] = {}
    for room in _ROOMS:
        all_jobs |= importlib.import_module(f"{__name__}.{room}").provide()
    return all_jobs


def get_job(name: str) -> Job:
    """Return the job called `name`."""
    if name not in jobs():
        raise unknown_name("command", name, jobs())
    return jobs()[name]
