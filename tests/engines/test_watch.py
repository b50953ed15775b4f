"""A worker that stood still because something stopped it has not hung."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.engines.work import beat
from vqaprep.engines import Done, Limits, watch
from vqaprep.engines.worker import Worker
from vqaprep.errors.heartbeat import Signs

STALL_S, STOPPED_S = 0.6, 1.5
RUN = """
import sys
from tests.engines.work import beat
from vqaprep.engines import Limits
from vqaprep.engines.local import LocalEngine
if __name__ == "__main__":
    items = [(sys.argv[1], number) for number in range(2)]
    print(*LocalEngine(2, Limits(timeout_s=60.0, stall_s=0.6)).map(beat, items))
"""


def wait_for(folder: Path, num: int) -> None:
    until_s = time.monotonic() + 60
    while len(list(folder.iterdir())) < num:
        assert time.monotonic() < until_s
        time.sleep(0.01)


def test_a_stopped_worker_goes_on(tmp_path: Path) -> None:
    worker = Worker(Limits(timeout_s=60.0, stall_s=STALL_S))
    worker.send(beat, 0, (str(tmp_path), 0))
    wait_for(tmp_path, 1)
    os.kill(worker._process.pid, signal.SIGSTOP)
    time.sleep(STOPPED_S)
    os.kill(worker._process.pid, signal.SIGCONT)
    outcome = worker.outcome()
    worker.close()
    assert isinstance(outcome, Done)


def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    script, notes = tmp_path / "run.py", tmp_path / "notes"
    script.write_text(RUN, encoding="utf-8")
    notes.mkdir()
    root = str(Path(__file__).parents[2])
    command, env = [sys.executable, str(script), str(notes)], os.environ | {"PYTHONPATH": root}
    with subprocess.Popen(command, start_new_session=True, env=env, stdout=subprocess.PIPE, text=True) as run:
        wait_for(notes, 2)
        group = os.getpgid(run.pid)
        os.killpg(group, signal.SIGSTOP)
        time.sleep(STOPPED_S)
        os.killpg(group, signal.SIGCONT)
        said = run.communicate(timeout=60)[0]
    assert said.count("Done") == 2, said


@pytest.mark.parametrize(("is_resting", "verdict"), [(True, None), (False, "no progress for 1 s")])
def test_the_stall_clock_rests_while_a_store_is_awaited(
    is_resting: bool, verdict: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = (0.25 * number for number in range(200))
    looks = iter(range(100))  # the clock of this test: four looks per second, and the process ends after the last
    monkeypatch.setattr(watch, "wait", lambda *_, **__: [] if next(looks, None) is not None else ["ended"])
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    monkeypatch.setattr(watch, "Thread", AtOnce)
    process = SimpleNamespace(sentinel=None, pid=os.getpid(), kill=lambda: None)
    seen = watch.Watch(process, Signs(is_working=True, is_resting=is_resting), Limits(timeout_s=60.0, stall_s=1.0))
    assert seen.verdict == verdict


class AtOnce:
    """A thread that does its work when it is started."""

    def __init__(self, target: Any, daemon: bool) -> None:
        self.start = target
