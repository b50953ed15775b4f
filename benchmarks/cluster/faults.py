"""What goes wrong on a cluster, done on purpose: each fault is counted, nothing is lost, nothing doubled."""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster.work import faulty
from benchmarks.figures import Figure, table
from benchmarks.kills import COMMAND, SHARD, await_tars, content, cut_clips, differing, run_job
from vqaprep.engines import EngineName, Limits, Pool, get
from vqaprep.rows import Dropped
from vqaprep.rows.journal import JOURNAL
from vqaprep.running.runner import run_items

_NUM_GOOD, _NUM_BAD = 38, 2
_WALL_CLOCK = Path(__file__).with_name("wall_clock.c")
_DAY_S, _REFUSED = 86_400, 2
_REASON = {"sigkill": "crashed", "segfault": "crashed", "hang": "timeout"}


@dataclass(frozen=True)
class Fault:
    """One fault on one engine, and what became of everything that was to be done."""

    name: str
    engine: str
    num_items: int
    lost: int
    doubled: int
    """Results that came twice, or files that differ from those of a run without the fault."""
    outcome: str


def of_workers(engine: EngineName, folder: Path) -> list[Fault]:
    """Let workers be killed, crash natively, and hang while they hold the interpreter's lock."""
    found = []
    for fault, reason in _REASON.items():
        names = [f"item-{i}" for i in range(_NUM_GOOD)] + [f"{fault}-{i}" for i in range(_NUM_BAD)]
        pool = Pool(2, Limits(stall_s=2.0), folder / fault / ".engine")
        items, ids = {name: name for name in names}, {name: [name] for name in names}
        journal = folder / fault / f"faults{JOURNAL}"
        rows = run_items("faults", faulty, items, ids, journal=journal, engine=get(engine, pool))
        ended = Counter(row.reason if isinstance(row, Dropped) else "done" for row in rows)
        counts = Counter(row.id for row in rows)
        lost = len(names) - len(counts) + abs(ended["done"] - _NUM_GOOD) + abs(ended[reason] - _NUM_BAD)
        outcome = ", ".join(f"{count} {end}" for end, count in ended.most_common())
        found.append(Fault(f"worker: {fault}", engine, len(names), lost, counts.total() - len(counts), outcome))
    return found


def of_disk(folder: Path) -> list[Fault]:
    """Fill the disk under OUT and give it room again; make OUT read-only. Needs the right to mount."""
    clips = cut_clips(folder, num_films=4)
    run_job("shard", clips, folder / "whole", *SHARD)
    whole = content(folder / "whole")
    with _small_disk(folder / "disk", "30m") as disk:
        command = [*COMMAND, "shard", str(clips), "-o", str(disk / "out"), *SHARD]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
            await_tars(run, disk / "out", more_than=1)
            _fill(disk / "filler")
            said = run.communicate()[1].splitlines()[-1]
        (disk / "filler").unlink()
        run_job("shard", clips, disk / "out", *SHARD)
        filled = _compared(
            "disk full, then room again", whole, disk / "out", f"exit code {run.returncode}: {_plain(said, disk)}"
        )
    with _small_disk(folder / "sealed", "9m") as disk:
        _mount("-o", "remount,ro", str(disk))
        command = [*COMMAND, "shard", str(clips), "-o", str(disk / "out"), *SHARD]
        sealed = subprocess.run(command, capture_output=True, text=True, check=False)
        if sealed.returncode != _REFUSED:
            raise RuntimeError(f"exit code {sealed.returncode}, not {_REFUSED}: {sealed.stderr}")
        said = _plain(sealed.stderr.splitlines()[-1], disk)
        is_kept = not any(disk.iterdir())
    return [filled, Fault("read-only OUT", "local", len(whole), 0 if is_kept else 1, 0, said)]


def of_clock(folder: Path) -> Fault:
    """Set the wall clock back by a day, then on by two, while a run goes on. Needs gcc."""
    whole, shim, jump_s = content(folder / "whole"), folder / "wall_clock.so", folder / "jump_s"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(shim), str(_WALL_CLOCK), "-ldl"], check=True)
    jump_s.write_text("0", encoding="ascii")
    shimmed = os.environ | {"LD_PRELOAD": str(shim), "WALL_CLOCK": str(jump_s)}
    command = [*COMMAND, "shard", str(folder / "2-speed"), "-o", str(folder / "jumped"), *SHARD]
    silent, marks = subprocess.DEVNULL, 0
    with subprocess.Popen(command, env=shimmed, stdout=silent, stderr=subprocess.PIPE, text=True) as run:
        for seconds in (-_DAY_S, _DAY_S):
            marks = await_tars(run, folder / "jumped", more_than=marks)
            jump_s.write_text(str(seconds), encoding="ascii")
        said = run.communicate()[1]
    outcome = f"exit code {run.returncode}" + (f": {said.splitlines()[-1]}" if run.returncode else ", same bytes")
    return _compared("clock a day back, then on", whole, folder / "jumped", outcome)


def _fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))


def counted(faults: Sequence[Fault]) -> Figure:
    """Return how many of all results were lost or doubled."""
    wrong = sum(fault.lost + fault.doubled for fault in faults)
    return Figure(f"results lost or doubled by {len(faults)} faults", wrong, "table below", "results", most=0)


def faults_table(faults: Sequence[Fault]) -> str:
    """Return each fault and what it did."""
    rows = [[f.name, f.engine, str(f.num_items), str(f.lost), str(f.doubled), f.outcome] for f in faults]
    return table(("fault", "engine", "items or files", "lost", "doubled", "what came of it"), rows)


def _plain(said: str, folder: Path) -> str:
    """Return a message without the place of this run's folder."""
    return said.replace(f"{folder}/", "")


def _compared(name: str, whole: dict[str, bytes], out: Path, outcome: str) -> Fault:
    lost = len(whole.keys() - content(out).keys())
    return Fault(name, "local", len(whole), lost, differing(whole, out) - lost, outcome)


@contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        shutil.rmtree(folder)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)
