"""A process that does one item at a time. If it dies, only that item is lost.

Pools of the libraries are not used: `concurrent.futures` gives up the whole pool with one dead process,
and Pebble measures its time limit on the wall clock and takes a death that its threads see before the
item's start for the end of all workers.
"""

import contextlib
import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawValue
from typing import Any

from vqaprep.engines import Done, Failed, Limits, needs_of
from vqaprep.engines.watch import Watch
from vqaprep.errors import memory
from vqaprep.errors.heartbeat import Signs, begin, end, show

TRIES = 3
"""Times that an item is tried whose process dies; a lack of memory or an administrator says nothing of the item."""
_EXIT_S = 10.0
_ITEMS_PER_PROCESS = 1000  # a fresh process now and then keeps leaks of native libraries small


class Worker:
    """A place for one item at a time: its process is started when needed, and replaced when it hangs or dies."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._index = self._num_done = 0
        self._signs = RawValue(Signs)
        self._process: Any = None
        self._watch: Watch | None = None
        self._pipe: Connection | None = None

    def send(self, work: Callable[[Any], Any], index: int, item: Any) -> Connection:
        """Begin `work(item)`; return what becomes readable when its outcome is there."""
        if self._num_done == _ITEMS_PER_PROCESS:
            self.close()
        self._index = index
        try:
            pipe = self._pipe or self._start()
            pipe.send((work, item))
        except ConnectionError:  # it died between two items, of a lack of memory perhaps
            self.kill()
            pipe = self._start()
            with contextlib.suppress(ConnectionError):  # if it dies again, `outcome` tells
                pipe.send((work, item))
        return pipe

    def outcome(self) -> Done | Failed:
        """Return what became of the item that was sent, waiting for it; raise what `work` raised."""
        assert self._pipe is not None
        try:
            value, seconds, error, trace = self._pipe.recv()
        except (EOFError, ConnectionError):
            return self._lost()
        self._num_done += 1
        if error is not None:
            raise error from _RaisedThereError(trace)
        return Done(self._index, value, seconds)

    def do(self, work: Callable[[Any], Any], index: int, item: Any, *, tries: int = TRIES) -> Done | Failed:
        """Do an item and wait for it; where its process dies, do it again, up to `tries` times in all."""
        self.send(work, index, item)
        outcome = self.outcome()
        if isinstance(outcome, Done) or outcome.reason != "crashed":
            return outcome
        if tries > 1:
            return self.do(work, index, item, tries=tries - 1)
        return Failed(index, "crashed", f"{outcome.detail}, at each of {TRIES} tries")

    def close(self) -> None:
        """End the process, which has no item."""
        if self._pipe is not None:
            self._pipe.close()  # it reads the end of what it waits for, and ends
            self._process.join(_EXIT_S)
            if self._process.exitcode is None:  # threads of native libraries may keep it, and nothing is lost with it
                self._process.kill()
                self._process.join()
        self._process, self._pipe, self._num_done = None, None, 0

    def kill(self) -> None:
        """Kill the process."""
        if self._process is not None:
            self._process.kill()
        self.close()

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")  # forking a process that holds native threads hangs
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._signs, self._limits.memory_mb, os.getpid()), daemon=True
        )
        self._signs.is_working = False
        with _without_main():
            self._process.start()
        self._watch = Watch(self._process, self._signs, self._limits)
        theirs.close()  # so that the pipe ends when the process does
        return self._pipe

    def _lost(self) -> Failed:
        """Say why the process ended in the middle of its item."""
        assert self._watch is not None
        self._process.join()
        exit_code, verdict = self._process.exitcode, self._watch.verdict
        self.close()
        if verdict is not None:
            return Failed(self._index, "timeout", verdict)
        return Failed(self._index, "crashed", f"the worker ended with exit code {exit_code}")


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Keep a new process from running the user's script.

    `spawn` imports the main module in each process, so that functions of it can be unpickled. Work is a function of
    ours, and a script without a main guard would start its whole run again in each worker.
    """
    main = sys.modules["__main__"]
    kept = {name: getattr(main, name) for name in ("__spec__", "__file__") if hasattr(main, name)}
    main.__spec__ = None
    vars(main).pop("__file__", None)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)


class _RaisedThereError(Exception):
    """Where in the worker's process an exception came from."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def _serve(pipe: Connection, signs: Signs, memory_mb: int, parent: int) -> None:
    """Do items until the pipe ends. Ctrl-C is left to the parent; native libraries use one thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(parent)
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    show(signs)
    memory.limit(memory_mb)
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            _answer(pipe, pipe.recv_bytes())


def _answer(pipe: Connection, sent: bytes) -> None:
    """Send (value, its seconds, None, ""), or (None, 0, what reading or doing the work raised, its traceback)."""
    try:
        work, item = pickle.loads(sent)  # noqa: S301  our parent's
        memory.guard(needs_of(work).beside_mb)
        started_s = time.monotonic()
        begin()
        answer = pickle.dumps((work(item), time.monotonic() - started_s, None, ""))
    except Exception as error:  # noqa: BLE001  the parent raises it
        answer = pickle.dumps((None, 0.0, portable(error), traceback.format_exc()))
    finally:
        end()
    pipe.send_bytes(answer)


def portable(error: Exception) -> Exception:
    """Return the exception, or one that says the same where it cannot travel between processes."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes
    except Exception as problem:  # noqa: BLE001  whatever its class does wrong
        return RuntimeError(f"{type(error).__name__}: {error} ({problem})")
    return error


def _die_with(parent: int) -> None:
    """Let the kernel end this process when its parent is killed; elsewhere than on Linux it ends after its item.

    An orphan would go on writing into a folder that a resumed run already works on.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was gone before the kernel was asked
            os.kill(os.getpid(), signal.SIGKILL)


_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Read by the libraries when they are first loaded; a process on each core needs no threads of its own.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
