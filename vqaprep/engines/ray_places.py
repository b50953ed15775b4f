"""Places on the nodes of a Ray cluster: tasks for work without state, actors for work that keeps some."""

import sys
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from vqaprep.engines import Done, Failed, Limits, Needs, needs_of
from vqaprep.engines.worker import Worker


class Tasks:
    """Places for work without state: each item is a task of its own, wherever there is room."""

    def __init__(self, num: int, work: Callable[[Any], Any], limits: Limits) -> None:
        import ray

        self.free: list[Any] = list(range(num))
        self.arriving: dict[Any, Any] = {}
        self._task = ray.remote(_do).options(max_retries=0, **_placing(needs_of(work)))
        self._work, self._limits = work, limits

    def send(self, place: Any, index: int, item: Any) -> Any:
        """Send an item to a place; return the reference of its outcome."""
        return self._task.remote(self._limits, self._work, index, item)

    def arrive(self, ref: Any) -> None:
        """Return at once: Ray finds a worker for each task."""

    def lose(self, place: Any) -> None:
        """Give up the worker at a place."""
        self.free.append(place)

    def stop(self, flying: Iterable[Any]) -> None:
        """End what still runs."""
        import ray

        for ref in flying:
            ray.cancel(ref, force=True)


class Actors:
    """Places for work that keeps state: each is an actor, which Ray starts anew where there is room."""

    def __init__(self, num: int, work: Callable[[Any], Any], limits: Limits) -> None:
        import ray

        kind: Any = ray.remote(Seat).options(max_restarts=-1, max_task_retries=0, **_placing(needs_of(work)))
        self._actors: list[Any] = [kind.remote(limits) for _ in range(num)]
        self.free: list[Any] = []
        self.arriving: dict[Any, Any] = {actor.is_ready.remote(): actor for actor in self._actors}
        self._work = work

    def arrive(self, ref: Any) -> None:
        """Use the actor that says it is ready."""
        import ray
        from ray.exceptions import ActorUnavailableError

        actor = self.arriving.pop(ref)
        try:
            ray.get(ref)
            self.free.append(actor)
        except ActorUnavailableError:
            self.lose(actor)

    def send(self, actor: Any, index: int, item: Any) -> Any:
        """Send an item to an actor; return the reference of its outcome."""
        return actor.do.remote(self._work, index, item)

    def lose(self, actor: Any) -> None:
        """Wait for an actor until Ray has started it again."""
        self.arriving[actor.is_ready.remote()] = actor

    def stop(self, flying: Iterable[Any]) -> None:
        """End the actors, and what they still do."""
        import ray

        for actor in self._actors:
            ray.kill(actor)


class Seat:
    """A place on a node: a process for one item at a time, which may hang or crash without Ray's worker."""

    def __init__(self, limits: Limits) -> None:
        # A new process imports the main module of its parent; Ray's takes longer than all else, and serves nobody.
        vars(sys.modules["__main__"]).pop("__file__", None)
        self._worker = Worker(limits)

    def is_ready(self) -> None:
        """Answer, once the place is there."""

    def do(self, work: Callable[[Any], Any], index: int, item: Any) -> Done | Failed:
        """Do an item and wait for it."""
        return self._worker.do(work, index, item)


@cache
def seat_here(limits: Limits) -> Seat:
    """Return the process of this Ray worker; it serves one task after another."""
    return Seat(limits)


def _do(limits: Limits, work: Callable[[Any], Any], index: int, item: Any) -> Done | Failed:
    return seat_here(limits).do(work, index, item)


def _placing(needs: Needs) -> dict[str, Any]:
    sizes = {"num_cpus": needs.cpus, "num_gpus": needs.gpus, "memory": needs.memory_mb << 20}
    return sizes | {"scheduling_strategy": "SPREAD"}
