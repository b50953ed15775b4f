"""A folder is written by one run at a time; the dead hold nothing, and no clock is asked."""

import _thread
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from vqaprep.errors import InputError, VqaprepError
from vqaprep.rows.outfolder import open_out
from vqaprep.storage import StorePath, at, remove_tree
from vqaprep.storage.hold import HELD, hold, holder, release_all, renewed
from vqaprep.storage.hold.renewed import RenewedHold

HOLDING = """
import sys
from pathlib import Path
from vqaprep.storage.hold import hold
held = hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds `tmp_path`."""
    command = [sys.executable, "-c", HOLDING, str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> Iterator[StorePath]:
    """A folder of a store that is watched for a moment only."""
    for name, seconds in (("RENEW_S", 0.05), ("WATCH_S", 0.4), ("SETTLE_S", 0.05)):
        monkeypatch.setattr(renewed, name, seconds)
    folder = at("memory://bucket/out")
    assert isinstance(folder, StorePath)
    yield folder
    release_all()
    remove_tree(folder)


def test_a_folder_of_a_living_run_is_refused_by_name(tmp_path: Path, elsewhere: "subprocess.Popen[str]") -> None:
    with pytest.raises(InputError, match=f"another run .process {elsewhere.pid} on"):
        open_out(tmp_path, "scan", {}, input_sha256="x")
    assert [path.name for path in tmp_path.iterdir()] == [HELD]


def test_a_folder_of_a_killed_run_is_free_at_once(tmp_path: Path, elsewhere: "subprocess.Popen[str]") -> None:
    elsewhere.kill()
    elsewhere.wait()
    open_out(tmp_path, "scan", {}, input_sha256="x").finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.json", "started.json"]


def test_a_complete_folder_is_held_by_nobody(tmp_path: Path) -> None:
    open_out(tmp_path / "out", "scan", {}, input_sha256="x").finish()
    (tmp_path / "out").chmod(0o500)
    assert open_out(tmp_path / "out", "scan", {}, input_sha256="x").is_complete
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["run.json", "started.json"]


def test_the_same_process_may_take_a_folder_again(tmp_path: Path, out: StorePath) -> None:
    for folder in (tmp_path, out):
        first = hold(folder)
        assert hold(folder) is first
        first.release()
        first.release()
        assert not (folder / HELD).exists()


def test_a_folder_that_was_given_back_is_taken_anew(tmp_path: Path, out: StorePath) -> None:
    for folder in (tmp_path, out):
        first = hold(folder)
        first.release()
        second = hold(folder)
        assert second is not first
        assert (folder / HELD).exists()
        second.release()


def test_a_hold_that_nobody_has_any_more_is_gone(tmp_path: Path) -> None:
    hold(tmp_path)
    code = HOLDING.replace("sys.stdin.read()", "held.release()")
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)


def test_a_store_is_held_until_it_is_given_back(out: StorePath) -> None:
    held = hold(out)
    number = json.loads((out / HELD).read_bytes())["number"]
    _wait_for(lambda: json.loads((out / HELD).read_bytes())["number"] > number)
    held.release()
    assert not (out / HELD).exists()


@pytest.mark.parametrize("is_of_this_machine", [True, False])
def test_a_dead_run_in_a_store_is_taken_over(
    out: StorePath, caplog: pytest.LogCaptureFixture, *, is_of_this_machine: bool
) -> None:
    _write(out, began="long ago") if is_of_this_machine else _write(out, machine="another")
    began_s = time.monotonic()
    hold(out)
    assert is_of_this_machine or time.monotonic() - began_s >= renewed.WATCH_S
    assert "is dead; taking over" in caplog.text
    assert json.loads((out / HELD).read_bytes())["pid"] == holder.me()["pid"]


def test_a_living_run_of_this_machine_is_refused_at_once(out: StorePath) -> None:
    _write(out)
    with pytest.raises(InputError, match="another run"):
        RenewedHold(out / HELD)


def test_a_living_run_of_another_machine_is_seen_to_live(out: StorePath) -> None:
    _write(out, machine="another", host="far-away")
    is_over = False

    def live() -> None:
        number = 0
        while not is_over:
            number += 1
            _write(out, machine="another", host="far-away", number=number)
            time.sleep(0.05)

    living = Thread(target=live)
    living.start()
    with pytest.raises(InputError, match="far-away"):
        hold(out)
    is_over = True
    living.join()


def test_two_that_take_over_at_once_do_not_both_get_it(out: StorePath, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(out, machine="another")
    monkeypatch.setattr(time, "sleep", lambda _: _write(out, machine="a third", host="faster"))
    monkeypatch.setattr(renewed, "WATCH_S", 0.0)
    with pytest.raises(InputError, match="faster"):
        RenewedHold(out / HELD)


def test_a_run_that_was_taken_over_ends(out: StorePath, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(_thread, "interrupt_main", lambda: ended.append(True))
    held = hold(out)
    _write(out, machine="another", host="far-away")
    _wait_for(lambda: bool(ended))
    held.release()
    assert json.loads((out / HELD).read_bytes())["host"] == "far-away"


def test_a_store_that_fails_for_a_while_does_not_end_the_run(out: StorePath, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def fail(*_: Any) -> bytes:
        asked.append(1)
        raise VqaprepError("down")

    held = hold(out)
    with monkeypatch.context() as patch:
        patch.setattr(StorePath, "read_bytes", fail)
        _wait_for(lambda: len(asked) > 2)
    number = json.loads((out / HELD).read_bytes())["number"]
    _wait_for(lambda: json.loads((out / HELD).read_bytes())["number"] > number)
    held.release()


def _write(out: StorePath, **changes: Any) -> None:
    (out / HELD).write_text(json.dumps(holder.me() | {"owner": "another", "number": 0} | changes))


def _wait_for(is_so: Any) -> None:
    until_s = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.01)
