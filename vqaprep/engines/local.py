"""Processes of this machine, each of which can be killed without losing more than its own item."""

import ctypes
import multiprocessing
import os
import signal
import sys
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
        from pebble import ProcessPool

        context = multiprocessing.get_context("spawn")  # forking a process that holds native threads hangs
        pool = ProcessPool(
            max_workers=min(self.workers, max(len(items), 1)),
            max_tasks=_ITEMS_PER_PROCESS,
            context=context,
            initializer=_prepare,
            initargs=(self.limits.stall_s,),
        )
        try:
            yield from self._collect(pool, work, items)
            pool.close()  # type: ignore[no-untyped-call]  # pebble annotates only part of itself
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]  # pebble annotates only part of itself
            raise
        finally:
            pool.join()

    def _collect(self, pool: Any, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        """Keep a few items in flight a worker, so that memory does not grow with their number."""
        waiting = iter(enumerate(items))
        flying: dict[Future[Any], int] = {}
        while True:
            while len(flying) < 2 * self.workers and (entry := next(waiting, None)) is not None:
                index, item = entry
                flying[pool.schedule(_timed, args=(work, item), timeout=self.limits.timeout_s)] = index
            if not flying:
                return
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                yield self._result(flying.pop(future), future)

    def _result(self, index: int, future: "Future[Any]") -> Done | Failed:
        from pebble import ProcessExpired

        try:
            return Done(index, future.result())
        except TimeoutError:
            return Failed(index, "timeout", f"killed after {self.limits.timeout_s:g} s")
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGALRM:
                return Failed(index, "timeout", f"no progress for {self.limits.stall_s:g} s")
            return Failed(index, "crashed", f"the worker ended with exit code {error.exitcode}")


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


def _timed(work: Callable[[Any], Any], item: Any) -> Any:
    heartbeat()
    try:
        return work(item)
    finally:
        rest()


_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Read by the libraries when they are first loaded; a process on each core needs no threads of its own.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
