"""A small study as a new user has it: films, tables, manifests, shards, a run, and files that are wrong."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests.films import picture, write_film
from tests.made import Inline, clip, video
from vqaprep.media.probe import probe
from vqaprep.rows import as_clip
from vqaprep.rows.manifest import write_rows
from vqaprep.rows.outfolder import open_out
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings
from vqaprep.training.checkpoint import MODEL, save_meta
from vqaprep.training.meta import described
from vqaprep.training.requirements import requirements
from vqaprep.training.settings import TrainSettings
from vqaprep.training.systems import build

_SIDE_PX, _NUM_FRAMES = 32, 8


@pytest.fixture(scope="package")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder with everything that the uses name; what they write goes elsewhere."""
    root = tmp_path_factory.mktemp("study")
    (root / "videos").mkdir()
    (root / "empty").mkdir()
    (root / "other").mkdir()
    film = write_film(root / "videos" / "a.mp4", [picture(i) for i in range(3 * _NUM_FRAMES)])
    (root / "other" / "b.mp4").write_bytes(film.read_bytes())
    (root / "fake.mp4").write_text("this is no film", encoding="utf-8")
    (root / "text.txt").write_text("this is no film", encoding="utf-8")
    write_rows(root / "videos.parquet", [video("a", label="x"), video("b", label="y")])
    write_rows(root / "clips.parquet", [clip("a"), clip("b")])
    _tables(root)
    _pipelines(root)
    _shards(root, film)
    _run(root)
    return root


def _tables(root: Path) -> None:
    (root / "no-key.csv").write_text("colour,mos\nred,3\n", encoding="utf-8")
    (root / "word.csv").write_text("path,mos\na.mp4,vier\n", encoding="utf-8")
    (root / "twice.csv").write_text("path,mos\na.mp4,3\na.mp4,4\n", encoding="utf-8")
    (root / "paths.csv").write_text("path\nvideos/a.mp4\n", encoding="utf-8")


def _pipelines(root: Path) -> None:
    head = 'input = "videos"\n[[step]]\nrun = "scan"\n[[step]]\n'
    (root / "good.toml").write_text(f'{head}run = "trim"\n', encoding="utf-8")
    (root / "key.toml").write_bytes(f'{head}run = "trim"\nhead = 3\n'.replace("\n", "\r\n").encode())
    (root / "value.toml").write_text(f'{head}run = "crop"\nrule = "big"\n', encoding="utf-8")
    (root / "broken.toml").write_text('input = "videos"\n[[step]\nrun = "scan"\n', encoding="utf-8")
    (root / "steps.yaml").write_text("input: videos\nstep:\n  - run: scan\n", encoding="utf-8")


def _shards(root: Path, film: Path) -> None:
    row = probe(str(film), split="train", subject_id="s")
    clips = []
    for start, label in ((0, "x"), (_NUM_FRAMES, "y")):
        frames = tuple(range(start, start + _NUM_FRAMES))
        scene = f"{row.video_id}-{start:04d}"
        names = {"clip_id": f"{scene}-query-none", "scene_id": scene, "speed_class": 0}
        times_s = tuple(number / row.rate_fps for number in frames)
        clips.append(as_clip(row, frames=frames, ticks=frames, times_s=times_s, **names).having(label=label))
    (root / "shards").mkdir()
    make_shards(clips, root / "shards", ShardSettings(spatial="resize", size_px=_SIDE_PX), Inline(), lambda *_: None)
    open_out(root / "scanned", "scan", {}, input_sha256="0").finish(counts={"in": 0, "out": 0, "dropped": 0})


def _run(root: Path) -> None:
    (root / "run").mkdir()
    settings = TrainSettings(system="pace_vqa", preset="tiny")
    kind, chosen = requirements(settings, root / "shards")
    torch.manual_seed(1)
    weights = build("pace_vqa", chosen).state_dict()
    save_file({name: value.contiguous() for name, value in weights.items()}, root / "run" / MODEL)
    stored = {"size_px": _SIDE_PX}
    save_meta(root / "run", described("pace_vqa", chosen, kind, stored=stored, crop_px=chosen.size_px, seed=0))
