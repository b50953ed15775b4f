"""Kill a run at each of its durable steps, run the same command again, and compare with an undisturbed run.

`python -m benchmarks.steps` does so for scan, speed, split, shard and train on a disk, and with `--store` on an S3
server on loopback (moto), where `train` reads its shards there and writes its run to a disk. A step makes, renames or
removes a name, forces content to the disk, or puts an object. An append that is cut off leaves half of its line.
`--every 7` takes each seventh step.
"""

import argparse
import importlib
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.project import STEPS, begin, content
from vqaprep.storage import StorePath, at

COMMANDS, IN_STORE = ("scan", "speed", "split", "shard", "train"), ("scan", "speed", "split", "shard")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NAMES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink")
_BUCKET = "s3://bucket/steps"


@dataclass
class Steps:
    """What the kills of one command showed."""

    num_steps: int = 0
    num_kills: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


class Counting:
    """Counts the durable steps of this process, and ends it before step `last`; None counts only."""

    def __init__(self, last: int | None) -> None:
        self.num_steps, self._last = 0, last
        self.kinds: Counter[str] = Counter()

    def step(self, what: str, dying: Callable[[], object] = lambda: None) -> None:
        """Count a step; `dying` is what happens at the last moment before the end."""
        self.num_steps += 1
        self.kinds[what] += 1
        if self.num_steps == self._last:
            self._last = None
            dying()
            os.kill(os.getpid(), signal.SIGKILL)

    def begin(self) -> None:
        """Watch this process from now on; it cannot be undone."""
        sys.addaudithook(self._hear)
        force = os.fsync

        def fsync(file: int) -> None:
            self.step("fsync", lambda: _tear(file))
            force(file)

        os.fsync = fsync
        for name in ("write_bytes", "create", "upload", "unlink"):
            self._watch_store(name)

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if event in _NAMES:
            self.step(event)
        elif event == "open" and isinstance(given[2], int) and given[2] & _WRITING:
            path = given[0] if isinstance(given[0], str | bytes) else ""
            if path and not os.fsdecode(path).startswith(("/dev/", "/proc/")):
                self.step("open to write")

    def _watch_store(self, name: str) -> None:
        do = getattr(StorePath, name)

        def watched(path: StorePath, *given: Any, **how: Any) -> Any:
            self.step(f"before {name}")
            result = do(path, *given, **how)
            self.step(f"after {name}")
            return result

        setattr(StorePath, name, watched)


def kill_at_steps(command: str, *, is_store: bool, every: int, first: int) -> Steps:
    """Run `command` of the project in the current folder undisturbed, then kill it at each `every`-th step."""
    words = _words(command, is_store=is_store)
    report, cache = Steps(), Path("cache")
    counted, kinds = _in_child(words, cache=cache / f"{command}-whole", last=None)
    report.num_steps, report.kinds = counted, Counter(kinds)
    out = _out(command, is_store=is_store)
    whole = _content(out)
    for last in range(first, counted + 1, every):
        _remove(out)
        own = cache / f"{command}-{last}"
        _in_child(words, cache=own, last=last)
        report.num_kills += 1
        ended, _ = _in_child(words, cache=own, last=None, wants_code=True)
        found = _content(out)
        problems = [f"exit {ended}"] * bool(ended)
        problems += sorted(name for name in whole.keys() | found.keys() if whole.get(name) != found.get(name))
        problems += sorted({*_left(out), *_left(own), *(str(path) for path in Path("tmp").iterdir())})
        if problems:
            report.broken.append(f"{command} killed at step {last} of {counted}: {', '.join(problems[:5])}")
        shutil.rmtree(own, ignore_errors=True)
        for path in Path("tmp").iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return report


def _in_child(
    words: Sequence[str], *, cache: Path, last: int | None, wants_code: bool = False
) -> tuple[int, dict[str, int]]:
    """Run a command in a forked process; return its number of steps, or its exit code, and the kinds of steps."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = _work(words, cache, last, writing)
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as said:
        text = said.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if last is not None and status != -signal.SIGKILL:
        raise RuntimeError(f"{' '.join(words)} was not killed at step {last}: it ended with {status}")
    if wants_code:
        return status, {}
    words_of = [line.split("\t") for line in text.splitlines()]
    kinds = {name: int(number) for name, number in words_of if number}
    import_modules(name for name, number in words_of if not number)
    if last is None and status:
        raise RuntimeError(f"{' '.join(words)} ended with {status}")
    return sum(kinds.values()), kinds


def _work(words: Sequence[str], cache: Path, last: int | None, report_fd: int) -> int:
    """Do the work of the forked process."""
    from tests.calling import call
    from vqaprep.storage.hold import renewed

    renewed.SETTLE_S = 0.0  # nobody else wants the folder
    cache.mkdir(parents=True, exist_ok=True)
    os.environ |= {"VQAPREP_CACHE": str(cache.absolute()), "TMPDIR": str(Path("tmp").absolute())}
    tempfile.tempdir = os.environ["TMPDIR"]  # set, so that Python writes no trial file there, which a kill would leave
    with Path("said.txt").open("w") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    counting = Counting(last)
    counting.begin()
    code = call(*words)
    lines = [*(f"{name}\t{number}" for name, number in counting.kinds.items()), *(f"{name}\t" for name in sys.modules)]
    with os.fdopen(report_fd, "w") as out:
        out.write("\n".join(lines))
    return code


def import_modules(names: Iterable[str]) -> None:
    """Import modules that a forked process needed, so that those that are forked later have them already."""
    for name in names:
        if name not in sys.modules and not name.startswith("__"):
            with suppress(Exception):
                importlib.import_module(name)


def _tear(file: int) -> None:
    """Cut off the end of what was appended to a journal, as if the last write had reached the disk in part."""
    path = Path(f"/proc/self/fd/{file}").readlink()
    if path.name.endswith(".jsonl") and (num_bytes := path.stat().st_size) > 10:
        os.truncate(path, num_bytes - 10)


def _words(command: str, *, is_store: bool) -> list[str]:
    if not is_store:
        return list(STEPS[command])
    return [f"{_BUCKET}/{word}" if word in IN_STORE and at > 0 else word for at, word in enumerate(STEPS[command])]


def _out(command: str, *, is_store: bool) -> Path:
    return at(f"{_BUCKET}/{command}") if is_store and command in IN_STORE else Path(command)


def _content(out: Path) -> dict[str, bytes]:
    return apart(lambda: content(out)) if isinstance(out, StorePath) else content(out)


def _left(folder: Path) -> list[str]:
    """Return what a kill must not leave behind in an OUT folder, or in a cache."""
    names = ("*.tmp", "*.journal.jsonl*", ".held.json", "*.at", "*.entries")
    if isinstance(folder, StorePath):
        return apart(lambda: [str(path) for name in names[1:] for path in folder.rglob(name)])
    return [str(path) for name in names for path in folder.rglob(name)]


def _remove(out: Path) -> None:
    from vqaprep.storage import remove_tree

    if isinstance(out, StorePath):
        apart(lambda: remove_tree(out))
    else:
        shutil.rmtree(out, ignore_errors=True)


def apart(work: Callable[[], Any]) -> Any:
    """Do work with a store in a forked process: this one must stay without threads, as it is forked."""
    import pickle

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "wb") as out:
            pickle.dump(work(), out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        result = pickle.load(file)
    os.waitpid(child, 0)
    return result


@contextmanager
def _store(folder: Path) -> Iterator[None]:
    """Run an S3 server, and tell this process where it is."""
    from tests.storage.server import environment, s3_server

    with s3_server(folder) as address:
        os.environ |= environment(address)
        apart(lambda: at("s3://bucket").store.mkdir("bucket"))  # type: ignore[attr-defined]  # a StorePath
        yield


def main() -> int:
    """Kill at the steps, print what came of it, and return 1 where anything is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--store", action="store_true", help="OUT folders in an S3 server instead of on a disk")
    parser.add_argument("--only", help="one command")
    wanted = parser.parse_args()
    import torch  # noqa: F401  so that each forked process has it

    import vqaprep.training.loop  # noqa: F401  likewise

    total = Steps()
    with tempfile.TemporaryDirectory() as name, _store(Path(name)) if wanted.store else nullcontext():
        Path(name, "work", "tmp").mkdir(parents=True)
        os.chdir(Path(name, "work"))
        apart(begin)
        for command in COMMANDS:
            if wanted.only in (None, command):
                found = kill_at_steps(command, is_store=wanted.store, every=wanted.every, first=wanted.first)
                print(f"{command}: {found.num_kills} kills at {found.num_steps} steps {dict(found.kinds)}", flush=True)
                print("".join(f"  {line}\n" for line in found.broken), end="", flush=True)
                total.num_kills += found.num_kills
                total.broken += found.broken
            else:
                _in_child(_words(command, is_store=wanted.store), cache=Path("cache", "once"), last=None)
        os.chdir("/")
    print(f"{total.num_kills - len(total.broken)} of {total.num_kills} kills resumed to the same bytes")
    return int(bool(total.broken))


if __name__ == "__main__":
    sys.exit(main())
