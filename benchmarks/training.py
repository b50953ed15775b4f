"""Training beside a plain loop of the same network in the same run: clips a second, and time spent waiting for data.

`make bench-training` runs it on the CPU. The plain loop has torchvision's `r3d_18`, its batches ready in memory;
ours reads the same clips from shards, augments them, and keeps its curve.
"""

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.figures import Figure, Inline, show
from tests.films import pictures, write_film
from vqaprep.detect.observations import Observations
from vqaprep.media.look import look
from vqaprep.media.probe import probe
from vqaprep.models.torchvision_guard import import_torchvision
from vqaprep.rows import Clip, Row
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings
from vqaprep.stages.distort import Distort
from vqaprep.stages.speed import Speed
from vqaprep.training.loop import _step
from vqaprep.training.settings import TrainSettings
from vqaprep.training.setup import prepare

_WARM_STEPS, _STEPS, _BATCH, _SIDE_PX = 2, 4, 4, 64
_ROUNDS = 7


@dataclass(frozen=True)
class Pace:
    """What training steps cost: clips a second, the share of time spent waiting for data, seconds a step."""

    clips_s: float
    data_wait: float
    step_s: float


def pace(run: Any, *, warm: int, steps: int) -> Pace:
    """Take `warm` steps of a prepared run, then time `steps` more; epochs follow each other as in training."""
    run.network.train()
    waited_s = began_s = 0.0
    batches = iter(run.batches())
    for number in range(warm + steps):
        if number == warm:
            _wait(run.fabric.device)
            began_s, waited_s = time.perf_counter(), 0.0
        asked_s = time.perf_counter()
        raw = next(batches, None)
        if raw is None:
            run.where.epoch, run.where.seen = run.where.epoch + 1, 0
            batches = iter(run.batches())
            raw = next(batches)
        waited_s += time.perf_counter() - asked_s
        _step(run, raw)
        run.where.step, run.where.seen = run.where.step + 1, run.where.seen + run.batch
    _wait(run.fabric.device)
    took_s = time.perf_counter() - began_s
    return Pace(run.batch * steps / took_s, waited_s / took_s, took_s / steps)


def plain_pace(
    *, batch: int, num_frames: int, side_px: int, device: torch.device, warm: int, steps: int, is_mixed: bool = False
) -> Pace:
    """Time torchvision's `r3d_18` in a loop of a few lines on one batch that lies ready; its optimizer is `action`'s.

    With `is_mixed` it computes in bfloat16, channels last, as the systems beside it on a GPU do.
    """
    layout = torch.channels_last_3d if is_mixed else torch.contiguous_format
    network = import_torchvision().models.video.r3d_18(weights=None, num_classes=2).train()
    network = network.to(device, memory_format=layout)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    clip = torch.rand(batch, 3, num_frames, side_px, side_px, device=device).to(memory_format=layout)
    label = torch.arange(batch, device=device) % 2
    began_s = 0.0
    for number in range(warm + steps):
        if number == warm:
            _wait(device)
            began_s = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=is_mixed):
            loss = nn.functional.cross_entropy(network(clip), label)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation there
        optimizer.step()
    _wait(device)
    took_s = time.perf_counter() - began_s
    return Pace(batch * steps / took_s, 0.0, took_s / steps)


def shards(
    folder: Path, views: str, *, num_frames: int, side_px: int, films: int, clips: int, coder: str = "libx264"
) -> Path:
    """Make shards of drawn films that give this kind of example, with labels, scores and subjects."""
    folder.mkdir(parents=True, exist_ok=True)
    task: Any = {"query_key": "fine", "pairs": "pace"}.get(views, "none")
    speed = Speed(task=task, num_frames=num_frames, clips=clips, pairs=views == "query_key", min_motion=0, max_still=1)
    found: list[Clip] = []
    for number in range(films):
        shown = pictures(4 * num_frames * max(1, clips // 2), shade=40 + 160 * number // films)
        labels: dict[str, Any] = {
            "label": "xy"[number % 2],
            "mos": float(number),
            "subject_id": f"s{number}",
            "split": "train",
        }
        film = probe(str(write_film(folder / f"{number}.mp4", shown, coder=coder)), **labels)
        rows: list[Row] = [film]
        if views in ("pairs", "versions"):
            kinds = (
                ("gaussian_blur", "contrast")
                if views == "pairs"
                else ("gaussian_blur", "jpeg", "contrast", "brightness")
            )
            levels: Any = "draw" if views == "pairs" else "all"
            distort = Distort(kinds=kinds, levels=levels)
            rows = [
                row
                for row in distort(film, Observations(), np.random.default_rng(number))
                if not hasattr(row, "reason")
            ]
        seen = Observations(look=look(film))
        found += [c for row in rows for c in speed(row, seen, np.random.default_rng(number)) if isinstance(c, Clip)]
    is_mosaic = views in ("versions", "semi")
    cut: Any = {"spatial": "fragments", "fragment_draws": 2} if is_mosaic else {"spatial": "resize", "size_px": side_px}
    make_shards(found, folder, ShardSettings(**cut), Inline(), lambda _clips, _dropped: None)
    return folder


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main() -> int:
    """Measure both, print and store the table, and return 1 where a promise is broken."""
    with tempfile.TemporaryDirectory() as name:
        folder = shards(Path(name) / "shards", "clip", num_frames=16, side_px=_SIDE_PX + 8, films=8, clips=4)
        options: dict[str, Any] = {"set": ("encoder=r3d_18", "width=64", f"size_px={_SIDE_PX}"), "accelerator": "cpu"}
        settings = TrainSettings(system="action", batch=_BATCH, epochs=1000, **options)
        (Path(name) / "run").mkdir()
        run = prepare(settings, folder, Path(name) / "run", seed=0)
        plain_how: dict[str, Any] = {"batch": _BATCH, "num_frames": 16, "side_px": _SIDE_PX}
        timed: dict[str, Any] = {"warm": _WARM_STEPS, "steps": _STEPS}
        found = []
        for _ in range(_ROUNDS):  # by turns: a machine that slows down slows both
            plain = plain_pace(**plain_how, device=torch.device("cpu"), **timed)
            found.append((pace(run, **timed), plain))
    ratios = [ours.clips_s / plain.clips_s for ours, plain in found]
    clips_s, waits = median(plain.clips_s for _, plain in found), [ours.data_wait for ours, _ in found]
    rounds = f"rounds {min(ratios):.2f} to {max(ratios):.2f}"
    beside = f"a plain torchvision loop on ready batches ({clips_s:.2f} clips/s; {rounds})"
    figures = [
        Figure("training clips/s, r3d_18", median(ratios), beside, least=0.9),
        Figure("waiting for data, once warm", 100 * median(waits), "", unit="% of the time", most=5),
    ]
    return show(figures, command="make bench-training", name="training")


if __name__ == "__main__":
    sys.exit(main())
