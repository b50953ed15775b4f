"""One of several processes of a training run, as `torchrun` starts them: `python -m tests.training.many SHARDS OUT`."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch

from vqaprep.training import loop
from vqaprep.training.settings import TrainSettings

FIXED: dict[str, Any] = {"preset": "tiny", "accelerator": "cpu", "loader_workers": 0, "epochs": 2, "batch": 4}
RUNS: dict[str, dict[str, Any]] = {
    "batch statistics": {"system": "speediness", "set": ("w_ctr=0",), "lr": 1e-4, "sync_batch_norm": True},
    "correlation": {"system": "dualpath_vqa", "set": ("dropout=0", "drop_path=0"), "lr": 1e-3},
    "subjects": {"system": "ssl_v3", "set": ("mc_dropout=0", "w_ctr=0", "subject_every=batch"), "lr": 1e-3},
    "killed": {
        "system": "speediness",
        "set": ("w_ctr=0",),
        "lr": 1e-4,
        "sync_batch_norm": True,
        "checkpoint_every_s": 1e-9,
        "loader_workers": 1,
    },
}
STEPS_BEFORE_DEATH = 4
# Sums over two processes round otherwise than over one. With seed 0 a unit lies so near to zero that this flips it.
SEED = 1


def settings_of(name: str) -> TrainSettings:
    """Return what a run is told."""
    return TrainSettings(**FIXED | RUNS[name])


def main(shards: Path, out: Path) -> None:
    """Train every run in turn; each process is killed in the middle of the last one's second epoch."""
    torch.set_num_threads(1)
    for name in RUNS:
        path = out / name
        path.mkdir(parents=True, exist_ok=True)
        if name == "killed":
            _die_after(STEPS_BEFORE_DEATH)
        loop.train(settings_of(name), shards, path, seed=SEED)


def _die_after(num_steps: int) -> None:
    step, taken = loop._step, [0]

    def dying(*given: Any) -> Any:
        if taken[0] == num_steps:
            os.kill(os.getpid(), signal.SIGKILL)
        taken[0] += 1
        return step(*given)

    loop._step = dying  # type: ignore[assignment]  # of any arguments


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
