"""Send every crafted file through all stages, and through the commands on a disk and in a store; `make soak` runs it.

`python -m benchmarks.crafted` prints a table of what was tried and what broke: a run that ended by an exception, a file
without a row or a reason, a file outside that was opened, a host that was asked. All must be 0.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.figures import table
from benchmarks.kills import COMMAND
from benchmarks.passage import ALL, End, ends_of
from tests.films import pictures, write_film
from tests.media.crafted import REFERRING, SELF_CONTAINED
from tests.media.crafted_all import LYING
from tests.media.opened import nobody_opens
from tests.storage.server import environment, s3_server
from vqaprep.engines import Failed, Limits
from vqaprep.engines.local import LocalEngine
from vqaprep.rows import UNSETTLED
from vqaprep.rows.manifest import DROPPED, MANIFEST, read_dropped, read_rows
from vqaprep.sources.endings import SUFFIXES
from vqaprep.storage import at

_LIMITS = Limits(timeout_s=120, stall_s=60, memory_mb=2000)
_STEPS = (
    ("scan",),
    ("trim", "--tail-s", "0.01", "--min-s", "0"),
    ("crop", "--rule", "largest", "--min-score", "0.3"),
    ("distort", "--kinds", "h264,gaussian_blur", "--levels", "1"),
    ("speed", "--num-frames", "4", "--clips", "2", "--min-motion", "0", "--max-still", "1"),
    ("split", "--method", "random"),
    ("shard", "--spatial", "resize", "--size-px", "32"),
)
_READS = {"distort": "trim"}  # no crafted film shows a face
_SETTLED = {0, 1}  # exit codes of a run that ended by itself: done, or dropped more than allowed
_HOUR_S = 3600.0


@dataclass
class Tried:
    """What was tried of one class, and what broke, in words."""

    name: str
    num: int
    broken: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)


def through_stages(folder: Path, videos: Path, names: Sequence[str], *, workers: int) -> Tried:
    """Send each file through all stages by itself."""
    tried = Tried("in all stages", len(names))
    for outcome in LocalEngine(workers, _LIMITS).map(partial(_ends, videos=videos, folder=folder), names):
        name = names[outcome.index]
        if isinstance(outcome, Failed):
            tried.broken.append(f"{name}: {outcome.reason}: {outcome.detail}")
            continue
        tried.ends.update(f"{end.step}: {end.reason}" for end in outcome.value)
        tried.broken += [f"{name}: {end}" for end in outcome.value if end.reason in ("escaped", *UNSETTLED)]
    return tried


def _ends(name: str, *, videos: Path, folder: Path) -> list[End]:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        return ends_of(str(videos / name), Path(own), spatial=ALL)


def by_commands(
    title: str, videos: str, out: str, *, names: Sequence[str], folder: Path, more: dict[str, str]
) -> Tried:
    """Run the commands over all files together, in `folder`, and follow each file to its end."""
    tried, before = Tried(title, len(names)), videos
    for step, *options in _STEPS:
        source = f"{out}/{_READS[step]}" if step in _READS else before
        command = [*COMMAND, step, source, "-o", f"{out}/{step}", *options, "--workers", "1", "--max-drop-rate", "1"]
        ended = subprocess.run(
            [*command, *(() if step == "split" else ("--timeout-s", "120", "--stall-s", "60"))],
            check=False, capture_output=True, text=True, timeout=_HOUR_S, cwd=folder, env=os.environ | more,
        )  # fmt: skip
        if ended.returncode not in _SETTLED or "Traceback" in ended.stderr:
            tried.broken.append(f"{step} ended with {ended.returncode}: {ended.stderr[-2000:]}")
            return tried
        before = f"{out}/{step}"
    tried.broken += _unaccounted(videos, out, names, tried.ends)
    return tried


def _unaccounted(videos: str, out: str, names: Sequence[str], ends: Counter[str]) -> Iterator[str]:
    """Count where rows ended, and yield files and rows that are nowhere or in two places, or ended for no reason."""
    rows = {row.uri: row.id for row in read_rows(at(f"{out}/scan") / MANIFEST)}
    lost = {drop.uri: drop.reason for drop in read_dropped(at(f"{out}/scan") / DROPPED)}
    for uri in (f"{videos}/{name}" for name in names):
        if (uri in rows) == (uri in lost):
            yield f"{uri} is {'twice' if uri in rows else 'nowhere'} after scan"
    for step, *_ in _STEPS:
        for drop in read_dropped(at(f"{out}/{step}") / DROPPED):
            ends[f"{step}: {drop.reason}"] += 1
            if drop.reason in UNSETTLED:
                yield f"{step}: {drop.uri}: {drop.reason}: {drop.detail}"


@contextmanager
def _port() -> Iterator[int]:
    """Yield a port on loopback that nobody may speak to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.01)
        yield server.getsockname()[1]
        try:
            server.accept()
        except TimeoutError:
            return
        raise AssertionError("a file made somebody ask a host")


def main() -> int:
    """Try all, print the table, and return 1 where something broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    wanted = parser.parse_args()
    from benchmarks import crafted as importable  # workers find no function of the main module

    with tempfile.TemporaryDirectory() as room, _port() as port:
        folder, videos = Path(room), Path(room) / "videos"
        videos.mkdir()
        private = write_film(folder / "private.mp4", pictures(20))
        files = {name: make(folder, port) for name, make in {**REFERRING, **SELF_CONTAINED}.items()}
        files |= {name: make() for name, make in LYING.items()}
        for name, data in files.items():
            (videos / name).write_bytes(data)
        (folder / "each").mkdir()
        names = [name for name in files if Path(name).suffix in SUFFIXES]  # a scan passes over the others
        how = {"names": names, "folder": folder, "more": {"VQAPREP_CACHE": str(folder / "cache")}}
        with nobody_opens(private, Path("/etc/hostname")), s3_server(folder) as address:
            tried = [importable.through_stages(folder / "each", videos, [*files], workers=wanted.workers)]
            tried.append(by_commands("by the commands, on a disk", str(videos), f"{folder}/out", **how))
            os.environ |= environment(address)
            at("s3://bucket").store.mkdir("bucket")  # type: ignore[attr-defined]  # a StorePath
            for name, data in files.items():
                (at("s3://bucket/videos") / name).write_bytes(data)
            tried.append(by_commands("by the commands, in a store", "s3://bucket/videos", "s3://bucket/out", **how))
    rows = [[one.name, str(one.num), str(len(one.broken))] for one in tried]
    print(table(("crafted media", "tried", "broken"), rows))
    for one in tried:
        print(f"\n{one.name}")
        for end, count in sorted(one.ends.items()):
            print(f"{count:6} {end}")
        print("\n".join(one.broken))
    return int(any(one.broken for one in tried))


if __name__ == "__main__":
    sys.exit(main())
