"""Processes of this machine, each of which can be killed without losing more than its own item."""

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any

from vqaprep.engines import Done, Failed, Limits, Pool
from vqaprep.heartbeat import heartbeat, limit_stall, rest

_ITEMS_PER_PROCESS = 200  # a fresh process now and then keeps leaks of native libraries small


def engine(pool: Pool) -> "LocalEngine":
    """Return the engine of this file."""
    return LocalEngine(pool.workers, pool.limits)


@dataclass(frozen=True)
class LocalEngine:
    """A pool of `workers` processes with a time limit an item; crashed workers are replaced."""

    workers: int
    limits: Limits

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        """Yield a result for each item, in the order of completion."""
        processes = Processes(min(self.workers, max(len(items), 1)), self.limits)
        try:
            yield from self._collect(processes, work, items)
            processes.close()
        except BaseException:
            processes.stop()
            raise

    def _collect(
        self, processes: "Processes", work: Callable[[Any], Any], items: Sequence[Any]
    ) -> Iterator[Done | Failed]:
        """Keep a few items in flight a worker, so that memory does not grow with their number."""
        waiting = iter(enumerate(items))
        flying: dict[Future[Any], int] = {}
        while True:
            while len(flying) < 2 * self.workers and (entry := next(waiting, None)) is not None:
                index, item = entry
                flying[processes.start(work, item)] = index
            if not flying:
                return
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                yield processes.outcome(flying.pop(future), future)


class Processes:
    """`num` processes that take items under `limits`; one that hangs or dies costs its item and is replaced."""

    def __init__(self, num: int, limits: Limits) -> None:
        from pebble import ProcessPool

        self._limits = limits
        self._pool: Any = ProcessPool(
            max_workers=num,
            max_tasks=_ITEMS_PER_PROCESS,
            context=multiprocessing.get_context("spawn"),  # forking a process that holds native threads hangs
            initializer=_prepare,
            initargs=(limits.stall_s,),
        )

    def start(self, work: Callable[[Any], Any], item: Any) -> "Future[Any]":
        """Begin `work(item)` when a process is free; the time limit counts from then."""
        future: Future[Any] = self._pool.schedule(_timed, args=(work, item), timeout=self._limits.timeout_s)
        return future

    def outcome(self, index: int, future: "Future[Any]") -> Done | Failed:
        """Return what became of the item, waiting for it; raise what `work` raised."""
        from pebble import ProcessExpired

        try:
            value, seconds = future.result()
        except TimeoutError as error:
            if error.__cause__ is not None:  # `work` raised it, of a network perhaps: no limit of ours
                raise
            return Failed(index, "timeout", f"killed after {self._limits.timeout_s:g} s")
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGALRM:
                return Failed(index, "timeout", f"no progress for {self._limits.stall_s:g} s")
            return Failed(index, "crashed", f"the worker ended with exit code {error.exitcode}")
        return Done(index, value, seconds)

    def close(self) -> None:
        """End the processes after their last item."""
        self._pool.close()
        self._pool.join()

    def stop(self) -> None:
        """Kill the processes."""
        self._pool.stop()
        self._pool.join()


def _prepare(stall_s: float) -> None:
    """Set up a worker: Ctrl-C is the parent's affair, native libraries use one thread, stalls are deadly."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    limit_stall(stall_s)


def _die_with_parent() -> None:
    """Let the kernel end this process when its parent is killed; elsewhere than on Linux it ends after its item.

    An orphan would go on writing into a folder that a resumed run already works on.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _timed(work: Callable[[Any], Any], item: Any) -> tuple[Any, float]:
    """Return what `work` made of `item`, and its seconds."""
    started_s = time.monotonic()
    heartbeat()
    try:
        return work(item), time.monotonic() - started_s
    finally:
        rest()


_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Read by the libraries when they are first loaded; a process on each core needs no threads of its own.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
