"""Of every odd file the stored frames are those that ffmpeg shows, at the times that it gives them."""

import io
import json
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
import pytest

from tests.calling import call
from tests.films import Frames
from tests.made import Inline
from tests.odd_files import ODD_FILES
from vqaprep.jobs import Common
from vqaprep.rows import Video
from vqaprep.rows.manifest import read_rows


@dataclass(frozen=True)
class Stored:
    """What became of all files: the row of each by name, and its views with their pixels."""

    folder: Path
    rows: dict[str, Video]
    views: dict[str, list[tuple[dict[str, Any], Frames]]]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    """Make every file and take all of them from `scan` to shards of whole pictures, in this process."""
    folder, out = tmp_path_factory.mktemp("odd"), tmp_path_factory.mktemp("out")
    for name, odd in ODD_FILES.items():
        odd.make(folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Common, "make_engine", lambda *_: Inline())
        patch.setenv("VQAPREP_CACHE", str(out / "cache"))
        call("scan", folder, "-o", out / "scan")
        call("speed", out / "scan", "-o", out / "speed", "--task", "none", "--num-frames", 4, "--clips", 3)
        call("shard", out / "speed", "-o", out / "shard", "--spatial", "native")
    rows = {Path(row.uri).name: row for row in read_rows(out / "scan" / "manifest.parquet")}
    names = {row.video_id: name for name, row in rows.items()}
    views: dict[str, list[tuple[dict[str, Any], Frames]]] = {name: [] for name in rows}
    for path in sorted((out / "shard" / "shards").glob("*.tar")):
        for record, pixels in samples(path):
            views[names[record["video_id"]]] += zip(record["views"], pixels, strict=True)
    return Stored(folder, rows, views)


def samples(path: Path) -> list[tuple[dict[str, Any], list[Frames]]]:
    """Return the JSON and the arrays of each sample of a tar."""
    found: list[tuple[dict[str, Any], list[Frames]]] = []
    with tarfile.open(path) as tar:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            data = file.read()
            if member.name.endswith(".json"):
                found.append((json.loads(data), []))
            else:
                found[-1][1].append(np.load(io.BytesIO(data)))
    return found


def shown_by_ffmpeg(path: Path, stream: str, shape: tuple[int, int]) -> tuple[Frames, npt.NDArray[np.float64]]:
    """Return all frames as ffmpeg shows them, upright and with square pixels, (N, H, W, 3), and their times (N,)."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-copyts", "-i", str(path), "-map", stream]
    command += ["-vf", "showinfo,scale=iw*sar:ih", "-fps_mode", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo"]
    done = subprocess.run([*command, "-"], capture_output=True, check=True)
    times_s = re.findall(rb"pts_time:\s*(-?[\d.e+-]+)", done.stderr)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, *shape, 3), np.asarray(times_s, float)


@pytest.mark.parametrize("name", ODD_FILES)
def test_stored_frames_and_times_are_those_of_ffmpeg(stored: Stored, name: str) -> None:
    odd, row = ODD_FILES[name], stored.rows[name]
    frames, times_s = shown_by_ffmpeg(stored.folder / name, odd.stream, (row.height_px, row.width_px))
    half_s = 0.5 / row.rate_fps
    assert row.num_frames == len(frames)
    assert row.start_s == pytest.approx(times_s[0], abs=half_s)
    assert row.start_s + row.duration_s == pytest.approx(times_s[-1] + 1 / row.rate_fps, abs=half_s)
    assert row.rate_fps == pytest.approx(odd.fps, rel=1e-4)
    assert (row.is_vfr, row.num_gaps) == (odd.is_vfr, odd.num_gaps)
    assert stored.views[name]
    for view, pixels in stored.views[name]:
        expected = frames[view["frames"]]
        damage = np.abs(pixels.astype(int) - expected.astype(int)).mean(axis=(1, 2, 3))
        assert damage.max() <= odd.levels, odd.why
        np.testing.assert_allclose(view["times_s"], times_s[view["frames"]], rtol=0, atol=half_s)
        if not row.is_vfr:
            ticks_s = row.start_s + np.asarray(view["ticks"]) / row.rate_fps
            np.testing.assert_allclose(ticks_s, times_s[view["frames"]], rtol=0, atol=half_s)


def test_there_are_enough_of_them() -> None:
    assert len(ODD_FILES) >= 40
