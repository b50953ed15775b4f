"""Tiny shards of numbered films, made once; and a system of a few numbers that trains in no time."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.films import picture, write_film
from tests.made import Inline, look
from vqaprep import models
from vqaprep.detect.observations import Observations
from vqaprep.media.probe import probe
from vqaprep.models._contract import Contract, System
from vqaprep.models._recipe import Recipe
from vqaprep.models._step import BatchStep
from vqaprep.rows import Clip
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings
from vqaprep.stages.speed import Speed
from vqaprep.training.settings import TrainSettings

SPLITS = ("train", "train", "train", "val")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Let tests side by side not fight for cores."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight films of eight people, two scenes each with query and key, bright films with high scores."""
    folder = tmp_path_factory.mktemp("shards")
    clips: list[Clip] = []
    for number in range(8):
        shade = 40 + 20 * number
        path = write_film(folder / f"{number}.mp4", [picture(i, shade=shade) for i in range(30)])
        labels: dict[str, Any] = {"subject_id": f"s{number}", "label": "xy"[number % 2], "mos": 1 + number / 2}
        row = probe(str(path), split=SPLITS[number % 4], **labels)
        stage = Speed(task="fine", num_frames=8, clips=2, pairs=True, min_motion=0, max_still=1)
        cut = stage(row, Observations(look=look(30)), np.random.default_rng(number))
        clips += [one for one in cut if isinstance(one, Clip)]
    settings = ShardSettings(spatial="resize", size_px=40, sources_per_unit=4)
    make_shards(clips, folder, settings, Inline(), lambda *_: None)
    return folder


@dataclass(frozen=True)
class ShadeSettings:
    """Knobs of the system `shade`."""

    num_frames: int = 8
    size_px: int = 32
    dropout: float = 0.0


class Shade(System):
    """Tell the score of a clip from how bright its parts are."""

    def __init__(self, settings: ShadeSettings) -> None:
        super().__init__()
        self.drop = nn.Dropout(settings.dropout)
        self.line = nn.Linear(3 * 8 * 4 * 4, 1)

    def features(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the mean colour of 4 x 4 parts of each frame."""
        return nn.functional.adaptive_avg_pool3d(clip_BCTHW, (8, 4, 4)).flatten(1)

    def loss_on(self, batch: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
        """Return the mean squared error of the score."""
        said = self.line(self.drop(self.features(batch["clip"])))[:, 0]
        return {"loss": (said - batch["mos"]).square().mean()}

    def predict(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the score."""
        return {"quality": self.line(self.features(batch["clip"]))[:, 0]}


@pytest.fixture
def shade(monkeypatch: pytest.MonkeyPatch) -> Callable[..., TrainSettings]:
    """Make `shade` a known system and return how to ask for its training."""
    module = SimpleNamespace(
        Settings=ShadeSettings, Model=Shade, PRESETS={"tiny": ShadeSettings()},
        RECIPE=Recipe(optimizer="adam", lr=0.01, epochs=3, batch=4), CONTRACT=Contract(example="clip", needs="mos"),
    )  # fmt: skip
    load = models.load
    monkeypatch.setattr(models, "names", lambda: ("shade", "speediness", "ssl_v3"))
    monkeypatch.setattr(models, "load", lambda name: module if name == "shade" else load(name))

    def train_settings(system: str = "shade", **values: Any) -> TrainSettings:
        fixed = {"preset": "tiny", "accelerator": "cpu", "loader_workers": 0}
        return TrainSettings(**{"system": system, **fixed, **values})

    return train_settings
