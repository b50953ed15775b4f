"""The same pipeline on a real Slurm and on this machine: a task killed, one requeued, the coordinator ended.

`python -m benchmarks.cluster.slurm` starts Slurm by itself, ends it, and prints the table.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from benchmarks.cluster.slurm_machine import slurm
from benchmarks.figures import Figure, table
from benchmarks.kills import COMMAND
from tests.films import picture, write_film
from vqaprep.engines.spool import Raised, read

PIPELINES = Path(__file__).parents[2] / "pipelines" / "slurm"
_MAX_ARRAY, _WORKERS, _NUM_FILMS = 5, 2, 34
_JOB_S, _INTERRUPTED = 300.0, 130
_PIPELINE = """
summary = "Films to shards"
seed = 3
[[step]]
run = "scan"
[[step]]
run = "distort"
kinds = ["gaussian_blur", "h264"]
[[step]]
run = "speed"
task = "fine"
clips = 1
pairs = true
min_motion = 0.0
max_still = 1.0
[[step]]
run = "split"
fractions = [0.5, 0.25, 0.25]
[[step]]
run = "shard"
spatial = "resize"
size_px = 64
sources_per_unit = 1
"""


def prove_slurm(folder: Path) -> list[Figure]:
    """Return what must hold when a pipeline runs on a Slurm of its own, started in `folder` and ended.

    Raises:
        RuntimeError: Slurm cannot be started here, or a run fails.
    """
    (folder / "films").mkdir()
    for number in range(_NUM_FILMS):
        write_film(folder / "films" / f"{number}.mp4", [picture(i, shade=40 + 3 * number) for i in range(60)])
    pipeline = folder / "films.toml"
    pipeline.write_text(f'input = "{folder}/films"\n{_PIPELINE}', encoding="utf-8")
    with _run(pipeline, folder / "local", "--engine", "local"):
        pass
    with slurm(folder / "machine", max_array_size=_MAX_ARRAY, num_cpus=4):
        return [
            *_of_disturbed(pipeline, folder / "disturbed", folder / "local"),
            *_of_ended_coordinator(pipeline, folder / "resumed", folder / "local"),
            _of_chain(pipeline, folder),
        ]


def _of_disturbed(pipeline: Path, out: Path, whole: Path) -> list[Figure]:
    """Kill one task of the shard step and requeue another while it runs."""
    killed = requeued = ""
    with _watching() as seen, _run(pipeline, out, "--engine", "slurm", "--workers", str(_WORKERS)) as run:
        while run.poll() is None:
            for results in _results(out):
                array, task = results.parent, results.name.partition(".")[0]
                if not killed:
                    os.kill(int(results.stem.rpartition("-")[2]), signal.SIGKILL)
                    killed = f"{array}/{task}"
                elif not requeued and killed != f"{array}/{task}" and seen.note(results):
                    _output_of("scontrol", "requeue", f"{seen.job_of(array.name)}_{task}")
                    requeued = f"{array}/{task}"
                seen.note(results)
            time.sleep(0.1)
    before, after = (set(seen.done.get(f"{requeued}.{start:03d}", ())) for start in range(2))
    num_files, num_differing = _compared(whole, out)
    what = "a task killed, one requeued"
    return [
        Figure(f"files that differ from --engine local: {what}", num_differing, f"{num_files} files", "files", most=0),
        Figure("items done again by the requeued task", len(before & after), f"{len(before)} done", "items", most=0),
        Figure("items that it did after the requeue", len(after), "those left", "items", least=1),
        Figure("array tasks at a time", seen.most_running, f"--workers {_WORKERS}", "tasks", most=_WORKERS),
        Figure("tasks of the largest array", seen.largest, f"MaxArraySize {_MAX_ARRAY}", "tasks", most=_MAX_ARRAY),
    ]


def _of_ended_coordinator(pipeline: Path, out: Path, whole: Path) -> list[Figure]:
    """Interrupt the coordinator while arrays of its shard step run, then kill it there, then let it finish."""
    options = ("--engine", "slurm", "--workers", str(_WORKERS))
    with _watching() as seen:
        with _run(pipeline, out, *options, code=_INTERRUPTED) as run:
            _await_results(run, out, seen)
            run.send_signal(signal.SIGINT)
        left = seen.look()
        with _run(pipeline, out, *options, code=-signal.SIGKILL) as run:
            _await_results(run, out, seen)
            run.kill()
        seen.orphans = {job for job, _ in seen.look()}
        with _run(pipeline, out, *options):
            pass
    num_files, num_differing = _compared(whole, out)
    what = "coordinator interrupted, killed, resumed"
    return [
        Figure(f"files that differ: {what}", num_differing, f"{num_files} files", "files", most=0),
        Figure("tasks that an interrupted coordinator left", len(left), "", "tasks", most=0),
        Figure("arrays that ran on after it was killed", len(seen.orphans), "", "arrays", least=1),
        Figure("looks that found them beside new ones", seen.num_mixed, f"{seen.num_looks} looks", "looks", most=0),
    ]


def _results(out: Path) -> list[Path]:
    """Return the files that tasks of the shard step write results to, by now."""
    try:
        return sorted((out / "05-shard").glob(".engine/arrays/*/*.results"))
    except FileNotFoundError:
        return []  # an array is through, and its folder gone


def _await_results(run: "subprocess.Popen[bytes]", out: Path, seen: "_QueueLooks") -> None:
    """Wait until a task of the shard step has given a result."""
    while not any(map(seen.note, _results(out))):
        if run.poll() is not None:
            raise RuntimeError("the run ended before it could be interrupted")
        time.sleep(0.1)


def _of_chain(pipeline: Path, folder: Path) -> Figure:
    """Submit the coordinator itself and, after it, training in two processes."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    out, log = folder / "chained", f"--output={folder}/%x.log"
    words = [str(PIPELINES / "prepare.sbatch"), str(pipeline), str(out), "--workers", str(_WORKERS)]
    first = _output_of("sbatch", "--parsable", log, *words)
    words = [str(PIPELINES / "train.sbatch"), "speediness", str(out / "05-shard"), str(folder / "trained")]
    words += ["--preset", "tiny", "--epochs", "1", "--batch", "4", "--accelerator", "cpu", "--loader-workers", "0"]
    then = ["--cpus-per-task=2", f"--dependency=afterok:{first}", "--export=ALL,PROCESSES=2"]
    second = _output_of("sbatch", "--parsable", log, *then, *words)
    _await(lambda: not _output_of("squeue", "--noheader", f"--jobs={first},{second}", "--states=PD,R,CG"))
    states = [_output_of("scontrol", "--oneliner", "show", "job", job) for job in (first, second)]
    num_done = sum("JobState=COMPLETED" in state for state in states)
    is_trained = (folder / "trained" / "run.json").exists()
    note = "prepare.sbatch, then train.sbatch afterok with 2 processes"
    return Figure("jobs of a chain that did their work", num_done if is_trained else 0, note, "jobs", least=2)


@dataclass
class _QueueLooks:
    """What looks at the queue and at the spool found."""

    most_running: int = 0
    largest: int = 0
    num_looks: int = 0
    num_mixed: int = 0
    orphans: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    done: dict[str, list[int]] = field(default_factory=dict)
    """Items whose results stand in the file of `array/task.start`."""

    def look(self) -> list[tuple[str, str]]:
        """Ask Slurm once; return (job, state) of every task."""
        rows = [line.split("|") for line in _output_of("squeue", "-h", "-r", "-o", "%j|%F|%T").splitlines()]
        self.names |= {name.rpartition("-")[2]: job for name, job, _ in rows}
        jobs = [job for _, job, _ in rows]
        self.num_looks += 1
        self.num_mixed += bool(self.orphans & set(jobs)) and bool(set(jobs) - self.orphans)
        self.most_running = max(self.most_running, sum(state == "RUNNING" for *_, state in rows))
        self.largest = max([self.largest, *(jobs.count(job) for job in jobs)])
        return [(job, state) for _, job, state in rows]

    def job_of(self, array: str) -> str:
        """Return the job id of the array that a folder of the spool belongs to."""
        if array not in self.names:
            self.look()
        return self.names[array]

    def note(self, results: Path) -> list[int]:
        """Remember the items that a file holds by now, and return them."""
        try:
            records = [record for record in read(results)[0] if not isinstance(record, Raised)]
        except FileNotFoundError:
            return []  # the array is through
        found = [record.index for record in records]
        self.done[f"{results.parent}/{results.name.partition('-')[0]}"] = found
        return found


@contextmanager
def _watching() -> Iterator[_QueueLooks]:
    seen, is_over = _QueueLooks(), Event()

    def look() -> None:
        while not is_over.wait(0.3):
            seen.look()

    thread = Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        thread.join()


@contextmanager
def _run(pipeline: Path, out: Path, *options: str, code: int = 0) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a pipeline; when the block is through, wait for its end, which must be with `code`."""
    words = out.with_suffix(".err")
    command = [*COMMAND, "run", str(pipeline), "-o", str(out), *options]
    with words.open("ab") as file, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file) as run:
        try:
            yield run
        except BaseException:
            run.terminate()
            raise
    if run.returncode != code:
        raise RuntimeError(words.read_text(encoding="utf-8", errors="replace"))


def _compared(whole: Path, out: Path) -> tuple[int, int]:
    """Return how many manifests, tars, marks and indices there are, and how many differ."""
    wanted, found = (
        {path.relative_to(root): path.read_bytes() for path in root.glob("0*/**/*") if _is_result(path)}
        for root in (whole, out)
    )
    return len(wanted), sum(wanted.get(name) != found.get(name) for name in wanted.keys() | found.keys())


def _is_result(path: Path) -> bool:
    return path.is_file() and ".engine" not in path.parts and path.name != "run.json"


def _output_of(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _await(is_so: Callable[[], bool]) -> None:
    end_s = time.monotonic() + _JOB_S
    while not is_so():
        if time.monotonic() > end_s:
            raise RuntimeError(f"jobs did not end within {_JOB_S:g} s:\n{_output_of('squeue')}")
        time.sleep(1)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        found = prove_slurm(Path(name))
    print(table(("figure", "measured", "beside", "promise", "kept"), [figure.row() for figure in found]))
    sys.exit(int(not all(figure.is_kept for figure in found)))
