"""Small versions of the long proofs that `make soak` runs."""

from pathlib import Path

import pytest

from benchmarks.fuzz import fuzz
from benchmarks.kills import kill_and_resume
from benchmarks.mutations import mutate_and_run
from benchmarks.running import memory, resume_scan


@pytest.mark.slow
def test_kills_leave_no_trace(tmp_path: Path) -> None:
    report = kill_and_resume(tmp_path, num_kills=3, num_films=2)
    assert (report.num_kills, report.differing_files, report.rewritten_tars) == (3, 0, 0)
    assert report.most_in_flight <= 2
    assert report.num_tars > 2


def test_mutated_videos_are_accounted_for(tmp_path: Path) -> None:
    accounts = mutate_and_run(tmp_path, num_videos=30, num_films=2)
    assert (accounts.num_videos, accounts.unaccounted, accounts.failed_commands) == (30, 0, 0)
    assert sum(accounts.ends.values()) == 30
    assert len({end for _, end in accounts.ends}) > 2


def test_memory_stays_flat(tmp_path: Path) -> None:
    figure = memory(960, tmp_path)  # the allocators of the codecs fill up over the first 300
    assert figure.value is not None and figure.value < 10


def test_a_resumed_run_finds_what_is_done_at_once(tmp_path: Path) -> None:
    assert resume_scan(10_000, tmp_path).is_kept


def test_mutated_films_cost_themselves_alone(tmp_path: Path) -> None:
    fates = fuzz(tmp_path, num_files=60)
    assert (fates.hung, fates.crashed, dict(fates.unexpected)) == ([], [], {})
    assert sum(fates.ends.values()) >= 60
    assert len(fates.ends) > 5
