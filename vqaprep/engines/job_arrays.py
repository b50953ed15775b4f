"""Run items on job arrays: submit as workers become free, collect results, resubmit items of lost tasks."""

import logging
import pickle
import shutil
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vqaprep.engines import Done, Failed, Limits, needs_of, sbatch
from vqaprep.engines.array_task import WORK, items_path, results_paths, signed
from vqaprep.engines.spool import Raised, Record, read
from vqaprep.errors import VqaprepError
from vqaprep.storage.durable import private_folder, write_private

_log = logging.getLogger(__name__)
LOGS = "logs"
"""Folder in the spool: the output of each task that is not through, was lost, or gave up an item."""
ARRAYS = "arrays"
"""Folder in the spool: what tasks are given and give back."""
_POLL_S = 1.0
_QUEUE_EVERY_S = 15.0
_CHUNKS_A_WORKER = 8  # so that a slow chunk at the end keeps few workers waiting
_MOST_ITEMS = 200  # of a task: the items of a worker process of the local engine, and short enough to requeue
_LOOKS = 2  # in a row without the task: its last records may still be on their way through a network file system
_ORDINARY = {"None", "JobArrayTaskLimit", "BeginTime"}  # not looked at yet, the throttle, a requeue
_LOSSES = 3  # in a row without an item done: the first item left is given up


@dataclass(frozen=True)
class Where:
    """How arrays are submitted: their folder and name, `workers` tasks at a time in arrays of at most `limit`."""

    spool: Path
    name: str
    workers: int
    limit: int
    options: tuple[str, ...]


@dataclass(frozen=True)
class _Chunk:
    """Items for one task, and how many tasks in a row were lost over them without finishing one."""

    indices: Sequence[int]
    losses: int = 0


@dataclass
class _Task:
    chunk: _Chunk
    has_failed: bool = False
    absences: int = 0


@dataclass
class _Array:
    """A submitted array; `live` holds its tasks that are neither through nor lost."""

    job: int
    folder: Path
    throttle: int
    live: dict[int, _Task]
    offsets: dict[Path, int] = field(default_factory=dict)

    def news(self) -> list[tuple[int, Record]]:
        """Return what its live tasks wrote since the last call, each with the task."""
        found: list[tuple[int, Record]] = []
        for path in sorted(self.folder.glob("*.results")):
            task = int(path.name.partition(".")[0])
            if task in self.live:
                records, self.offsets[path] = read(path, self.offsets.get(path, 0))
                found += [(task, record) for record in records]
        return found


class JobArrays:
    """The items of one call of `map`: waiting in chunks, submitted, or settled."""

    def __init__(self, where: Where, work: Callable[[Any], Any], items: Sequence[Any], limits: Limits) -> None:
        for folder in (where.spool, where.spool / LOGS, where.spool / ARRAYS):
            private_folder(folder)
            folder.chmod(0o700)  # what lies there is unpickled by the tasks: nobody else may write it
        self._where, self._work, self._items = where, pickle.dumps((work, limits)), items
        self._options = (*sbatch.needed(needs_of(work), where.options), *where.options)
        size = max(1, min(_MOST_ITEMS, -(-len(items) // (_CHUNKS_A_WORKER * where.workers))))
        every = range(len(items))
        self._waiting = deque(_Chunk(every[i : i + size]) for i in every[::size])
        self._unsettled, self._limit = set(every), where.limit
        self._arrays: list[_Array] = []
        self._looked_s = time.monotonic()
        self._why = ""

    def outcomes(self) -> Iterator[Done | Failed]:
        """Yield results as they come, until every item has one.

        Raises:
            Exception: whatever the work raised.
        """
        while True:
            self._submit()
            for array in self._arrays:
                yield from self._collect(array)
            yield from self._look_for_lost()
            self._forget_finished()
            if not self._unsettled:
                return
            time.sleep(_POLL_S)

    def _submit(self) -> None:
        """Submit the next array when workers are free of those before it; let it have more as they get free."""
        busy = sum(min(array.throttle, len(array.live)) for array in self._arrays)
        is_held = any(array.throttle < len(array.live) for array in self._arrays)
        if busy >= self._where.workers or not (self._waiting or is_held):
            return
        listed = Counter(one.job for one in sbatch.queued(self._where.name))  # a task is listed until it has ended
        free = self._where.workers - sum(listed[job] for job in listed.keys() - {array.job for array in self._arrays})
        for array in self._arrays:
            if array.throttle < min(free, listed[array.job]):
                sbatch.set_throttle(array.job, free)
                array.throttle = free
            free -= min(array.throttle, listed[array.job])
        while self._waiting and free > 0:
            chunks = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._limit))]
            try:
                self._arrays.append(self._submitted(chunks, throttle=free))
                return
            except sbatch.TooManyError:
                if len(chunks) == 1:
                    raise
                self._limit = len(chunks) // 2
                self._waiting.extendleft(reversed(chunks))

    def _submitted(self, chunks: Sequence[_Chunk], *, throttle: int) -> _Array:
        folder = self._write(chunks)
        command = [sys.executable, "-m", "vqaprep.engines.array_task", str(folder)]
        job = sbatch.submit(
            command, name=f"{self._where.name}{folder.name}", num_tasks=len(chunks), throttle=throttle,
            log=self._where.spool / LOGS, given=self._options,
        )  # fmt: skip
        _log.debug("Slurm array %d: %d tasks, %d at a time", job, len(chunks), throttle)
        return _Array(job, folder, throttle, {i: _Task(chunk) for i, chunk in enumerate(chunks)})

    def _write(self, chunks: Sequence[_Chunk]) -> Path:
        folder = self._where.spool / ARRAYS / f"{time.time_ns()}"
        private_folder(folder)
        write_private(folder / WORK, self._work)
        for task, chunk in enumerate(chunks):
            write_private(items_path(folder, task), pickle.dumps([(i, self._items[i]) for i in chunk.indices]))
        return folder

    def _collect(self, array: _Array) -> Iterator[Done | Failed]:
        """Yield what the tasks of an array finished since the last time."""
        for number, record in array.news():
            if isinstance(record, Raised):
                record.error.add_note(f"raised in a Slurm task, see {self._log_path(array, number)}")
                raise record.error
            if record.index in self._unsettled:
                self._unsettled.discard(record.index)
                array.live[number].has_failed |= isinstance(record, Failed)
                yield record
        for number, task in list(array.live.items()):
            if self._unsettled.isdisjoint(task.chunk.indices):
                del array.live[number]
                if not task.has_failed:
                    self._log_path(array, number).unlink(missing_ok=True)

    def _look_for_lost(self) -> Iterator[Failed]:
        """Find tasks that Slurm does not list any more though they are not through; yield what is given up."""
        if time.monotonic() - self._looked_s < _QUEUE_EVERY_S:
            return
        self._looked_s = time.monotonic()
        queue = sbatch.queued(self._where.name)
        self._say_why(queue)
        listed = {(one.job, one.task) for one in queue}
        for array in self._arrays:
            for number, task in list(array.live.items()):
                task.absences = 0 if (array.job, number) in listed else task.absences + 1
                if task.absences == _LOOKS:
                    yield from self._give_again(array, number)

    def _give_again(self, array: _Array, number: int) -> Iterator[Failed]:
        """Requeue the items of a lost task, except for an item over which several tasks were lost."""
        chunk, name = array.live.pop(number).chunk, f"{array.job}_{number}"
        left = [index for index in chunk.indices if index in self._unsettled]
        losses = chunk.losses + 1 if len(left) == len(chunk.indices) else 0
        ending = sbatch.how_ended(array.job, number)
        _log.warning("Slurm task %s was lost (%s); its %d items left go to a new one", name, ending, len(left))
        if losses == _LOSSES:
            if not results_paths(array.folder, number):
                log = self._log_path(array, number)
                raise VqaprepError(f"Slurm tasks end before they begin ({ending}); see {log}, and --slurm")
            culprit = left.pop(0)  # a task does its items in order
            self._unsettled.discard(culprit)
            yield Failed(culprit, "crashed", signed(f"{losses} tasks in a row were lost over it, {ending}", name))
            losses = 0
        if left:
            self._waiting.append(_Chunk(left, losses))

    def _forget_finished(self) -> None:
        for array in [array for array in self._arrays if not array.live]:
            self._arrays.remove(array)
            shutil.rmtree(array.folder, ignore_errors=True)

    def _say_why(self, queue: Sequence[sbatch.Listed]) -> None:
        """Log once why nothing runs, unless we caused it."""
        is_running = any(one.state == "RUNNING" for one in queue)
        why = "" if is_running else ", ".join(sorted({one.reason for one in queue} - _ORDINARY))
        if why not in ("", self._why):
            _log.info("%d Slurm tasks wait: %s", len(queue), why)
        self._why = why

    def _log_path(self, array: _Array, number: int) -> Path:
        return self._where.spool / LOGS / f"{array.job}_{number}.log"
