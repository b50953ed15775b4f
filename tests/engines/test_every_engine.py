"""What holds wherever work runs: a defect stops the run, a fault costs one item, memory does not grow."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.engines.work import (
    crash_at_two,
    die_at_two,
    die_once_at_two,
    fail_at_two,
    hang_at_two,
    square,
    take_gigabytes,
    threads_of_libraries,
    time_out_at_two,
    wait_for_the_last,
)
from vqaprep.engines import Done, EngineName, Failed, Limits, Needs, Pool, Work, get

ITEMS = range(5)
WORKERS = 2


@dataclass(frozen=True)
class Place:
    """An engine, and what work on it says that it needs."""

    engine: EngineName
    needs: Needs

    def map(
        self,
        work: Callable[[Any], Any],
        items: Sequence[Any],
        *,
        timeout_s: float = 60.0,
        stall_s: float = 60.0,
        memory_mb: int = 2000,
    ) -> Iterator[Done | Failed]:
        engine = get(self.engine, Pool(WORKERS, Limits(timeout_s, stall_s, memory_mb), Path("spool")))
        return engine.map(Work(work, self.needs), items)


@pytest.fixture(params=["local", "tasks of Ray", "actors of Ray"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "local":
        return Place("local", Needs())
    request.getfixturevalue("running_ray")
    return Place("ray", Needs(keeps_state=request.param == "actors of Ray"))


def the_one_that_failed(results: list[Done | Failed]) -> Failed:
    """Return it, after making sure that every other item is done."""
    failed = [result for result in results if isinstance(result, Failed)]
    assert sorted(r.index for r in results) == list(ITEMS)
    assert {r.value for r in results if isinstance(r, Done)} == {0, 1, 3, 4}
    assert [f.index for f in failed] == [2]
    return failed[0]


def test_every_item_gives_its_value_and_its_seconds(place: Place) -> None:
    results = [result for result in place.map(square, ITEMS) if isinstance(result, Done)]
    assert sorted((r.index, r.value) for r in results) == [(i, i * i) for i in ITEMS]
    assert all(r.seconds > 0 for r in results)


def test_nothing_to_do_is_done_at_once(place: Place) -> None:
    assert list(place.map(square, [])) == []


def test_results_come_in_the_order_of_completion(place: Place, tmp_path: Path) -> None:
    indices = [result.index for result in place.map(wait_for_the_last, [(str(tmp_path), i) for i in ITEMS])]
    assert set(indices[-2:]) == {0, 4}  # the first waits until the last has begun
    assert sorted(indices) == list(ITEMS)


def test_a_defect_propagates_and_stops_the_run(place: Place) -> None:
    with pytest.raises(ZeroDivisionError, match="a defect of ours") as caught:
        list(place.map(fail_at_two, ITEMS))
    assert type(caught.value) is ZeroDivisionError


def test_a_timeout_that_work_raises_is_not_taken_for_the_limit(place: Place) -> None:
    with pytest.raises(TimeoutError, match="a slow network"):
        list(place.map(time_out_at_two, ITEMS))


def test_a_killed_worker_costs_one_item(place: Place) -> None:
    failed = the_one_that_failed(list(place.map(die_at_two, ITEMS)))
    assert (failed.reason, failed.detail) == ("crashed", "the worker ended with exit code -9, at each of 3 tries")


def test_an_item_whose_worker_is_killed_once_is_done_again(place: Place, tmp_path: Path) -> None:
    results = list(place.map(die_once_at_two, [(str(tmp_path), i) for i in ITEMS]))
    assert sorted(r.value for r in results if isinstance(r, Done)) == list(ITEMS)


def test_a_crash_in_native_code_costs_one_item(place: Place) -> None:
    failed = the_one_that_failed(list(place.map(crash_at_two, ITEMS)))
    assert (failed.reason, failed.detail) == ("crashed", "the worker ended with exit code -11, at each of 3 tries")


def test_a_hung_worker_is_killed_by_the_time_limit(place: Place) -> None:
    failed = the_one_that_failed(list(place.map(hang_at_two, ITEMS, timeout_s=1.0)))
    assert (failed.reason, failed.detail) == ("timeout", "killed after 1 s")


def test_a_worker_without_progress_is_killed_by_the_stall_limit(place: Place) -> None:
    failed = the_one_that_failed(list(place.map(hang_at_two, ITEMS, stall_s=1.0)))
    assert (failed.reason, failed.detail) == ("timeout", "no progress for 1 s")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts this memory")
def test_an_item_that_takes_too_much_memory_raises(place: Place) -> None:
    with pytest.raises(MemoryError):
        list(place.map(take_gigabytes, [1, 1, 5], memory_mb=2000))
    more = Place(place.engine, replace(place.needs, beside_mb=2000))
    assert [r.value for r in more.map(take_gigabytes, [5], memory_mb=2000) if isinstance(r, Done)] == [5 << 30]


def test_few_items_are_taken_before_the_earlier_ones_are_done(place: Place) -> None:
    class Counted(Sequence[int]):
        taken = 0

        def __len__(self) -> int:
            return 40

        def __getitem__(self, index: Any) -> Any:
            if index >= len(self):
                raise IndexError
            self.taken = max(self.taken, index + 1)
            return index

    items = Counted()
    for num_done, _ in enumerate(place.map(square, items)):
        assert items.taken <= num_done + 2 * WORKERS + 1


def test_native_libraries_use_one_thread_in_a_worker(place: Place) -> None:
    assert [r.value for r in place.map(threads_of_libraries, [None]) if isinstance(r, Done)] == ["1"]


def test_a_run_given_up_early_ends(place: Place) -> None:
    results = place.map(square, ITEMS)
    assert isinstance(next(results), Done)
    results.close()  # type: ignore[attr-defined]  # it is a generator
