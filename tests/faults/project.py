"""A whole small project, from films to scores, and what two states of one of its folders have in common."""

import os
from collections.abc import Iterable
from pathlib import Path

from tests.calling import call
from tests.films import pictures, write_film

_WORK = ("--engine", "inline", "--workers", "1")
_CUT = ("--task", "window", "--num-frames", "8", "--clips", "1", "--min-motion", "0", "--max-still", "1")
_SMALL = ("--spatial", "resize", "--size-px", "32", "--sources-per-unit", "1")
_TINY = ("--preset", "tiny", "--set", "size_px=32", "--set", "num_frames=8", "--set", "w_ctr=0")
_TRAIN = ("--epochs", "2", "--batch", "2", "--loader-workers", "0", "--checkpoint-every-s", "1e-9")

STEPS: dict[str, tuple[str, ...]] = {
    "scan": ("scan", "films", "-o", "scan", *_WORK),
    "trim": ("trim", "scan", "-o", "trim", "--render", *_WORK),
    "speed": ("speed", "scan", "-o", "speed", *_CUT, *_WORK),
    "split": ("split", "speed", "-o", "split", "--fractions", "1,0,0", *_WORK),
    "shard": ("shard", "split", "-o", "shard", *_SMALL, *_WORK),
    "train": ("train", "speediness", "shard", "-o", "train", *_TINY, *_TRAIN),
    "evaluate": ("evaluate", "train", "shard", "-o", "evaluate", "--split", "train"),
    "score": ("score", "train", "films", "-o", "score", *_WORK),
    "compare": ("compare", "evaluate", "-o", "compare"),
    "run": ("run", "p.toml", "-o", "run", *_WORK),
}  # fmt: skip
"""Every command of the project by its OUT folder, to be called in the project's folder."""
_PIPELINE = 'input = "films"\n[[step]]\nrun = "scan"\n[[step]]\nrun = "trim"\nhead_s = 0.1\n'
# They hold times, seconds and the names of processes.
_VARY = ("run.json", "started.json", "pipeline.json", "tensorboard")


def begin(num_films: int = 2) -> None:
    """Write the films and the pipeline file into the current folder."""
    Path("films").mkdir()
    for number in range(num_films):
        film = write_film(Path("films", f"{number}.mp4"), pictures(30, shade=60 + 40 * number, step_px=2 + number))
        os.utime(film, (1e9, 1e9))  # the checksum of a file that was changed just now is not remembered
    Path("p.toml").write_text(_PIPELINE, encoding="utf-8")


def make(names: Iterable[str] = STEPS) -> None:
    """Run the commands of the project one after the other."""
    for name in names:
        assert call(*STEPS[name]) == 0, name


def content(folder: Path) -> dict[str, bytes]:
    """Return what must be the same after each repair: every file but those that hold times, by relative name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    found = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in found.items() if not {*name.split("/")} & {*_VARY}}
