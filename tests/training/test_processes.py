"""Two processes of `torchrun` learn what one does from the same batches, and one goes on where two were killed."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.training.many import RUNS, SEED, STEPS_BEFORE_DEATH, settings_of
from tests.training.test_loop import curve
from vqaprep.training.loop import train

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def two(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where two processes have left all runs."""
    out = tmp_path_factory.mktemp("two")
    command = ["torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "tests.training.many"]
    subprocess.run([sys.executable, "-m", *command, str(shards), str(out)], check=False, timeout=240)
    return out


def numbers(run: Path) -> dict[tuple[str, ...], float]:
    return {tuple(row[:4]): float(row[4]) for row in curve(run)[1:]}


def alone(name: str, shards: Path, path: Path, *, workers: int = 0) -> dict[tuple[str, ...], float]:
    path.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    train(settings_of(name).model_copy(update={"loader_workers": workers}), shards, path, seed=SEED)
    return numbers(path)


@pytest.mark.parametrize("name", [name for name in RUNS if name != "killed"])
def test_two_processes_have_the_curve_of_one(name: str, two: Path, shards: Path, tmp_path: Path) -> None:
    wanted, found = alone(name, shards, tmp_path / "one"), numbers(two / name)
    assert found.keys() == wanted.keys()
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-5)


def test_one_process_with_other_loaders_goes_on_where_two_were_killed(two: Path, shards: Path, tmp_path: Path) -> None:
    left = numbers(two / "killed")
    assert max(int(step) for phase, _, step, _ in left if phase == "train") == STEPS_BEFORE_DEATH
    assert alone("killed", shards, two / "killed", workers=2) == pytest.approx(
        alone("killed", shards, tmp_path / "whole"), rel=1e-4, abs=1e-5
    )
