"""Run items one by one in the calling process, so that a debugger can stop in the work."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vqaprep.engines import Done, Failed, Pool
from vqaprep.errors import memory


def engine(pool: Pool) -> "InlineEngine":
    """Return the engine of this file. It has no workers, no time limits and no memory limit."""
    memory.limit(pool.limits.memory_mb)
    return InlineEngine()


@dataclass(frozen=True)
class InlineEngine:
    """Does the work where it is called. A hang hangs the run, and a native crash ends it."""

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        """Yield a result for each item, in order."""
        for index, item in enumerate(items):
            yield Done(index, work(item))
