"""A Slurm in memory: it runs the tasks of an array when it is asked what waits, but for those that a test loses."""

import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vqaprep.engines import Done, Failed, Limits, Needs, array_task, sbatch


class TaskKilledError(BaseException):
    """What an item raises to take its whole task down."""


@dataclass(frozen=True)
class OneProcess:
    """The local engine of a task, in this very process."""

    workers: int
    limits: Limits

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        """Yield the result of each item at once; `hang` is one that hangs."""
        for index, item in enumerate(items):
            yield Failed(index, "timeout", "hung") if item == "hang" else Done(index, work(item))


@dataclass
class InMemory:
    """Takes the place of `vqaprep.engines.sbatch`; tasks that `is_lost` names vanish before they begin."""

    limit: int = 1001
    most_jobs: int = 1001
    is_lost: Callable[[int, int], bool] = lambda job, task: False
    lingers: dict[int, int] = field(default_factory=dict)
    """How often the lost tasks of a job are listed all the same."""
    arrays: list[tuple[str, int, int]] = field(default_factory=list)
    """(job name, number of tasks, throttle) of each array, in the order of submission."""
    options: list[tuple[str, ...]] = field(default_factory=list)
    throttles: list[tuple[int, int]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    let: list[str] = field(default_factory=list)
    lingering: dict[sbatch.Listed, int] = field(default_factory=dict)

    TooManyError = sbatch.TooManyError

    def max_tasks(self) -> int:
        return self.limit

    def needed(self, needs: Needs, given: Sequence[str]) -> list[str]:
        return sbatch.needed(needs, given)

    def submit(
        self, command: Sequence[str], *, name: str, num_tasks: int, throttle: int, log: Path, given: Sequence[str]
    ) -> int:
        if num_tasks > self.most_jobs:
            raise sbatch.TooManyError("QOSMaxSubmitJobPerUserLimit")
        self.arrays.append((name, num_tasks, throttle))
        self.options.append(tuple(given))
        job = len(self.arrays)
        for task in range(num_tasks):
            (log / f"{job}_{task}.log").write_text(shlex.join(command))
            if self.is_lost(job, task):
                self.lingering[sbatch.Listed(job, task, "RUNNING", "None")] = self.lingers.get(job, 0)
            else:
                try:
                    array_task.run_task(Path(command[-1]), task, f"{job}_{task}")
                except TaskKilledError:
                    continue
        return job

    def queued(self, name: str) -> list[sbatch.Listed]:
        for listed in [listed for listed, times in self.lingering.items() if times == 0]:
            del self.lingering[listed]
        self.lingering = {listed: times - 1 for listed, times in self.lingering.items()}
        return list(self.lingering)

    def end(self, name: str) -> None:
        self.ended.append(name)

    def let_end(self, name: str) -> None:
        self.let.append(name)

    def set_throttle(self, job: int, throttle: int) -> None:
        self.throttles.append((job, throttle))

    def how_ended(self, job: int, task: int) -> str:
        return f"NODE_FAIL on n{os.getpid()}"


WORKED: list[int] = []


def die_at_nine(number: int) -> int:
    """Take the task down at item 9."""
    if number == 9:
        raise TaskKilledError
    return number


def die_once_at_two(number: int) -> int:
    """Note what is done, and take the task down at item 2 the first time."""
    WORKED.append(number)
    if WORKED == [0, 1, 2]:
        raise TaskKilledError
    return number
