"""Tiny shards of numbered films, and runs with fresh weights: what `train` leaves, without training."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from tests.films import picture, write_film
from tests.made import Inline
from vqaprep.media.probe import probe
from vqaprep.rows import Video, as_clip
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings
from vqaprep.training.checkpoint import MODEL, save_meta
from vqaprep.training.meta import described
from vqaprep.training.requirements import requirements
from vqaprep.training.settings import TrainSettings
from vqaprep.training.systems import build

torch.set_num_threads(1)
SIDE_PX, NUM_FRAMES = 32, 8
MakeRun = Callable[..., Path]


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Video]:
    """Six films of 20 frames by six people, brighter from film to film; the second three are for testing."""
    folder = tmp_path_factory.mktemp("films")
    rows = []
    for number in range(6):
        path = write_film(folder / f"{number}.mp4", [picture(i, shade=50 + 25 * number) for i in range(20)])
        labels: dict[str, Any] = {"subject_id": f"s{number}", "label": "xy"[number % 2], "mos": 1.0 + number}
        rows.append(probe(str(path), split="train" if number < 3 else "test", **labels))
    return rows


@pytest.fixture(scope="session")
def shards(films: list[Video], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of eight consecutive frames of each film, short side 32."""
    return _shards(films, tmp_path_factory.mktemp("shards"), ShardSettings(spatial="resize", size_px=SIDE_PX))


@pytest.fixture(scope="session")
def fragments(films: list[Video], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same clips as two fragment draws each."""
    settings = ShardSettings(spatial="fragments", fragment_draws=2)
    return _shards(films[2:4], tmp_path_factory.mktemp("fragments"), settings)


@pytest.fixture(scope="session")
def damaged(films: list[Video], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same clips of two films at pace 1, and blurred and with another contrast."""
    versions = (("none", 0), ("gaussian_blur", 2), ("contrast", 2))
    settings = ShardSettings(spatial="resize", size_px=SIDE_PX)
    return _shards(films[2:4], tmp_path_factory.mktemp("damaged"), settings, versions=versions)


@pytest.fixture
def make_run(shards: Path, tmp_path: Path) -> MakeRun:
    """Make a run folder of a system with fresh weights; `on` other shards than the usual ones."""

    def make(system: str, *, name: str = "run", on: Path = shards, **values: Any) -> Path:
        run = tmp_path / name
        run.mkdir(parents=True)
        settings = TrainSettings(system=system, preset="tiny", **values)
        kind, chosen = requirements(settings, on)
        torch.manual_seed(1)
        save_file({k: v.contiguous() for k, v in build(system, chosen).state_dict().items()}, run / MODEL)
        stored = {"size_px": SIDE_PX}
        save_meta(run, described(system, chosen, kind, stored=stored, crop_px=chosen.size_px, seed=0))
        return run

    return make


def _shards(
    films: list[Video], folder: Path, settings: ShardSettings, *, versions: Sequence[tuple[str, int]] = (("none", 0),)
) -> Path:
    clips = []
    for film in films:
        for start in (0, NUM_FRAMES):
            frames = tuple(range(start, start + NUM_FRAMES))
            scene = f"{film.video_id}-{start:04d}"
            for kind, level in versions:
                version = replace(film, distortion=kind, level=level)
                labels = {"clip_id": f"{scene}-query-{kind}", "scene_id": scene, "speed_class": 0}
                times_s = tuple(film.start_s + frame / film.rate_fps for frame in frames)
                clips.append(as_clip(version, frames=frames, ticks=frames, times_s=times_s, **labels))
    make_shards(clips, folder, settings, Inline(), lambda *_: None)
    return folder
