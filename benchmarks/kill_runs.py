"""Kill whole runs of a pipeline at random moments, workers too, and resume each until it is done.

`python -m benchmarks.kill_runs --kills 100` runs scan, trim with films, speed, split, shard and train on two workers.
Half of the kills end the whole process group, half the parent alone. Each folder that got done is compared with an
undisturbed run byte for byte, and must hold nothing besides.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.kills import await_orphans
from benchmarks.steps import apart, import_modules
from tests.faults.project import begin, content

_PIPELINE = """input = "films"
[[step]]
run = "scan"
[[step]]
run = "trim"
head_s = 0.1
render = true
[[step]]
run = "speed"
task = "window"
num_frames = 8
clips = 2
min_motion = 0
max_still = 1
[[step]]
run = "split"
fractions = [1, 0, 0]
[[step]]
run = "shard"
spatial = "resize"
size_px = 32
sources_per_unit = 1
[[step]]
run = "train"
system = "speediness"
preset = "tiny"
set = ["size_px=32", "num_frames=8", "w_ctr=0"]
epochs = 3
batch = 2
loader_workers = 0
checkpoint_every_s = 1e-9
"""
_POLL_S = 0.02


@dataclass
class Killed:
    """What the kills did."""

    num_kills: int = 0
    num_parent_only: int = 0
    num_folders: int = 0
    places: Counter[str] = field(default_factory=Counter)
    """Kills by the step that was at work."""
    broken: list[str] = field(default_factory=list)


def kill_runs(*, num_kills: int, seed: int, until_s: float) -> Killed:
    """Kill runs in the current folder `num_kills` times, or until the clock says `until_s`."""
    rng, report, out = random.Random(seed), Killed(), Path("out")
    _, whole_s = _run(Path("whole"), None, parent_only=False)
    whole, usual = content(Path("whole")), {path.name for path in Path("tmp").iterdir()}  # torch makes a folder there
    kills: list[str] = []
    while True:
        is_last = report.num_kills >= num_kills or time.monotonic() > until_s
        if is_last and not kills:
            return report
        parent_only, after_s = rng.random() < 0.5, rng.uniform(0, whole_s)
        code, used_s = _run(out, None if is_last else after_s, parent_only=parent_only)
        if code == -signal.SIGKILL:
            report.num_kills += 1
            report.num_parent_only += parent_only
            place = _place(out)
            report.places[place] += 1
            kills.append(f"{used_s:.2f} s in {place}")
            continue
        report.num_folders += 1
        report.broken += _problems(out, whole, usual, code, kills)
        for path in (out, Path("cache", out)):
            shutil.rmtree(path, ignore_errors=True)
        kills = []
        print(f"{report.num_kills} kills, {report.num_folders} folders, {len(report.broken)} broken", flush=True)


def _run(out: Path, after_s: float | None, *, parent_only: bool) -> tuple[int, float]:
    """Run until done, or kill once all processes together have worked `after_s` seconds; return exit code and seconds.

    Seconds are those of processors, not of the clock, so that a busy machine shifts no kill to the start.
    """
    run, used_s = os.fork(), 0.0
    if run == 0:
        os.setsid()
        os._exit(_work(out))
    while (ended := os.waitid(os.P_PID, run, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is None:
        used_s = _worked_s(run)
        if after_s is not None and used_s >= after_s:
            os.kill(run, signal.SIGKILL) if parent_only else os.killpg(run, signal.SIGKILL)
            break
        time.sleep(_POLL_S)
    used_s = max(used_s, _worked_s(run)) if ended else used_s
    code = os.waitstatus_to_exitcode(os.waitpid(run, 0)[1])
    await_orphans(run)
    return code, used_s


def _work(out: Path) -> int:
    """Do the work of the forked process, which is the parent of its own workers."""
    from tests.calling import call

    cache = Path("cache", out).absolute()
    cache.mkdir(parents=True, exist_ok=True)
    os.environ |= {"VQAPREP_CACHE": str(cache), "TMPDIR": str(Path("tmp").absolute()), "OMP_NUM_THREADS": "1"}
    tempfile.tempdir = None
    with Path("said.txt").open("w") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    return call("run", "p.toml", "-o", out, "--workers", "2")


def _modules() -> list[str]:
    """Return the modules that a run in this process needs."""
    from tests.calling import call

    call("run", "p.toml", "-o", "first", "--engine", "inline")
    return list(sys.modules)


def _worked_s(pid: int) -> float:
    """Return the seconds of processors that a process, and those that it started, have used."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return 0.0
    own = sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")  # with children that ended
    return own + sum(_worked_s(int(child)) for child in children)


def _place(out: Path) -> str:
    """Return the first step that is not complete."""
    steps = sorted(path for path in out.iterdir() if path.is_dir()) if out.exists() else []
    return next((path.name for path in steps if not (path / "run.json").exists()), steps[-1].name if steps else "start")


def _problems(out: Path, whole: dict[str, bytes], usual: set[str], code: int, kills: list[str]) -> list[str]:
    found = content(out)
    wrong = [f"exit {code}: {Path('said.txt').read_text(encoding='utf-8')[-300:]}"] * bool(code)
    wrong += sorted(name for name in whole.keys() | found.keys() if whole.get(name) != found.get(name))
    wrong += [f"{path} stayed" for path in Path("tmp").iterdir() if path.name not in usual]
    held = [*out.rglob("*"), *Path("cache", out).rglob("*")]
    wrong += [f"{path} stayed" for path in held if path.name == ".held.json" or path.suffix == ".tmp"]
    return [f"after kills at {', '.join(kills)}: {'; '.join(wrong[:5])}"] if wrong else []


def main() -> int:
    """Kill, print what came of it, and return 1 where anything is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=120.0, help="longest time; then what was killed is finished")
    wanted = parser.parse_args()
    import torch  # noqa: F401  so that each forked process has it

    import vqaprep.training.loop  # noqa: F401  likewise

    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("tmp").mkdir()
        apart(begin)
        Path("p.toml").write_text(_PIPELINE, encoding="utf-8")
        import_modules(apart(_modules))
        found = kill_runs(num_kills=wanted.kills, seed=wanted.seed, until_s=time.monotonic() + 60 * wanted.minutes)
        os.chdir("/")
    print("".join(f"  {line}\n" for line in found.broken), end="")
    print(f"kills by the step at work: {dict(sorted(found.places.items()))}")
    print(
        f"{found.num_kills} kills ({found.num_parent_only} of the parent alone), {found.num_folders} folders done, "
        f"{len(found.broken)} of them broken"
    )
    return int(bool(found.broken))


if __name__ == "__main__":
    sys.exit(main())
