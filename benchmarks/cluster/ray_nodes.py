"""Several nodes of Ray on this machine, and a shard run that loses one of them in the middle."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.kills import COMMAND, SHARD, await_tars, content, cut_clips, differing, run_job

_STORE_BYTES = 80_000_000


@dataclass
class RayNodes:
    """A head that takes no work, and nodes with a core each, all on loopback."""

    address: str
    _cluster: Any
    _nodes: list[Any] = field(default_factory=list)

    def add(self) -> None:
        """Start one more node."""
        self._nodes.append(self._cluster.add_node(num_cpus=1, object_store_memory=_STORE_BYTES))

    def kill(self) -> None:
        """Kill the raylet of the node that was started last, as a power cut does; its workers end with it."""
        self._cluster.remove_node(self._nodes.pop(), allow_graceful=False)


@contextmanager
def ray_nodes(num: int) -> Iterator[RayNodes]:
    """Start `num` nodes of a core each beside a head; end them all."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        nodes = RayNodes(cluster.address, cluster)
        for _ in range(num):
            nodes.add()
        yield nodes
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]  # Ray annotates only part of itself


def prove_ray(folder: Path) -> list[Figure]:
    """Return what must hold when a run on three nodes loses one, held against `--engine local`."""
    clips = cut_clips(folder, num_films=6)
    run_job("shard", clips, folder / "whole", *SHARD)
    with ray_nodes(3) as nodes:
        num_before = shard_losing_a_node(clips, folder / "ray", nodes, *SHARD, num_workers=3)
    whole = content(folder / "whole")
    beside = f"{len(whole)} files; {num_before} tars were there when it was lost"
    num_differing = differing(whole, folder / "ray")
    return [Figure("ray, a node of 3 lost: files unlike --engine local", num_differing, beside, "files", most=0)]


def shard_losing_a_node(clips: Path, out: Path, nodes: RayNodes, *options: str, num_workers: int) -> int:
    """Run `vqaprep shard` on `nodes` and kill one when the first tar is there; return the number of tars by then.

    Raises:
        RuntimeError: the run failed, or was over before a node could be killed.
    """
    command = [*COMMAND, "shard", str(clips), "-o", str(out), "--engine", "ray", "--ray-address", nodes.address]
    with subprocess.Popen(
        [*command, "--workers", str(num_workers), *options], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        num_done = await_tars(run, out, more_than=0)
        nodes.kill()
        is_over = run.poll() is not None
        words = "".join(run.communicate())
    if run.returncode or is_over or "lost" not in words:
        raise RuntimeError(f"no node was lost on the way, or the run failed ({run.returncode}): {words}")
    return num_done
