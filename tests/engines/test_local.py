"""The pool of this machine: interrupted it leaves no process, and its processes are made anew now and then."""

import gc
import signal
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from tests.engines.processes import is_alive
from tests.engines.work import note_process, own_process, square
from vqaprep.engines import Done, Limits, Pool, get, worker
from vqaprep.engines.local import LocalEngine

ITEMS = range(5)


def engine(*, workers: int = 2) -> LocalEngine:
    return LocalEngine(workers=workers, limits=Limits(timeout_s=60.0, stall_s=60.0))


def test_ctrl_c_ends_with_the_pool_stopped(tmp_path: Path) -> None:
    def interrupt_when_both_work() -> None:
        while len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.02)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt_when_both_work, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        list(engine().map(note_process, [(str(tmp_path), i) for i in ITEMS]))
    assert [path.name for path in tmp_path.iterdir() if is_alive(int(path.name))] == []


def test_processes_are_made_anew_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_ITEMS_PER_PROCESS", 20)
    processes = [r.value for r in engine(workers=1).map(own_process, range(45)) if isinstance(r, Done)]
    assert len(processes) == 45
    assert len(set(processes)) == 3


def test_thousands_of_items_do_not_pile_up() -> None:
    tracemalloc.start()
    sizes = []
    for num_done, _ in enumerate(engine().map(square, range(3000)), start=1):
        if num_done % 1000 == 0:
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert len(sizes) == 3
    assert sizes[-1] - sizes[0] < 100_000


def test_the_engine_is_found_by_its_name() -> None:
    assert get("local", Pool(3, Limits(), Path("spool"))) == LocalEngine(workers=3, limits=Limits(3600, 120))
