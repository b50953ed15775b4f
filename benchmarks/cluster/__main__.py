"""The long proofs on clusters, run by `make soak-cluster`: lost Ray nodes, a Slurm, an S3 server, faults, 10,000 items.

What it needs is installed, started on loopback, and ended by it. It writes its tables to
`benchmarks/results/cluster.md` and `cluster.json`. The tests run small versions on this machine and on Ray.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import get_args

from benchmarks.cluster.costs import costs, costs_table, flat
from benchmarks.cluster.faults import counted, faults_table, of_clock, of_disk, of_workers
from benchmarks.cluster.ray_nodes import prove_ray
from benchmarks.cluster.s3 import prove_s3
from benchmarks.cluster.slurm import prove_slurm
from benchmarks.cluster.slurm_machine import slurm
from benchmarks.figures import print_figures, show
from vqaprep.engines import EngineName

_MAX_ARRAY = 1001  # the size that Slurm comes with


def main() -> int:
    """Run all proofs, print and store the tables, and return 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000, help="small items for each engine")
    wanted = parser.parse_args()
    subprocess.run(["apt-get", "install", "-y", "-qq", "gcc", "libc6-dev"], check=True, stdout=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        figures = []
        for part, prove in {"ray": prove_ray, "s3": prove_s3, "slurm": prove_slurm}.items():
            figures += print_figures(prove(_room(name, part)))
        faults = [*of_disk(_room(name, "disk")), of_clock(Path(name, "disk"))]
        with slurm(_room(name, "machine"), max_array_size=_MAX_ARRAY):
            for engine in get_args(EngineName):
                faults += of_workers(engine, _room(name, f"faults-{engine}"))
            found = costs(_room(name, "costs"), most=wanted.items)
    figures += print_figures([counted(faults), *flat(found)])
    more = f"Faults, tried and counted:\n\n{faults_table(faults)}\n\nSmall items:\n\n{costs_table(found)}"
    command = " ".join(["python -m benchmarks.cluster", *sys.argv[1:]])
    return show(figures, command=command, name="cluster", more=more)


def _room(folder: str, name: str) -> Path:
    room = Path(folder, name)
    room.mkdir()
    return room


if __name__ == "__main__":
    sys.exit(main())
