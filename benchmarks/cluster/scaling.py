"""What an engine costs: small items by the thousand beside plain `concurrent.futures`, and the scan of a resumed run.

Each measurement runs in a process of its own, so that its peak of memory is its own.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, get_args

from benchmarks.cluster.work import small
from vqaprep.engines import EngineName, Limits, Pool, get
from vqaprep.rows import Dropped, Row
from vqaprep.rows.journal import JOURNAL
from vqaprep.running.runner import run_items

PLAIN = "futures"
WORKERS = 2


@dataclass(frozen=True)
class Cost:
    """What `num_items` items took on one engine, start and end of its workers included."""

    engine: str
    num_items: int
    seconds: float
    resume_s: float
    """What the same call took when its journal held every item; 0 for `futures`, which keeps none."""
    peak_mb: float
    """Most memory that the calling process held."""


def measure(engine: str, num_items: int, folder: Path) -> Cost:
    """Run `num_items` items on `engine` in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.cluster.scaling", engine, str(num_items), str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _plain(names: Sequence[str]) -> Iterator[list[Row | Dropped]]:
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        yield from pool.map(small, names)


def _cost(engine: EngineName | str, names: list[str], folder: Path) -> Cost:
    start_s, resume_s = time.perf_counter(), 0.0
    if engine == PLAIN:
        found: list[Any] = [row for rows in _plain(names) for row in rows]
    else:
        assert engine in get_args(EngineName), engine
        pool = Pool(WORKERS, Limits(), folder / ".engine")
        runs = get(engine, pool)  # type: ignore[arg-type]  # it is one of the names
        items, ids = {name: name for name in names}, {name: [name] for name in names}
        journal = folder / f"scaling{JOURNAL}"
        found = run_items("scaling", small, items, ids, journal=journal, engine=runs)
    seconds = time.perf_counter() - start_s
    if engine != PLAIN:
        start_s = time.perf_counter()
        again = run_items("scaling", small, items, ids, journal=journal, engine=runs)
        resume_s = time.perf_counter() - start_s
        assert again == found
    assert [row.id for row in found] == names
    return Cost(str(engine), len(names), seconds, resume_s, _peak_mb())


def _peak_mb() -> float:
    """Return the most memory of this program; what `getrusage` tells may be that of the program that started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


def main() -> None:
    """Measure what the arguments name, and print it as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine")
    parser.add_argument("num_items", type=int)
    parser.add_argument("folder", type=Path)
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    names = [f"item-{i:08d}" for i in range(wanted.num_items)]
    print(json.dumps(_cost(wanted.engine, names, wanted.folder).__dict__))


if __name__ == "__main__":
    main()
