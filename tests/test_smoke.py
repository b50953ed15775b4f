"""`pipelines/smoke.toml` from synthetic films to a page: what it leaves is whole, readable and adds up."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import webdataset

from tests.films import pictures, write_film
from vqaprep import cli
from vqaprep.shards.read import ShardReader

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    films, out = tmp_path_factory.mktemp("films"), tmp_path_factory.mktemp("run") / "out"
    for number in range(8):
        write_film(films / f"{number}.mp4", pictures(80, shade=40 + 15 * number, step_px=1 + number % 4))
    (films / "bad.mp4").write_bytes(b"no film at all")
    cli.main(["run", str(ROOT / "pipelines" / "smoke.toml"), "--input", str(films), "-o", str(out)])
    cli.main(["report", str(out)])
    return out


@pytest.mark.slow
def test_every_step_accounts_for_every_row(run: Path) -> None:
    steps = json.loads((run / "pipeline.json").read_text(encoding="utf-8"))["steps"]
    assert [step["status"] for step in steps] == ["done"] * len(steps)
    for step in steps[:6]:
        folder = run / step["folder"]
        counts = json.loads((folder / "run.json").read_text(encoding="utf-8"))["counts"]
        assert counts["out"] == pq.read_metadata(folder / "manifest.parquet").num_rows
        assert counts["dropped"] == pq.read_metadata(folder / "dropped.parquet").num_rows
    assert pq.read_table(run / "01-scan" / "dropped.parquet")["reason"].to_pylist() == ["unreadable"]


@pytest.mark.slow
def test_stock_webdataset_reads_every_tar_as_we_do(run: Path) -> None:
    reader = ShardReader(run / "06-shard")
    ours = {sample.key: sample.views for sample in (reader[i] for i in range(len(reader)))}
    tars = [str(path) for path in sorted((run / "06-shard" / "shards").glob("*.tar"))]
    theirs = {s["__key__"]: s for s in webdataset.WebDataset(tars, shardshuffle=False, empty_check=False).decode()}
    assert set(ours) == set(theirs)
    for key, views in ours.items():
        assert all(np.array_equal(frames, theirs[key][f"{name}.npy"]) for name, frames in views.items())


@pytest.mark.slow
def test_labels_agree_with_the_frames_and_a_flipped_byte_is_found(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["verify", str(run / "06-shard"), "--labels"])
    assert "every label" in capsys.readouterr().out
    tar = next((run / "06-shard" / "shards").glob("*.tar"))
    held = tar.read_bytes()
    tar.write_bytes(held[:5000] + bytes([held[5000] ^ 1]) + held[5001:])
    with pytest.raises(SystemExit) as stop:
        cli.main(["verify", str(run / "06-shard")])
    tar.write_bytes(held)
    assert stop.value.code == 1
    assert tar.name in capsys.readouterr().err


@pytest.mark.slow
def test_the_page_stands_alone(run: Path) -> None:
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "unreadable" in page and "gaussian_blur" in page
    assert 'src="http' not in page and "<script" not in page


def test_nothing_big_is_committed() -> None:
    """Footage and weights are fetched, never kept in the tree."""
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert max((ROOT / path).stat().st_size for path in kept if (ROOT / path).exists()) < 1 << 20
