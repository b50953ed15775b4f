"""Worker processes on this machine. Killing one loses only its own item."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from vqaprep.engines import Done, Failed, Limits, Pool
from vqaprep.engines.worker import TRIES, Worker

_log = logging.getLogger(__name__)


def engine(pool: Pool) -> "LocalEngine":
    """Return the engine of this file."""
    return LocalEngine(pool.workers, pool.limits)


@dataclass(frozen=True)
class LocalEngine:
    """`workers` processes with time limits for each item; one that hangs or dies is replaced."""

    workers: int
    limits: Limits

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        """Yield a result for each item, in the order of completion.

        Items whose process died come last, one at a time: what the others took of the memory is then free.
        """
        workers = [Worker(self.limits) for _ in range(min(self.workers, len(items)))]
        lost: list[int] = []
        try:
            for outcome in _collect(workers, work, items):
                if isinstance(outcome, Failed) and outcome.reason == "crashed":
                    _log.warning("item %d: %s; it is tried again alone", outcome.index, outcome.detail)
                    lost.append(outcome.index)
                else:
                    yield outcome
            # All but one worker end first: a process that ran out of memory gets what they held.
            for worker in workers[1:] if lost else ():
                worker.close()
            for index in lost:
                yield workers[0].do(work, index, items[index], tries=TRIES - 1)
        except BaseException:
            for worker in workers:
                worker.kill()
            raise
        for worker in workers:
            worker.close()


def _collect(workers: list[Worker], work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
    """Give each worker one item at a time, so that memory does not grow with the number of items."""
    waiting = iter(range(len(items)))
    flying: dict[Connection, Worker] = {}

    def send(worker: Worker) -> None:
        if (index := next(waiting, None)) is not None:
            flying[worker.send(work, index, items[index])] = worker

    for worker in workers:
        send(worker)
    while flying:
        # A worker gets its next item before its result goes on: the caller may take long with a result.
        for pipe in wait(list(flying)):
            worker = flying.pop(pipe)  # type: ignore[call-overload]  # the very connections that it was given
            outcome = worker.outcome()
            send(worker)
            yield outcome
