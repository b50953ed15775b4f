"""Arrays fit the cluster, lost tasks are given again, and nobody else writes into the same folder."""

import os
import pickle
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.engines.slurm_in_memory import WORKED, InMemory, OneProcess, TaskKilledError, die_at_nine, die_once_at_two
from tests.engines.work import die_at_two, fail_at_two, square
from vqaprep.engines import Done, Failed, Limits, Needs, Pool, Work, array_task, get, job_arrays, slurm
from vqaprep.engines.slurm import SlurmEngine
from vqaprep.engines.spool import Results, read
from vqaprep.errors import InputError, VqaprepError


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> InMemory:
    """A Slurm that answers at once."""
    fake = InMemory()
    for module in (slurm, job_arrays):
        monkeypatch.setattr(module, "sbatch", fake)
    monkeypatch.setattr(array_task, "LocalEngine", OneProcess)
    monkeypatch.setattr(job_arrays, "_POLL_S", 0.0)
    monkeypatch.setattr(job_arrays, "_QUEUE_EVERY_S", 0.0)
    return fake


@pytest.fixture
def engine(tmp_path: Path) -> SlurmEngine:
    return SlurmEngine(workers=2, limits=Limits(), spool=tmp_path / "out" / ".engine")


def values(results: list[Done | Failed]) -> dict[int, Any]:
    """Return value by index, after making sure that no index comes twice."""
    found = {result.index: result.value if isinstance(result, Done) else result.reason for result in results}
    assert len(found) == len(results)
    return found


def test_every_item_gives_its_value_in_arrays_that_fit(cluster: InMemory, engine: SlurmEngine) -> None:
    cluster.limit = 5
    results = list(engine.map(square, range(40)))
    assert values(results) == {i: i * i for i in range(40)}
    assert [num for _, num, _ in cluster.arrays] == [5, 5, 4]
    assert all(throttle <= 2 for _, _, throttle in cluster.arrays)
    assert len({name for name, _, _ in cluster.arrays}) == 3


def test_nothing_to_do_asks_slurm_nothing(engine: SlurmEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm, "sbatch", None)
    assert list(engine.map(square, [])) == []


def test_a_task_has_at_most_so_many_items(
    cluster: InMemory, engine: SlurmEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_arrays, "_MOST_ITEMS", 3)
    assert len(list(engine.map(square, range(100)))) == 100
    assert [num for _, num, _ in cluster.arrays] == [34]


def test_a_defect_propagates_and_ends_the_arrays(cluster: InMemory, engine: SlurmEngine) -> None:
    with pytest.raises(ZeroDivisionError, match="a defect of ours") as caught:
        list(engine.map(fail_at_two, range(5)))
    assert any("Slurm task" in note and ".log" in note for note in caught.value.__notes__)
    assert cluster.ended[-1] == engine.name
    assert not (engine.spool / "arrays").exists()


def test_a_lost_task_is_given_again(cluster: InMemory, engine: SlurmEngine) -> None:
    cluster.is_lost = lambda job, task: job <= 2 and task == 0
    assert values(list(engine.map(square, range(20)))) == {i: i * i for i in range(20)}
    assert [num for _, num, _ in cluster.arrays] == [10, 1, 1]


def test_what_a_lost_task_had_finished_is_not_done_again(cluster: InMemory, engine: SlurmEngine) -> None:
    WORKED.clear()
    engine = replace(engine, workers=1)
    assert values(list(engine.map(die_once_at_two, range(32)))) == {i: i for i in range(32)}
    assert sorted(WORKED) == sorted([*range(32), 2])


def test_an_item_that_no_task_survives_costs_itself_alone(cluster: InMemory, engine: SlurmEngine) -> None:
    engine = replace(engine, workers=1)
    results = list(engine.map(die_at_nine, range(32)))
    assert values(results) == {i: "crashed" if i == 9 else i for i in range(32)}
    (failed,) = [result for result in results if isinstance(result, Failed)]
    assert failed.detail.startswith("3 tasks in a row were lost over it, NODE_FAIL")


def test_tasks_that_never_begin_stop_the_run(cluster: InMemory, engine: SlurmEngine) -> None:
    cluster.is_lost = lambda job, task: True
    with pytest.raises(VqaprepError, match="end before they begin"):
        list(engine.map(square, range(4)))
    assert cluster.ended[-1] == engine.name


def test_a_failed_item_names_its_task_and_its_log_stays(cluster: InMemory, engine: SlurmEngine) -> None:
    results = list(engine.map(str, ["a", "hang", "b"]))
    assert Failed(1, "timeout", "hung (Slurm task 1_1)") in results
    assert [path.name for path in (engine.spool / "logs").iterdir()] == ["1_1.log"]


def test_work_says_what_its_tasks_need(cluster: InMemory, engine: SlurmEngine) -> None:
    engine = replace(engine, options=("--mem=4G", "--partition=long"))
    list(engine.map(Work(square, Needs(cpus=1.5, gpus=0.5, memory_mb=900)), [1]))
    assert cluster.options == [("--cpus-per-task=2", "--gpus=1", "--mem=4G", "--partition=long")]


def test_a_later_array_gets_the_workers_that_an_earlier_one_leaves(cluster: InMemory, engine: SlurmEngine) -> None:
    cluster.limit, cluster.lingers = 3, {1: 3, 2: 20}
    cluster.is_lost = lambda job, task: job in (1, 2)
    assert len(list(replace(engine, workers=4).map(square, range(32)))) == 32
    assert cluster.arrays[0][1:] == (3, 4)
    assert cluster.arrays[1][1:] == (3, 1)
    assert cluster.throttles[0] == (2, 4)


def test_arrays_get_smaller_where_a_user_may_have_few_jobs(cluster: InMemory, engine: SlurmEngine) -> None:
    cluster.most_jobs = 5
    assert len(list(engine.map(square, range(16)))) == 16
    assert [num for _, num, _ in cluster.arrays] == [4, 4, 4, 4]


def test_a_user_who_may_have_no_jobs_is_told(cluster: InMemory, engine: SlurmEngine) -> None:
    cluster.most_jobs = 0
    with pytest.raises(InputError, match="QOSMaxSubmitJobPerUserLimit"):
        list(engine.map(square, range(16)))


def test_what_an_earlier_run_left_is_ended_before_anything_is_submitted(cluster: InMemory, engine: SlurmEngine) -> None:
    (engine.spool / "arrays" / "1").mkdir(parents=True)
    results = engine.map(square, range(2))
    assert cluster.ended == []
    next(results)
    assert cluster.ended == [engine.name]
    assert not (engine.spool / "arrays" / "1").exists()
    list(results)
    assert (cluster.ended, cluster.let) == ([engine.name], [engine.name])


def test_sigterm_ends_the_arrays_like_ctrl_c(cluster: InMemory, engine: SlurmEngine) -> None:
    before = signal.getsignal(signal.SIGTERM)
    results = engine.map(square, range(2))
    next(results)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    results.close()  # type: ignore[attr-defined]  # it is a generator
    assert cluster.ended == [engine.name] * 2
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_requeued_task_does_only_what_is_left(cluster: InMemory, tmp_path: Path) -> None:
    for start in range(2):
        (tmp_path / array_task.WORK).write_bytes(pickle.dumps((die_at_nine if start == 0 else square, Limits())))
        array_task.items_path(tmp_path, 0).write_bytes(pickle.dumps([(i, i) for i in (7, 8, 9, 10)]))
        try:
            array_task.run_task(tmp_path, 0, "1_0")
        except TaskKilledError:
            continue
    first, second = (read(path)[0] for path in array_task.results_paths(tmp_path, 0))
    assert [r.index for r in first if isinstance(r, Done)] == [7, 8]
    assert [(r.index, r.value) for r in second if isinstance(r, Done)] == [(9, 81), (10, 100)]


def test_records_are_read_as_they_become_whole(tmp_path: Path) -> None:
    with Results(tmp_path / "whole") as whole:
        whole.write(Done(0, "a"))
        first = (tmp_path / "whole").stat().st_size
        whole.write(Failed(1, "crashed", "b"))
    content = (tmp_path / "whole").read_bytes()
    for size in range(first, len(content)):
        (tmp_path / "torn").write_bytes(content[:size].ljust(len(content), b"\0"))
        assert read(tmp_path / "torn") == ([Done(0, "a")], first)
    assert read(tmp_path / "whole", first) == ([Failed(1, "crashed", "b")], len(content))


def test_real_processes_do_the_items(engine: SlurmEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With commands in place of Slurm's that start each task at once: a killed worker costs one item."""
    commands = {
        "scontrol": "echo MaxArraySize = 5",
        "squeue": "true",
        "sbatch": """for word; do case $word in
--wrap=*) wrap=${word#--wrap=};; --output=*) log=${word#--output=};; esac; done
SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=0 sh -c "$wrap" >"${log%%%*}7_0.log" 2>&1 & echo 7""",
    }
    for name, body in commands.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(job_arrays, "_CHUNKS_A_WORKER", 1)
    engine = replace(engine, workers=1)
    assert values(list(engine.map(die_at_two, range(4)))) == {0: 0, 1: 1, 2: "crashed", 3: 3}
    log = (engine.spool / "logs" / "7_0.log").read_text()
    assert "item 2: crashed: the worker ended with exit code -9" in log


def test_the_engine_is_found_by_its_name(tmp_path: Path) -> None:
    made = get("slurm", Pool(3, Limits(), tmp_path / "spool", slurm=("partition=long",)))
    assert made == SlurmEngine(3, Limits(), tmp_path / "spool", ("--partition=long",))
