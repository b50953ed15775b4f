"""The `scan` job writes labels into the manifest, lists leftovers, and refuses wrong tables before any work."""

from pathlib import Path

import av
import numpy as np
import pytest

from vqaprep.datasets.scan_settings import ScanSettings
from vqaprep.errors import InputError
from vqaprep.jobs import Common, get_job
from vqaprep.rows.manifest import read_dropped, read_rows


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of three tiny videos, each of another grey."""
    folder = tmp_path_factory.mktemp("videos")
    for number in range(3):
        _write_video(folder / f"{number}.mp4", grey=60 * number)
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a table that labels two of them, and one that is lost."""
    path = tmp_path / "labels.csv"
    path.write_text("path,score,subject_id\n0.mp4,4.5,S1\n1.mp4,2,S2\nlost.mp4,3,S3\n", encoding="utf-8")
    return path


def _scan(videos: Path, out: Path, settings: ScanSettings) -> list[str]:
    return get_job("scan").run(videos, out, settings, Common(workers=1))


def test_labels_reach_the_manifest_and_leftovers_a_file(videos: Path, table: Path, tmp_path: Path) -> None:
    lines = _scan(videos, tmp_path / "out", ScanSettings(labels=table, column=("mos=score",)))
    rows = {Path(row.uri).name: row for row in read_rows(tmp_path / "out" / "manifest.parquet")}
    assert {name: row.mos for name, row in rows.items()} == {"0.mp4": 4.5, "1.mp4": 2.0, "2.mp4": None}
    assert {name: row.subject_id for name, row in rows.items()} == {"0.mp4": "S1", "1.mp4": "S2", "2.mp4": None}
    leftovers = (tmp_path / "out" / "unmatched.csv").read_text(encoding="utf-8").split()
    assert leftovers == ["side,name", f"video,{videos / '2.mp4'}", "label,lost.mp4"]
    assert lines[0] == "labels for 2 of 3 videos"


def test_videos_without_label_are_dropped_with_their_path(videos: Path, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _scan(videos, out, ScanSettings(labels=table, column=("mos=score",), require_labels=True))
    assert len(read_rows(out / "manifest.parquet")) == 2
    (drop,) = read_dropped(out / "dropped.parquet")
    assert (drop.reason, drop.detail) == ("no_label", f"no label and no mos for {videos / '2.mp4'}")


def test_table_of_other_videos_stops_before_anything_is_written(videos: Path, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("path,mos\nelsewhere/0.mp4,4\n", encoding="utf-8")
    with pytest.raises(InputError, match="none of the 1 labels"):
        _scan(videos, tmp_path / "out", ScanSettings(labels=table))
    assert not (tmp_path / "out").exists()


def test_changed_table_is_refused_on_the_same_folder(videos: Path, table: Path, tmp_path: Path) -> None:
    settings = ScanSettings(labels=table, column=("mos=score",))
    _scan(videos, tmp_path / "out", settings)
    table.write_text("path,score\n0.mp4,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="labels_sha256 was"):
        _scan(videos, tmp_path / "out", settings)


def _write_video(path: Path, *, grey: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(4):
            picture = np.full((32, 32, 3), grey, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
