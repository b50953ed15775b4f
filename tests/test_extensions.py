"""Another installed package adds parts of every kind by entry points."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.films import pictures, write_film
from vqaprep import distortions, measures
from vqaprep.errors import InputError
from vqaprep.evaluation import scorers
from vqaprep.packages import registry
from vqaprep.shards import codecs
from vqaprep.shards.read import ShardReader
from vqaprep.speeds import tasks
from vqaprep.training import examples

_DISTORTION = '''
"""Invert the picture."""
from vqaprep.distortions import Frames, SourceInfo, distortion

@distortion(strengths=(1.0,), unit="share", citation="none")
def inverted(frames: Frames, strength: float, rng: object, source: SourceInfo) -> Frames:
    """Invert all channels."""
    return 255 - frames
'''
_MEASURE = '''
"""Mean error."""
import numpy as np
from vqaprep.measures import Frames, measure

@measure(title="error", citation="none", better="lower")
def mean_error(reference: Frames, distorted: Frames, rate_fps: float) -> float:
    """Mean absolute error."""
    return float(np.abs(reference.astype(int) - distorted).mean())
'''
_SCORER = '''
"""Mean shade."""
from vqaprep.evaluation.scorers import Frames, scorer

@scorer(title="shade", citation="none")
def shade(frames: Frames, rate_fps: float) -> float:
    """Mean shade of all pixels."""
    return float(frames.mean())
'''
_SYSTEM = '''
"""Mean shade: a score from the mean of a clip alone."""
from dataclasses import dataclass
import torch
from vqaprep.models._contract import Contract, System
from vqaprep.models._recipe import Recipe

@dataclass(frozen=True)
class Settings:
    num_frames: int = 8
    size_px: int = 32

PRESETS = {"paper": Settings(), "small": Settings(), "tiny": Settings()}
RECIPE = Recipe(optimizer="adam", lr=1e-3, epochs=1, batch=2)

CONTRACT = Contract(example="clip", needs="mos")

class Model(System):
    def __init__(self, settings):
        super().__init__()
        self.settings, self.score = settings, torch.nn.Linear(1, 1)
    def features(self, clip):
        return clip.mean(dim=(1, 2, 3, 4))[:, None]
    def predict(self, batch):
        return {"quality": self.score(self.features(batch["clip"]))[:, 0]}
    def loss_on(self, batch, step):
        return {"loss": (self.predict(batch)["quality"] - batch["mos"]).square().mean()}
'''
_POINTS = """
[vqaprep.distortions]
inverted = their_package.inverted:inverted
contrast = their_package.inverted:inverted
[vqaprep.tasks]
their_pace = vqaprep.speeds.tasks.pace:TASK
coarse = vqaprep.speeds.tasks.pace:TASK
[vqaprep.measures]
mean_error = their_package.mean_error:mean_error
psnr = their_package.mean_error:mean_error
[vqaprep.scorers]
shade = their_package.shade:shade
niqe = their_package.shade:shade
[vqaprep.systems]
mean_shade = their_package.mean_shade
[vqaprep.datasets]
their_videos = their_package
"""


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which a package of somebody else is installed, and films lie."""
    folder = tmp_path_factory.mktemp("theirs")
    package, info = folder / "site" / "their_package", folder / "site" / "their_package-1.0.dist-info"
    package.mkdir(parents=True)
    info.mkdir()
    (package / "__init__.py").write_text('"""Theirs."""\n')
    (package / "inverted.py").write_text(_DISTORTION)
    (package / "mean_error.py").write_text(_MEASURE)
    (package / "shade.py").write_text(_SCORER)
    (package / "mean_shade.py").write_text(_SYSTEM)
    (package / "their_videos.toml").write_text(_DATASET)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(_POINTS)
    (folder / "videos").mkdir()
    rows = ["file,score"]
    for number in range(4):
        write_film(folder / "videos" / f"{number}.mp4", pictures(40, step_px=3 + number))
        rows.append(f"{number},{number + 1}")
    (folder / "videos" / "scores.csv").write_text("\n".join(rows))
    return folder


_DATASET = """
title = "Their videos"
task = "quality"
homepage = "none"
licence = "none"
protocol = "none"
notes = ["made by a test"]

[[video]]
path = "{file:digits}.mp4"

[[labels]]
path = "scores.csv"
key = "{file}"
columns = {mos = "{score}"}
"""


def run(theirs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line where that package is installed."""
    code = f"import sys; sys.path.append({str(theirs / 'site')!r}); from vqaprep import cli; cli.main(sys.argv[1:])"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=theirs, capture_output=True, text=True, check=False)


def test_all_parts_of_another_package_are_used_by_name(theirs: Path) -> None:
    here = ("--engine", "inline")
    for step in (
        ("scan", "videos", "-o", "0", "--dataset", "their_videos", *here),
        ("distort", "0", "-o", "1", "--kinds", "inverted"),
        ("speed", "1", "-o", "2", "--task", "none", "--num-frames", "8", *here),
        ("split", "2", "-o", "3"),
        ("shard", "3", "-o", "4", "--spatial", "resize", "--size-px", "32", "--measure", "mean_error", *here),
        ("train", "mean_shade", "4", "-o", "5", "--loader-workers", "0"),
        ("evaluate", "5", "4", "-o", "6", "--split", "train", "--baselines"),
    ):
        done = run(theirs, *step)
        assert done.returncode == 0, (step[0], done.stderr)
    views = ShardReader(theirs / "4").record(0)["views"]
    assert [view["measures"].get("mean_error", 0) > 50 for view in views] == [False, True]
    assert "shade" in json.loads((theirs / "6" / "metrics.json").read_text())["baselines"]
    assert "inverted" in run(theirs, "distort", "--help").stdout
    assert "mean_shade" in run(theirs, "train", "--help").stdout
    assert "Their videos" in run(theirs, "scan", "--help").stdout


def test_a_data_set_may_be_a_file(theirs: Path) -> None:
    path = theirs / "site" / "their_package" / "their_videos.toml"
    done = run(theirs, "scan", "videos", "-o", "by-file", "--dataset", str(path), "--engine", "inline")
    assert done.returncode == 0, done.stderr
    assert run(theirs, "scan", "videos", "-o", "none", "--dataset", "missing.toml").returncode == 2


def test_a_part_of_ours_cannot_be_replaced(theirs: Path) -> None:
    load = (
        "from vqaprep import distortions, measures; from vqaprep.speeds import tasks; "
        "from vqaprep.evaluation import scorers; "
        "print(distortions.get('contrast').name, measures.get('psnr').name, scorers.get('niqe').name, "
        "tasks.num_classes('coarse', 3), "
        "tasks.num_classes('their_pace', 3))"
    )
    code = f"import sys; sys.path.append({str(theirs / 'site')!r}); {load}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "contrast psnr niqe 8 3"


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (distortions, "no distortion; decorate its function with @distortion"),
        (measures, "no measure; decorate its function with @measure"),
        (scorers, "no scorer; decorate its function with @scorer"),
        (codecs, "no codec; it must name a vqaprep.shards.codecs.Codec"),
        (tasks, "no task; it must name a vqaprep.speeds.tasks.Task"),
        (examples, "no kind of example; it must name a subclass of Kind"),
    ],
)
@pytest.mark.parametrize("part", [object(), int])
def test_an_entry_point_to_something_else_is_refused_in_words(
    room: Any, words: str, part: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "added_names", lambda group: ("theirs",))
    monkeypatch.setattr(registry, "added", lambda group, name: part)
    with pytest.raises(InputError, match=f"the entry point 'theirs' is {words}"):
        room.get("theirs")
