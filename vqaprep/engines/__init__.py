"""Where work runs. An engine maps a function over items and knows nothing of video."""

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from vqaprep.errors.memory import DEFAULT_MB

EngineName = Literal["local", "inline", "ray", "slurm"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one item: seconds in all, seconds without progress, and memory of its process."""

    timeout_s: float = 3600.0
    stall_s: float = 120.0
    memory_mb: int = DEFAULT_MB


@dataclass(frozen=True, slots=True)
class Pool:
    """What every engine is made from: how much runs at a time, how long, and where."""

    workers: int
    limits: Limits
    spool: Path
    """Folder for what an engine keeps while it works; made only by an engine that needs one."""
    ray_address: str | None = None
    """Ray cluster to join; None starts one on this machine."""
    slurm: tuple[str, ...] = ()
    """Options of sbatch, such as `partition=long`."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The resources that an item needs while it is processed."""

    cpus: float = 1.0
    gpus: float = 0.0
    memory_mb: int = 0
    beside_mb: int | None = 0
    """Memory that networks and buffers may take on top of `Limits.memory_mb`; None where nobody can know."""
    keeps_state: bool = False
    """Whether work loads what the next item finds again, such as weights: it then stays in its processes."""


@dataclass(frozen=True, slots=True)
class Work:
    """A function with its needs. Engines that schedule work read the needs; others only call the function."""

    function: Callable[[Any], Any]
    needs: Needs

    def __call__(self, item: Any) -> Any:
        """Do the work."""
        return self.function(item)


def needs_of(work: Callable[[Any], Any]) -> Needs:
    """Return what `work` says it needs; a plain function takes one core and keeps nothing."""
    return work.needs if isinstance(work, Work) else Needs()


@dataclass(frozen=True, slots=True)
class Done:
    """The item at `index` gave `value` after `seconds` of work where it ran."""

    index: int
    value: Any
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """The item at `index` was given up: `reason` is `timeout` or `crashed`."""

    index: int
    reason: str
    detail: str


class Engine(Protocol):
    """Runs `work(item)` for every item, each in a process that can be killed; yields as they finish.

    `work` (a function or a `Work`) and the items must pickle. An exception raised by `work` is a defect of ours: it
    propagates and stops the run; a hang or a native crash costs one item.
    """

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        """Yield a result for each item, in the order of completion."""
        ...


def get(name: EngineName, pool: Pool) -> Engine:
    """Return the engine of the file `name`; what it needs is imported only now."""
    engine: Engine = importlib.import_module(f"{__name__}.{name}").engine(pool)
    return engine
