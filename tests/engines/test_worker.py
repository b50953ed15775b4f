"""A worker outlives its processes: whenever one dies, only the item that it was doing is lost."""

import pickle
import threading
from multiprocessing.connection import Connection

import pytest

from tests.engines.work import Torn, fail_at_two, leave_a_thread, leave_soon, square, take_parts
from vqaprep.engines import Done, Failed, Limits
from vqaprep.engines.worker import Worker, portable
from vqaprep.errors import MediaError


def test_a_death_between_two_items_costs_none() -> None:
    worker = Worker(Limits())
    worker.send(leave_soon, 0, 0)
    assert isinstance(worker.outcome(), Done)
    worker._process.join()
    worker.send(square, 1, 3)
    done = worker.outcome()
    worker.close()
    assert isinstance(done, Done)
    assert (done.index, done.value) == (1, 9)


def test_a_death_while_a_large_item_is_sent_costs_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def start_and_die(worker: Worker) -> Connection:
        pipe = start(worker)
        threading.Timer(0.05, worker._process.kill).start()
        return pipe

    start = Worker._start
    monkeypatch.setattr(Worker, "_start", start_and_die)
    worker = Worker(Limits())
    worker.send(square, 4, bytes(1 << 24))  # more than a pipe holds
    failed = worker.outcome()
    assert isinstance(failed, Failed)
    assert (failed.index, failed.reason, failed.detail) == (4, "crashed", "the worker ended with exit code -9")


def test_a_process_that_does_not_end_by_itself_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vqaprep.engines.worker._EXIT_S", 0.2)
    worker = Worker(Limits())
    worker.send(leave_a_thread, 0, 0)
    assert isinstance(worker.outcome(), Done)
    process = worker._process
    worker.close()
    assert process.exitcode == -9


def test_the_time_limit_is_that_of_a_part() -> None:
    worker = Worker(Limits(timeout_s=1.0, stall_s=0.8))
    worker.send(take_parts, 0, 3)
    assert isinstance(worker.outcome(), Done)
    worker.send(take_parts, 1, 4)
    failed = worker.outcome()
    assert isinstance(failed, Failed)
    assert failed.detail == "no progress for 0.8 s"


def test_an_exception_tells_where_it_came_from() -> None:
    worker = Worker(Limits())
    worker.send(fail_at_two, 0, 2)
    with pytest.raises(ZeroDivisionError) as caught:
        worker.outcome()
    worker.close()
    assert "in fail_at_two" in str(caught.value.__cause__)


def test_an_exception_keeps_its_type_or_at_least_its_words() -> None:
    assert portable(MediaError("corrupt", "x")).args == ("corrupt: x",)
    assert isinstance(portable(MediaError("corrupt")), MediaError)

    class LocalError(Exception):
        """Cannot be pickled."""

    assert "LocalError: how odd" in str(portable(LocalError("how odd")))


def test_an_item_that_cannot_be_read_there_is_a_defect() -> None:
    worker = Worker(Limits())
    worker.send(square, 0, Torn())
    with pytest.raises(ValueError, match="torn"):
        worker.outcome()
    worker.close()


def test_work_that_cannot_travel_is_told_at_once() -> None:
    worker = Worker(Limits())
    with pytest.raises((pickle.PicklingError, AttributeError)):
        worker.send(lambda _: None, 0, 0)
    worker.close()
