"""Run items on a Ray cluster. Items of a lost node are done again on another node."""

import io
import logging
import os
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from math import ceil
from tempfile import TemporaryDirectory
from typing import Any

from vqaprep.engines import Done, Failed, Limits, Needs, Pool, needs_of
from vqaprep.engines.ray_places import Actors, Tasks
from vqaprep.errors import InputError, VqaprepError

_log = logging.getLogger(__name__)
_MOST_LOSSES = 3  # an item that takes its node down each time must not take them all
_ANSWER_S = 10.0
_TOKENS = "one that asks for tokens also needs RAY_AUTH_MODE=token in the environment"
_STORE_BYTES = 100_000_000  # results are rows


def engine(pool: Pool) -> "RayEngine":
    """Return the engine of this file."""
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise InputError("--engine ray needs Ray; pip install 'vqaprep[ray]' on every node") from error
    return RayEngine(pool.workers, pool.limits, pool.ray_address)


@dataclass(frozen=True)
class RayEngine:
    """`workers` items at a time on the cluster at `address`, or on a cluster of this machine that ends with the map.

    Work that keeps state goes to actors, which stay; other work to tasks, placed one by one. Both do an
    item in a process beside Ray's own worker, so that hangs and crashes cost what they cost everywhere,
    and the loss of a worker can only be the loss of its node, or of memory there.
    """

    workers: int
    limits: Limits
    address: str | None = None

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        """Yield a result for each item, in the order of completion.

        Raises:
            InputError: no cluster answers at `address`, or it is of another version of Ray or Python.
            VqaprepError: the cluster itself broke down.
        """
        from ray.exceptions import RayError

        if not items:
            return
        num, needs = min(self.workers, len(items)), needs_of(work)
        kind: type[Actors | Tasks] = Actors if needs.keeps_state else Tasks
        with self._connected(num, needs):
            try:
                yield from _collect(kind(num, work, self.limits), items)
            except RayError as error:
                first_line = str(error).partition("\n")[0]
                raise VqaprepError(f"Ray gave up: {first_line}; every node needs the packages of this one") from error

    @contextmanager
    def _connected(self, num: int, needs: Needs) -> Iterator[None]:
        """Join the cluster, or start one that just holds `num` items; a connection that is there already stays."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        import ray

        if ray.is_initialized():
            yield
            return
        with TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder, redirect_stdout(_RayOutput()):
            own: dict[str, Any] = {
                "num_cpus": ceil(num * needs.cpus), "_memory": max(num * needs.memory_mb, 1) << 20,
                "object_store_memory": _STORE_BYTES, "include_dashboard": False, "_temp_dir": folder,
            }  # fmt: skip
            if self.address is not None:
                own = {}
            try:
                _knock(self.address or "local")
                ray.init(self.address or "local", logging_level=logging.ERROR, log_to_driver=False, **own)
            except (OSError, ValueError, RuntimeError) as error:
                where = self.address or "this machine"
                raise InputError(f"no Ray cluster to join at {where}: {error}; {_TOKENS}") from error
            try:
                _warn_without_room(needs)
                yield
            finally:
                ray.shutdown()


class _RayOutput(io.TextIOBase):
    """Redirect what Ray writes to standard output into the log: standard output is for results."""

    def write(self, text: str) -> int:
        """Log a piece of text as a detail."""
        if text.strip():
            _log.debug("%s", text.strip())
        return len(text)


def _collect(places: Tasks | Actors, items: Sequence[Any]) -> Iterator[Done | Failed]:
    """Keep one item in flight per place; an item lost with its place is sent next."""
    import ray

    fresh, again, losses = iter(range(len(items))), list[int](), Counter[int]()
    flying: dict[Any, tuple[int, Any]] = {}
    left = len(items)
    try:
        while left:
            while places.free and (index := again.pop() if again else next(fresh, None)) is not None:
                place = places.free.pop()
                flying[places.send(place, index, items[index])] = index, place
            ref = ray.wait([*flying, *places.arriving], num_returns=1)[0][0]
            if ref in places.arriving:
                places.arrive(ref)
                continue
            index, place = flying.pop(ref)
            outcome = _outcome(ref)
            if outcome is not None:
                places.free.append(place)
            else:
                places.lose(place)
                outcome = _lost(index, losses)
            if outcome is None:
                again.append(index)
            else:
                left -= 1
                yield outcome
    finally:
        places.stop(flying)


def _lost(index: int, losses: Counter[int]) -> Failed | None:
    """Count a loss of an item; give it up after so many."""
    losses[index] += 1
    if losses[index] == _MOST_LOSSES:
        return Failed(index, "crashed", f"its node or worker was lost {_MOST_LOSSES} times")
    _log.warning("a node or a worker of Ray was lost; its item is done again")
    return None


def _outcome(ref: Any) -> Done | Failed | None:
    """Return what became of an item, None when it was lost with its node or worker; raise what `work` raised."""
    import ray
    from ray import exceptions as of_ray

    lost = of_ray.RayActorError, of_ray.WorkerCrashedError, of_ray.NodeDiedError
    try:
        outcome: Done | Failed = ray.get(ref)
    except of_ray.RayTaskError as error:
        raise error.cause from error
    except (*lost, of_ray.OutOfMemoryError, of_ray.ObjectLostError):
        return None
    return outcome


def _knock(address: str) -> None:
    """Connect to `host:port`, where Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host:
        socket.create_connection((host, int(port)), timeout=_ANSWER_S).close()


def _warn_without_room(needs: Needs) -> None:
    """Warn if no node is large enough for an item: Ray itself waits silently."""
    import ray

    wanted = {"CPU": needs.cpus, "GPU": needs.gpus, "memory": needs.memory_mb << 20}
    found = ray.nodes()  # type: ignore[no-untyped-call]  # Ray annotates only part of itself
    nodes = [node["Resources"] for node in found if node["Alive"]]
    if not any(all(node.get(name, 0) >= amount for name, amount in wanted.items()) for node in nodes):
        _log.warning("no node of the cluster has room for %s; waiting for one that has", needs)
