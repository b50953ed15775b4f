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
from vqaprep.heartbeat import begin, end, limit

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
        self._sent_s: dict[Future[Any], float] = {}
        self._pool: Any = ProcessPool(
            max_workers=num,
            max_tasks=_ITEMS_PER_PROCESS,
            context=multiprocessing.get_context("spawn"),  # forking a process that holds native threads hangs
            initializer=_prepare,
            initargs=(limits,),
        )

    def start(self, work: Callable[[Any], Any], item: Any) -> "Future[Any]":
        """Begin `work(item)` when a process is free; the time limits count from then."""
        future: Future[Any] = self._pool.schedule(_timed, args=(work, item))
        self._sent_s[future] = time.monotonic()
        return future

    def outcome(self, index: int, future: "Future[Any]") -> Done | Failed:
        """Return what became of the item, waiting for it; raise what `work` raised."""
        from pebble import ProcessExpired

        sent_s = self._sent_s.pop(future)
        try:
            value, seconds = future.result()
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGALRM:
                return Failed(index, "timeout", self._limit_met(time.monotonic() - sent_s))
            return Failed(index, "crashed", f"the worker ended with exit code {error.exitcode}")
        return Done(index, value, seconds)

    def _limit_met(self, seconds: float) -> str:
        """Say which limit ended an item that was sent so long ago, and may have waited before it began."""
        whole, stalled = f"killed after {self._limits.timeout_s:g} s", f"no progress for {self._limits.stall_s:g} s"
        if not 0 < self._limits.stall_s < self._limits.timeout_s:
            return whole
        return stalled if seconds < self._limits.timeout_s else f"{whole}, or {stalled}"

    def close(self) -> None:
        """End the processes after their last item."""
        self._pool.close()
        self._pool.join()

    def stop(self) -> None:
        """Kill the processes."""
        self._pool.stop()
        self._pool.join()


def _prepare(limits: Limits) -> None:
    """Set up a worker: Ctrl-C is the parent's affair, native libraries use one thread, limits are deadly."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    limit(stall_s=limits.stall_s, timeout_s=limits.timeout_s)


def _die_with_parent() -> None:
    """Let the kernel end this process when its parent is killed; elsewhere than on Linux it ends after its item.

    An orphan would go on writing into a folder that a resumed run already works on.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _timed(work: Callable[[Any], Any], item: Any) -> tuple[Any, float]:
    """Return what `work` made of `item`, and its seconds."""
    started_s = time.monotonic()
    begin()
    try:
        return work(item), time.monotonic() - started_s
    finally:
        end()


_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Read by the libraries when they are first loaded; a process on each core needs no threads of its own.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
