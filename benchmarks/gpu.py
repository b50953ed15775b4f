"""Every system on a GPU at the papers' sizes: clips a second, share of peak arithmetic, data-wait, memory.

`make bench-gpu` runs it wherever a CUDA device is present and refuses elsewhere. `--tiny` runs the same code on
the CPU with tiny networks, to prove the code; its figures mean nothing and are not stored.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.figures import RESULTS, table
from benchmarks.training import pace, plain_pace, shards
from vqaprep.errors import InputError, VqaprepError
from vqaprep.training.loop import _step
from vqaprep.training.settings import TrainSettings
from vqaprep.training.setup import Run, prepare
from vqaprep.training.systems import load_module, system_names

_NO_GPU = "no CUDA device is visible: run `make bench-gpu` on a machine with a GPU, or add --tiny to try the code"
_BATCH = {"st_vqrl": 1, "ssl_vqa": 4, "dualpath_vqa": 8, "simplevqa": 4, "quality": 4, "pace_vqa": 16}
_HEAD = ("system", "clips/s", "beside plain r3d_18", "share of peak", "data-wait", "memory")


def system_row(system: str, folder: Path, *, is_tiny: bool, peak_flops: float, plain_clips_s: float) -> list[str]:
    """Train a system for a few steps on shards made for it and return the cells of its row."""
    module = load_module(system)
    sizes = module.PRESETS["tiny" if is_tiny else "paper"]
    side_px = max(24, getattr(sizes, "size_px", 448) + 8)
    made: dict[str, Any] = {"num_frames": getattr(sizes, "num_frames", 16), "side_px": side_px}
    data = shards(folder / "shards", module.CONTRACT.example, **made, films=4 if is_tiny else 16, clips=2)
    run = _prepared(system, data, folder / "run", is_tiny=is_tiny)
    if not is_tiny:
        torch.cuda.reset_peak_memory_stats()
    flops = _flops(run)
    found = pace(run, warm=1 if is_tiny else 5, steps=2 if is_tiny else 30)
    memory = "" if is_tiny else f"{torch.cuda.max_memory_allocated() / 1e9:.1f} GB"
    share = flops / found.step_s / peak_flops
    return [
        system, f"{found.clips_s:.1f}", f"{found.clips_s / plain_clips_s:.2f} x", f"{share:.1%}",
        f"{found.data_wait:.1%}", memory,
    ]  # fmt: skip


def measured_peak(device: torch.device, *, side: int) -> float:
    """Return the arithmetic that a product of two square matrices in bfloat16 reaches, in operations a second."""
    a = torch.rand(side, side, device=device, dtype=torch.bfloat16)
    for timed in (False, True):
        began_s = time.perf_counter()
        for _ in range(10):
            a @ a
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        if timed:
            return 10 * 2 * side**3 / (time.perf_counter() - began_s)
    raise AssertionError


def _prepared(system: str, data: Path, out: Path, *, is_tiny: bool) -> Run:
    out.mkdir()
    few: Any = ("num_versions=3",) if system == "st_vqrl" and is_tiny else ()
    how: dict[str, Any] = {"preset": "tiny", "accelerator": "cpu", "batch": 2, "loader_workers": 0, "set": few}
    if not is_tiny:
        how = {"precision": "bf16-mixed", "channels_last": True, "loader_workers": 8, "batch": _BATCH.get(system, 32)}
    return prepare(TrainSettings(system=system, epochs=1000, passes=50, **how), data, out, seed=0)


def _flops(run: Run) -> float:
    """Return the operations of one step, forward and backward."""
    run.network.train()
    with FlopCounterMode(display=False) as counter:
        _step(run, next(iter(run.batches())))
    return float(counter.get_total_flops())


def main(arguments: list[str]) -> int:
    """Measure every system, print the table, and store it where it means something.

    Raises:
        InputError: there is no GPU.
    """
    is_tiny = "--tiny" in arguments
    if not is_tiny and not torch.cuda.is_available():
        raise InputError(_NO_GPU)
    device = torch.device("cpu" if is_tiny else "cuda")
    peak = measured_peak(device, side=128 if is_tiny else 8192)
    size: dict[str, Any] = (
        {"batch": 2, "num_frames": 8, "side_px": 32} if is_tiny else {"batch": 32, "num_frames": 16, "side_px": 112}
    )
    plain = plain_pace(**size, device=device, warm=1, steps=2 if is_tiny else 30, is_mixed=not is_tiny)
    asked = [name for name in arguments if not name.startswith("--")] or system_names()
    rows = []
    for system in asked:
        with tempfile.TemporaryDirectory() as name:
            rows.append(system_row(system, Path(name), is_tiny=is_tiny, peak_flops=peak, plain_clips_s=plain.clips_s))
    text = table(_HEAD, [["plain r3d_18", f"{plain.clips_s:.1f}", "1 x", "", "", ""], *rows])
    print(text)
    if not is_tiny:
        name = torch.cuda.get_device_name()
        head = (
            f"`make bench-gpu` on {name}, all in bfloat16, channels last; peak is {peak / 1e12:.0f} TFLOP/s, measured."
        )
        (RESULTS / "gpu.md").write_text(f"{head}\n\n{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except VqaprepError as error:
        print(f"bench-gpu: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
