"""A small real run, made in this process: a scan with a drop, distorted speed clips, and their shards."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.films import pictures, write_film
from tests.made import Inline
from vqaprep.media.probe import probe
from vqaprep.rows import Clip, Dropped, Row
from vqaprep.rows.outfolder import OutFolder, open_out
from vqaprep.running.accounts import finish
from vqaprep.running.runner import run_stage
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings
from vqaprep.stages import Stage
from vqaprep.stages.distort import Distort
from vqaprep.stages.speed import Speed
from vqaprep.stages.split import Split

HOSTILE = "<img src=x onerror=alert(1)>.mp4"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The OUT folder of a run over two films, one of them with a name that means harm."""
    films = tmp_path_factory.mktemp("secret_ward")
    out = tmp_path_factory.mktemp("run")
    for number, name in enumerate(("plain.mp4", HOSTILE)):
        write_film(films / name, pictures(100, shade=96 + 20 * number))
    videos = [probe(str(path), subject_id=f"p{i}") for i, path in enumerate(sorted(films.iterdir()))]
    lost = Dropped(str(films / "lost|.mp4"), "scan", "unreadable", f"{films}/lost|.mp4: <script>moov</script> " * 4)
    finish(_opened(out, 1, "scan"), videos, [*videos, lost])
    rows = _decided(out, 2, Distort(kinds=("gaussian_blur",), levels=("all",)), videos)
    rows = _decided(out, 3, Speed(task="fine", clips=3), rows)
    rows = _decided(out, 4, Split(fractions=(0.5, 0.0, 0.5)), rows)
    _shards(out, rows)
    steps = ("scan", "distort", "speed", "split", "shard")
    listed = [{"run": s, "folder": f"0{i}-{s}", "seconds": i, "status": "done"} for i, s in enumerate(steps, start=1)]
    (out / "pipeline.json").write_text(json.dumps({"pipeline": "test.toml", "steps": listed}))
    return out


def _opened(out: Path, number: int, name: str, **settings: object) -> OutFolder:
    return open_out(out / f"0{number}-{name}", name, settings, input_sha256="0")


def _decided(out: Path, number: int, stage: Stage, rows: Sequence[Row]) -> list[Row]:
    folder = _opened(out, number, stage.name, **stage.model_dump(mode="json"), seed=3)
    return finish(folder, rows, run_stage(stage, rows, folder, engine=Inline(), seed=3, cache=out / ".cache"))


def _shards(out: Path, rows: Sequence[Row]) -> None:
    clips = [row for row in rows if isinstance(row, Clip)]
    settings = ShardSettings(spatial="resize", size_px=32, measure=("psnr",))
    folder = _opened(out, 5, "shard", **settings.model_dump(mode="json"))
    dropped = make_shards(clips, folder.path, settings, Inline(), lambda num, lost: None)
    finish(folder, clips, [*clips, *dropped])
