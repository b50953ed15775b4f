"""A worker may fail, die or hang: a defect stops the run, anything else costs one item."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.engines.work import die_at_two, fail_at_two, hang_at_two, note_process, square
from vqaprep.engines import Done, Failed, Limits, Pool, get
from vqaprep.engines.local import LocalEngine

ITEMS = range(5)


def engine(*, workers: int = 2, timeout_s: float = 60.0, stall_s: float = 60.0) -> LocalEngine:
    return LocalEngine(workers=workers, limits=Limits(timeout_s=timeout_s, stall_s=stall_s))


def the_one_that_failed(results: list[Done | Failed]) -> Failed:
    """Return it, after making sure that every other item is done."""
    failed = [result for result in results if isinstance(result, Failed)]
    assert sorted(r.index for r in results) == list(ITEMS)
    assert {r.value for r in results if isinstance(r, Done)} == {0, 1, 3, 4}
    assert [f.index for f in failed] == [2]
    return failed[0]


def test_every_item_gives_its_value() -> None:
    results = list(engine().map(square, ITEMS))
    assert sorted((r.index, r.value) for r in results if isinstance(r, Done)) == [(i, i * i) for i in ITEMS]


def test_nothing_to_do_is_done_at_once() -> None:
    assert list(engine().map(square, [])) == []


def test_a_defect_propagates_and_stops_the_run() -> None:
    with pytest.raises(ZeroDivisionError, match="a defect of ours"):
        list(engine().map(fail_at_two, ITEMS))


def test_a_killed_worker_costs_one_item() -> None:
    failed = the_one_that_failed(list(engine().map(die_at_two, ITEMS)))
    assert failed.reason == "crashed"
    assert "-9" in failed.detail


def test_a_hung_worker_is_killed_by_the_time_limit() -> None:
    failed = the_one_that_failed(list(engine(timeout_s=1.0).map(hang_at_two, ITEMS)))
    assert (failed.reason, failed.detail) == ("timeout", "killed after 1 s")


def test_a_worker_without_progress_is_killed_by_the_stall_limit() -> None:
    failed = the_one_that_failed(list(engine(stall_s=1.0).map(hang_at_two, ITEMS)))
    assert (failed.reason, failed.detail) == ("timeout", "no progress for 1 s")


def test_ctrl_c_ends_with_the_pool_stopped(tmp_path: Path) -> None:
    def interrupt_when_both_work() -> None:
        while len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.02)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt_when_both_work, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        list(engine().map(note_process, [(str(tmp_path), i) for i in ITEMS]))
    assert [path.name for path in tmp_path.iterdir() if _is_alive(int(path.name))] == []


def test_a_run_given_up_early_ends_its_pool() -> None:
    results = engine(workers=1).map(square, ITEMS)
    assert isinstance(next(results), Done)
    results.close()  # type: ignore[attr-defined]  # it is a generator


def test_the_engine_is_found_by_its_name() -> None:
    assert get("local", Pool(3, Limits(), Path("spool"))) == engine(workers=3, timeout_s=3600, stall_s=120)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
