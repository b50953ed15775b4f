"""A run that is killed at a durable step resumes to the same bytes and leaves nothing; `make soak` takes every step."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(900)
def test_a_sample_of_all_durable_steps_survives_a_kill() -> None:
    command = [sys.executable, "-m", "benchmarks.steps", "--every", "29", "--first", "5"]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # so that the process that is forked has one thread
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2], env=os.environ | threads
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "kills resumed to the same bytes" in done.stdout
