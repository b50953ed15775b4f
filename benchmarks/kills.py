"""Kill `vqaprep shard` at random moments, resume it each time, and hold what comes out against whole runs."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.films import shorts
from vqaprep.shards.plan import PLAN
from vqaprep.shards.write import SHARDS, committed, tar_path

COMMAND = [sys.executable, "-c", "from vqaprep.cli import main; main()"]
SHARD = ["--spatial", "center", "--max-shard-mb", "1", "--sources-per-unit", "2"]
_ORPHANS_S, _POLL_S = 60.0, 0.01


@dataclass
class Killed:
    """What `num_kills` kills did; a whole run's files are `num_files`, of which `num_tars` are tars."""

    num_kills: int = 0
    num_parent_only: int = 0
    num_folders: int = 0
    num_tars: int = 0
    num_files: int = 0
    kept_tars: int = 0
    """Committed tars found at the kills, all in all."""
    rewritten_tars: int = 0
    """Committed tars that a later run wrote anew."""
    most_in_flight: int = 0
    """Most units, each at one tar, that were under way at a kill."""
    differing_files: int = 0
    """Files of the resumed folders, and of a run with 4 workers, that are not byte for byte those of 1 worker."""


def kill_and_resume(folder: Path, *, num_kills: int, num_films: int, seed: int = 0) -> Killed:
    """Kill a run with two workers `num_kills` times, starting over with a new folder whenever one got done."""
    rng, report = random.Random(seed), Killed()
    clips = cut_clips(folder, num_films)
    start_s = time.monotonic()
    run_job("shard", clips, folder / "whole", *SHARD, "--workers", "1")
    whole_s = time.monotonic() - start_s
    run_job("shard", clips, folder / "four", *SHARD, "--workers", "4")
    whole = content(folder / "whole")
    report.num_files, report.num_tars = len(whole), sum(name.endswith(".tar") for name in whole)
    report.differing_files = differing(whole, folder / "four")
    out, is_done = folder / "killed", True
    while report.num_kills < num_kills or not is_done:
        if is_done:
            shutil.rmtree(out, ignore_errors=True)
            report.num_folders += 1
        wanted = report.num_kills < num_kills
        is_done = _attempt(
            clips, out, rng.uniform(0, whole_s) if wanted else None, report, parent_only=rng.random() < 0.5
        )
        if is_done:
            report.differing_files += differing(whole, out)
    return report


def _attempt(clips: Path, out: Path, delay_s: float | None, report: Killed, *, parent_only: bool) -> bool:
    """Run until done (True), or kill after `delay_s` seconds (False)."""
    before = _committed(out)
    command = [*COMMAND, "shard", str(clips), "-o", str(out), *SHARD, "--workers", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True) as run:
        try:
            words = run.communicate(timeout=delay_s)[1]
            is_done = True
        except subprocess.TimeoutExpired:
            is_done = False
            os.kill(run.pid, signal.SIGKILL) if parent_only else os.killpg(run.pid, signal.SIGKILL)
            # Orphans hold the pipe, so nothing is read to its end.
            report.num_kills += 1
            report.num_parent_only += parent_only
    await_orphans(run.pid)
    if is_done and run.returncode:
        raise RuntimeError(f"a resumed run ended with {run.returncode}: {words.decode(errors='replace')}")
    after = _committed(out)
    report.kept_tars += 0 if is_done else len(after)
    report.rewritten_tars += sum(after.get(name) != stamp for name, stamp in before.items())
    if not is_done:
        report.most_in_flight = max(report.most_in_flight, len(list((out / SHARDS).glob("unit-*.at"))))
    return is_done


def await_orphans(group: int) -> None:
    """Wait until no process of `group` is left: workers must not outlive their parent for long."""
    end_s = time.monotonic() + _ORPHANS_S
    while time.monotonic() < end_s:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    raise RuntimeError(f"workers were alive {_ORPHANS_S:g} s after their parent was killed")


def cut_clips(folder: Path, num_films: int) -> Path:
    """Cut clips in three versions from the samples by the command line; return their folder."""
    films = folder / "films"
    films.mkdir()
    shorts(films, limit=num_films)
    run_job("scan", films, folder / "0-scan")
    run_job("distort", folder / "0-scan", folder / "1-distort", "--kinds", "gaussian_noise", "--kinds", "h264")
    run_job("speed", folder / "1-distort", folder / "2-speed")
    return folder / "2-speed"


def await_tars(run: "subprocess.Popen[str]", out: Path, *, more_than: int) -> int:
    """Wait until a run has committed more tars than that to `out`; return how many.

    Raises:
        RuntimeError: the run was over before.
    """
    while run.poll() is None:
        if (num_tars := len(_committed(out))) > more_than:
            return num_tars
        time.sleep(_POLL_S)
    raise RuntimeError(f"the run was over with {more_than} tars or fewer: {''.join(filter(None, run.communicate()))}")


def run_job(job: str, source: Path | str, out: Path | str, *options: str) -> None:
    """Run a command that must go well."""
    subprocess.run([*COMMAND, job, str(source), "-o", str(out), *options], check=True, capture_output=True)


def _committed(out: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of each tar that has its mark."""
    tars = [tar_path(out, shard) for shard in committed(out)]
    return {tar.name: (tar.stat().st_ino, tar.stat().st_mtime_ns) for tar in tars}


def content(out: Path) -> dict[str, bytes]:
    """Return the files of a shard folder that depend on clips and settings alone."""
    files = [*(out / SHARDS).iterdir(), out / "index.parquet", out / PLAN, out / "manifest.parquet"]
    return {path.name: path.read_bytes() for path in files}


def differing(whole: dict[str, bytes], out: Path) -> int:
    """Return how many files of `out` are not those of a whole run, or are missing."""
    found = content(out)
    return sum(whole.get(name) != found.get(name) for name in whole.keys() | found.keys())
