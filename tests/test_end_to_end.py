"""From films to a trained and evaluated model through one pipeline file, and a second run that reuses it all."""

import json
from pathlib import Path

import pytest

from tests.calling import call
from tests.films import picture, write_film
from vqaprep.rows.manifest import read_rows
from vqaprep.shards.read import ShardReader

PIPELINE = """
summary = "Films to speeds and a tiny model"
seed = 3

[[step]]
run = "scan"

[[step]]
run = "distort"
kinds = ["gaussian_blur", "jpeg"]

[[step]]
run = "speed"
task = "fine"
num_frames = 8
clips = 2
pairs = true
min_motion = 0.0
max_still = 1.0

[[step]]
run = "split"
fractions = [0.5, 0.25, 0.25]

[[step]]
run = "shard"
spatial = "resize"
size_px = 32

[[step]]
run = "train"
system = "speediness"
preset = "tiny"
epochs = 2
batch = 4
accelerator = "cpu"
loader_workers = 0

[[step]]
run = "evaluate"
shards = "05-shard"
batch = 4
"""


@pytest.fixture
def pipeline(folder: Path, tmp_path: Path) -> Path:
    for number in range(6):
        write_film(folder / f"{number}.mp4", [picture(i, shade=40 + 20 * number) for i in range(30)])
    (tmp_path / "p.toml").write_text(f'input = "{folder}"\n{PIPELINE}', encoding="utf-8")
    return tmp_path / "p.toml"


@pytest.mark.slow
def test_a_pipeline_goes_from_films_to_scores_and_is_reused(
    pipeline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert call("run", pipeline, "-o", out, "--dry-run") == 0
    assert not out.exists()
    assert call("run", pipeline, "-o", out, "--workers", "2") == 0
    steps = json.loads((out / "pipeline.json").read_text(encoding="utf-8"))["steps"]
    assert [step["status"] for step in steps] == ["done"] * 7
    assert len(read_rows(out / "03-speed" / "manifest.parquet")) == 6 * 3 * 2 * 2
    assert len(ShardReader(out / "05-shard")) == 6 * 2
    metrics = json.loads((out / "07-evaluate" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["num_videos"] >= 1
    assert 0 <= metrics["speed_class"]["accuracy"] <= 1
    files = {
        path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file() and path.name != "pipeline.json"
    }

    capsys.readouterr()
    assert call("run", pipeline, "-o", out, "--workers", "1") == 0
    assert "7 steps, 7 of them done before" in capsys.readouterr().out
    assert files == {path: path.stat().st_mtime_ns for path in files}
    assert call("verify", out / "05-shard", "--labels") == 0
    assert call("status", out) == 0
    assert "07-evaluate" in capsys.readouterr().out

    text = pipeline.read_text(encoding="utf-8")
    pipeline.write_text(text.replace("clips = 2", "clips = 3"), encoding="utf-8")
    assert call("run", pipeline, "-o", out) == 2
    assert "clips was 2, is 3" in capsys.readouterr().err
