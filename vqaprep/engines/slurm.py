"""Job arrays of a Slurm cluster whose nodes see the same folders as this machine.

Items go to array tasks in chunks, each item's result comes back through a file that the task appends to, and
`squeue` is asked now and then for tasks that vanished. The arrays are submitted by `sbatch` itself: submitit
keeps one result a task where a requeued task must redo no finished item, hands over an array whole where
`MaxArraySize` may not allow it, learns of lost tasks from `sacct` alone, which clusters without accounting
lack, and cannot end what a killed coordinator left running.
"""

import atexit
import hashlib
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqaprep.engines import Done, Failed, Limits, Pool, sbatch
from vqaprep.engines.job_arrays import ARRAYS, JobArrays, Where


def engine(pool: Pool) -> "SlurmEngine":
    """Return the engine of this file.

    Raises:
        InputError: an option of sbatch is none.
    """
    return SlurmEngine(pool.workers, pool.limits, pool.spool.resolve(), sbatch.options(pool.slurm))


@dataclass(frozen=True)
class SlurmEngine:
    """At most `workers` array tasks at a time, each of which does its items one by one under `limits`.

    The spool is this process's alone. Tasks run on after their coordinator is killed; the next one on the same
    spool ends them before it begins.
    """

    workers: int
    limits: Limits
    spool: Path
    options: tuple[str, ...] = ()

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        """Yield a result for each item, in the order of completion.

        Raises:
            InputError: Slurm is not here, or refuses the arrays.
            VqaprepError: tasks end again and again before they begin.
        """
        if not items:
            return
        where = Where(self.spool, self.name, workers=self.workers, limit=sbatch.max_tasks(), options=self.options)
        sbatch.end(self.name)
        shutil.rmtree(self.spool / ARRAYS, ignore_errors=True)
        with self._ending_arrays():
            yield from JobArrays(where, work, items, self.limits).outcomes()
            sbatch.let_end(self.name)

    @property
    def name(self) -> str:
        """The start of every job name: it identifies arrays of this spool even if their ids were lost."""
        return f"vqaprep-{hashlib.sha256(os.fsencode(self.spool)).hexdigest()[:12]}-"

    @contextmanager
    def _ending_arrays(self) -> Iterator[None]:
        """End the arrays when the block fails: also on SIGTERM, and when an interrupted caller never comes back."""
        is_main = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGTERM, _interrupt) if is_main else None
        atexit.register(sbatch.end, self.name)
        try:
            yield
        except BaseException:
            sbatch.end(self.name)
            raise
        finally:
            shutil.rmtree(self.spool / ARRAYS, ignore_errors=True)  # items may name people
            atexit.unregister(sbatch.end)
            if is_main:
                signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: object) -> None:
    """Treat the end of the coordinator's own job as Ctrl-C."""
    raise KeyboardInterrupt
