"""The same commands on a disk and in a bucket of a real S3 server, which is killed at, fails, stalls and goes away."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.films import shorts
from benchmarks.kills import COMMAND, SHARD, content, run_job
from tests.storage.server import Gate, environment, gate, s3_server
from vqaprep.rows.manifest import read_rows
from vqaprep.storage import at

_STEPS = {
    "scan": (),
    "distort": ("--kinds", "gaussian_noise", "--kinds", "h264"),
    "speed": (),
    "shard": SHARD,
}
_NUM_FILMS, _NUM_KILLS, _FAIL_EVERY = 3, 4, 20
_STALL_S = 20.0  # longer than s3fs waits for an answer
_PATIENCE_S = 300.0


def prove_s3(folder: Path) -> list[Figure]:
    """Return what must hold when sources, OUT and shards lie in a bucket, held against `file://`."""
    films = folder / "films"
    films.mkdir()
    shorts(films, limit=_NUM_FILMS)
    here = folder / "run"
    _run_all(f"file://{films}", f"file://{here}")
    with _bucket(folder) as door:
        for film in films.iterdir():
            (at("s3://bucket/films") / film.name).write_bytes(film.read_bytes())
        _run_all("s3://bucket/films", "s3://bucket/run")
        proof = _Proof(here / "shard", door)
        return [
            proof.compared("s3", "s3://bucket/run/shard"),
            _rows_differing(here, at("s3://bucket/run")),
            *proof.killed(),
            proof.failing(),
            proof.stalling(),
            proof.gone(),
            proof.twice(),
        ]


def _run_all(films: str, out: str) -> None:
    source = films
    for job, options in _STEPS.items():
        run_job(job, source, f"{out}/{job}", *options)
        source = f"{out}/{job}"


@contextmanager
def _bucket(folder: Path) -> Iterator[Gate]:
    """Run a server with an empty bucket behind a gate, and tell this process where; retries are as they come."""
    before = dict(os.environ)
    with s3_server(folder) as server, gate(server) as (address, door):
        os.environ |= environment(address)
        del os.environ["AWS_MAX_ATTEMPTS"]
        at("s3://bucket").store.mkdir("bucket")  # type: ignore[attr-defined]  # a StorePath
        try:
            yield door
        finally:
            os.environ.clear()
            os.environ |= before


class _Proof:
    """Shard runs in the bucket, each with a fault, held against the files of a run on a disk."""

    def __init__(self, whole: Path, door: Gate) -> None:
        self._whole, self._door = whole, door

    def compared(self, name: str, out: str, *, beside: str = "") -> Figure:
        """Return how many files of a shard folder are not byte for byte those on the disk, or are missing."""
        whole, found = content(self._whole), content(at(out))
        names = (whole.keys() | found.keys()) - {"manifest.parquet"}  # it says where the videos lie
        num = sum(whole.get(name) != found.get(name) for name in names)
        beside = f"{len(names)} files{beside and '; '}{beside}"
        return Figure(f"{name}: files unlike file://", num, beside, "files", most=0)

    def killed(self) -> list[Figure]:
        """Kill a run at random moments after its first tar, and let it go on."""
        rng, out, num_kills = random.Random(0), "s3://bucket/killed", 0
        while num_kills < _NUM_KILLS:
            with self._begun(out) as process:
                self._await_tar(process, out, at_least=num_kills + 1)
                time.sleep(rng.uniform(0, 1))
                if process.poll() is not None:
                    break
                os.killpg(process.pid, signal.SIGKILL)
            num_kills += 1
        self._finish(out)
        marks = [asked for asked in self._door.seen if asked.startswith("PUT /bucket/killed/shards/")]
        marks = [asked for asked in marks if asked.endswith(".json")]
        return [
            self.compared(f"s3, killed {num_kills} times", out),
            Figure("s3, killed: tars committed twice", len(marks) - len(set(marks)), f"{len(set(marks))} tars", "tars",
                   most=0),
        ]  # fmt: skip

    def failing(self) -> Figure:
        """Let every so many requests fail."""
        self._door.every, self._door.num_failed = _FAIL_EVERY, 0
        self._finish("s3://bucket/failing")
        self._door.every = 0
        beside = f"{self._door.num_failed} requests failed"
        return self.compared(f"s3, 1 of {_FAIL_EVERY} requests fails", "s3://bucket/failing", beside=beside)

    def stalling(self) -> Figure:
        """Let two uploads of tars hang for longer than the library waits; they land when they were sent again."""
        self._door.pattern, self._door.stalls, self._door.stall_s = "PUT /bucket/stalling/shards/0", 2, _STALL_S
        self._finish("s3://bucket/stalling")
        self._door.pattern, self._door.stalls = "", 0
        return self.compared(f"s3, 2 uploads stall {_STALL_S:g} s", "s3://bucket/stalling")

    def gone(self) -> Figure:
        """Take the store away in the middle: the run ends and says why, and the same command goes on later."""
        out = "s3://bucket/gone"
        with self._begun(out) as process:
            self._await_tar(process, out)
            self._door.failures = -1
            words = process.communicate(timeout=_PATIENCE_S)[1].strip().splitlines()[-1]
        self._door.failures = 0
        self._finish(out)
        return self.compared("s3, gone and back", out, beside=f"{_exit_code(process.returncode, 1)}: {words}")

    def twice(self) -> Figure:
        """Start a second run on the OUT of a living one."""
        out = "s3://bucket/twice"
        with self._begun(out) as process:
            self._await_tar(process, out, what="started.json")
            second = subprocess.run(self._command(out), capture_output=True, text=True, check=False)
            process.communicate(timeout=_PATIENCE_S)
        beside = f"the second: {_exit_code(second.returncode, 2)}: {second.stderr.strip()}"
        return self.compared("s3, two runs on one OUT", out, beside=beside)

    def _command(self, out: str) -> list[str]:
        return [*COMMAND, "shard", "s3://bucket/run/speed", "-o", out, *SHARD, "--workers", "2"]

    def _finish(self, out: str) -> None:
        subprocess.run(self._command(out), check=True, capture_output=True)

    @contextmanager
    def _begun(self, out: str) -> Iterator["subprocess.Popen[str]"]:
        command = self._command(out)
        process = subprocess.Popen(
            command, text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def _await_tar(self, process: "subprocess.Popen[str]", out: str, *, at_least: int = 1, what: str = ".json") -> None:
        """Return when so many objects of a kind were written, or the run is over."""
        start = f"PUT {out.removeprefix('s3:/')}/" + ("" if what == "started.json" else "shards/")
        until_s = time.monotonic() + _PATIENCE_S
        while process.poll() is None and time.monotonic() < until_s:
            if (
                len({asked for asked in self._door.seen if asked.startswith(start) and asked.endswith(what)})
                >= at_least
            ):
                return
            time.sleep(0.02)


def _exit_code(code: int, wanted: int) -> str:
    if code != wanted:
        raise RuntimeError(f"exit code {code}, not {wanted}")
    return f"exit code {code}"


def _rows_differing(here: Path, there: Path) -> Figure:
    """Return how many rows of all manifests are not those on the disk, but for where the videos lie."""
    num, num_rows = 0, 0
    for job in _STEPS:
        rows = [[row.having(uri="") for row in read_rows(out / job / "manifest.parquet")] for out in (here, there)]
        num_rows += len(rows[0])
        num += abs(len(rows[0]) - len(rows[1])) + sum(a != b for a, b in zip(*rows, strict=False))
    return Figure("s3: rows unlike file:// but for the address", num, f"{num_rows} rows", "rows", most=0)
