"""The job files of `pipelines/slurm` start what they say, with the options they are given."""

import os
import subprocess
from pathlib import Path

import pytest

FILES = Path(__file__).parents[2] / "pipelines" / "slurm"
SLURM = {"SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "n[1-2]", "SLURM_JOB_NUM_NODES": "2"}


def started(folder: Path, name: str, *arguments: str, **more: str) -> list[str]:
    """Run a job file with programs that print what they are told; return what is started in the end."""
    programs = {"vqaprep": 'echo vqaprep "$@"', "srun": 'echo srun "$@"', "scontrol": "echo n1; echo n2"}
    for program, body in programs.items():
        (folder / program).write_text(f"#!/bin/sh\n{body}\n")
        (folder / program).chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}"} | SLURM | more
    command = ["bash", str(FILES / name), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.split()


def test_preparing_is_a_run_on_the_slurm_engine(tmp_path: Path) -> None:
    words = started(tmp_path, "prepare.sbatch", "p.toml", "out", "--workers", "9", "--slurm", "partition=long")
    assert " ".join(words) == "vqaprep run p.toml -o out --engine slurm --workers 9 --slurm partition=long"


def test_training_starts_torchrun_on_every_node(tmp_path: Path) -> None:
    words = started(tmp_path, "train.sbatch", "speediness", "shards", "run", "--epochs", "3")
    assert words[:2] == ["srun", "torchrun"]
    assert {"--nnodes=2", "--nproc-per-node=gpu", "--rdzv-endpoint=n1:20007", "--rdzv-id=7"} <= set(words)
    assert " ".join(words).endswith("--no-python vqaprep train speediness shards -o run --epochs 3")


def test_the_number_of_processes_can_be_given(tmp_path: Path) -> None:
    assert "--nproc-per-node=2" in started(tmp_path, "train.sbatch", "s", "shards", "run", PROCESSES="2")


@pytest.mark.parametrize("path", sorted(FILES.glob("*.sbatch")), ids=lambda path: path.name)
def test_a_job_file_is_requeued_and_keeps_its_log(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "#SBATCH --requeue\n" in text and "#SBATCH --open-mode=append\n" in text
    assert text.splitlines()[1].startswith("# ")
