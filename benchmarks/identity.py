"""What must not change when code is only moved: loss curves, predictions and bytes of shards, as digests.

Run it before and after, and compare the two outputs:

    python -m benchmarks.identity > before.txt
    python -m benchmarks.identity > after.txt && diff before.txt after.txt

With a folder of footage it also runs the preparation of `pipelines/demo.toml` on it and lists the shards. Every
number is of one thread at one seed, so two runs on one machine agree to the digit.
"""

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

import vqaprep
from benchmarks.training import shards
from vqaprep.evaluation.predict import predictions, with_shares
from vqaprep.evaluation.trained import load_run
from vqaprep.training.log import CURVE
from vqaprep.training.loop import train
from vqaprep.training.settings import TrainSettings
from vqaprep.training.systems import load_module

# A system, and the settings that change what its examples are.
_RUNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("action", ()),
    ("dualpath_vqa", ()),
    ("pace_vqa", ()),
    ("quality", ()),
    ("simplevqa", ()),
    ("speediness", ()),
    ("speediness", ("has_localization=false", "w_ctr=0")),
    ("ssl_v3", ()),
    ("ssl_vqa", ()),
    ("st_vqrl", ("num_versions=3",)),
    ("st_vqrl", ("num_versions=3", "view=temporal")),
)


def main(arguments: list[str]) -> int:
    """Print a digest for every file that a redesign must leave as it is."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (system, changes) in enumerate(_RUNS):
            for what, digest in _learning(system, changes, folder / f"{number}"):
                print(f"{digest}  {' '.join((system, *changes))}: {what}", flush=True)
        for footage in map(Path, arguments):
            for what, digest in _demo(footage, folder / "demo"):
                print(f"{digest}  demo: {what}", flush=True)
    return 0


def _learning(system: str, changes: tuple[str, ...], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the digests of a system's shards, loss curve, weights and predictions."""
    module = load_module(system)
    size = module.PRESETS["tiny"]
    made: dict[str, Any] = {"num_frames": size.num_frames, "side_px": size.size_px + 8, "films": 4, "clips": 2}
    made["coder"] = "mpeg4"  # x264 by way of PyAV gives other bytes once in a while on a busy machine
    data = shards(folder / "shards", module.CONTRACT.example, **made)
    yield from _digests(data, "*.tar")
    run = folder / "run"
    run.mkdir()
    settings = TrainSettings(
        system=system, preset="tiny", set=changes, accelerator="cpu", loader_workers=0, batch=2, epochs=2, passes=2,
        pristine=data if system == "ssl_vqa" else None,
    )  # fmt: skip
    train(settings, data, run, seed=3)
    yield from _digests(run, CURVE)
    yield from _digests(run, "model.safetensors")
    trained = load_run(run)
    table, shares = predictions(trained, data, split="train", batch=2, draws=2, crops=2, seed=5)
    text = with_shares(table, shares, trained).to_csv(index=False, float_format="%.9g")
    yield "predictions", hashlib.sha256(text.encode()).hexdigest()[:16]


def _demo(footage: Path, out: Path) -> Iterator[tuple[str, str]]:
    """Yield the digests of the shards that the demonstration makes of `footage`."""
    vqaprep.run("demo", footage, out)
    yield from _digests(out, "*.tar")


def _digests(folder: Path, pattern: str) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob(pattern)):
        yield str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
