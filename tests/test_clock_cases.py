"""Recordings that paused, lost seconds or lost frames, from the file to the shards: no clip spans what is missing."""

import json
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.cached_sightings import remember
from tests.calling import call
from tests.films import pictures, write_film
from tests.made import Inline
from vqaprep.detect.sightings import Face, Sightings
from vqaprep.jobs import Common
from vqaprep.rows import Box, Clip, Video
from vqaprep.rows.manifest import read_rows

TASKS = ("none", "pace", "coarse", "jump", "fine", "pattern")


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do all work in this process."""
    monkeypatch.setattr(Common, "make_engine", lambda *_: Inline())


def times_of(path: Path) -> list[float]:
    """Return the times of the frames as PyAV decodes them."""
    with av.open(str(path)) as container:
        return [float(frame.time or 0.0) for frame in container.decode(video=0)]


def scanned(path: Path, out: Path) -> Video:
    assert call("scan", path, "-o", out) == 0
    (row,) = read_rows(out / "manifest.parquet")
    return row


def clips_of(scan: Path, out: Path, *options: object) -> list[Clip]:
    assert call("speed", scan, "-o", out, "--min-motion", 0, "--max-still", 1, *options) == 0
    return [row for row in read_rows(out / "manifest.parquet") if isinstance(row, Clip)]


def records(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the JSON of every sample."""
    for path in sorted((folder / "shards").glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.endswith(".json"):
                    file = tar.extractfile(member)
                    assert file is not None
                    yield json.load(file)


def lost(num_frames: int, fps: float, gone: Sequence[int]) -> list[int]:
    """Return the times in milliseconds of frames at a constant rate, of which some are lost."""
    return [round(1000 * n / fps) for n in range(num_frames) if n not in gone]


@pytest.mark.parametrize("pause_s", [0, 20])
def test_a_face_is_cropped_where_it_was_at_that_moment(folder: Path, tmp_path: Path, pause_s: int) -> None:
    """The participant sits in the left tile before the pause, and in the right one after it."""
    times_ms = [40 * n + 1000 * pause_s * (n >= 100) for n in range(200)]
    film = write_film(folder / "film.mp4", pictures(200), times_ms=times_ms)
    times_s = times_of(film)
    places = [Box(8 if n < 100 else 64, 12, 24, 24) for n in range(200)]
    faces = tuple(Face(times_s[n], n, places[n], 0.99) for n in range(0, 200, 25))
    remember(film, Sightings(faces, (), tuple(face.t_s for face in faces)))
    scan, crop, speed, shard = (tmp_path / name for name in ("scan", "crop", "speed", "shard"))
    row = scanned(film, scan)
    assert (row.rate_fps, row.is_vfr, row.num_gaps) == (25, False, int(pause_s > 0))
    assert call("crop", scan, "-o", crop, "--rule", "only", "--min-face-px", 8) == 0
    assert call("speed", crop, "-o", speed, "--clips", 12) == 0
    assert call("shard", speed, "-o", shard, "--spatial", "face", "--size-px", 32) == 0
    views = [view for record in records(shard) for view in record["views"]]
    shown = {frame: box for view in views for frame, box in zip(view["frames"], view["box_px"], strict=True)}
    assert len(shown) > 150
    middles = {frame: left + width / 2 for frame, (left, _, width, _) in shown.items()}
    assert [frame for frame, x in middles.items() if abs(x - (20 if frame < 100 else 76)) > 10] == []
    assert call("verify", shard, "--labels") == 0


@pytest.mark.parametrize("is_vfr", [False, True])
@pytest.mark.parametrize("outage_s", [0.5, 1e8])
def test_outages_bend_no_rate_and_no_clip_spans_one(
    folder: Path, tmp_path: Path, outage_s: float, is_vfr: bool
) -> None:
    """Three outages in 400 frames, in a file of five kilobytes that a clock over all its time would make terabytes."""
    gone = [n for n in range(400) if is_vfr and n % 25 == 11]
    times_ms = [round(1000 * (n / 30 + outage_s * (n // 100))) for n in range(400) if n not in gone]
    film = write_film(folder / "film.mkv", pictures(len(times_ms)), times_ms=times_ms)
    row, times_s = scanned(film, tmp_path / "scan"), np.asarray(times_of(film))
    assert (row.rate_fps, row.is_vfr, row.num_gaps) == (30, is_vfr, 3)
    assert json.loads((tmp_path / "scan" / "run.json").read_text())["gaps"] == {"videos": 1, "gaps": 3}
    for task in TASKS:
        clips = clips_of(tmp_path / "scan", tmp_path / task, "--task", task, "--clips", 40)
        assert len({int(clip.times_s[0] / (outage_s + 100 / 30)) for clip in clips}) == 4, "from every stretch"
        for clip in clips:
            own_s = times_s[list(clip.frames)]
            np.testing.assert_allclose(clip.times_s, own_s, atol=1e-6)
            np.testing.assert_allclose(row.start_s + np.asarray(clip.ticks) / 30, own_s, atol=0.5 / 30 + is_vfr / 30)
            assert np.diff(times_s[min(clip.frames) : max(clip.frames) + 1]).max() < 0.1


@pytest.mark.parametrize(
    ("fps", "num_frames", "gone"), [(24, 192, (57, 130)), (60, 300, (44, 120, 121, 250)), (30000 / 1001, 240, (30, 99))]
)
@pytest.mark.parametrize("ending", ["webm", "flv"])
def test_milliseconds_make_no_jump_where_no_frame_was_lost(
    folder: Path, ending: str, fps: float, num_frames: int, gone: tuple[int, ...]
) -> None:
    times_ms, tmp_path = lost(num_frames, fps, gone), folder.parent
    coder = "libvpx" if ending == "webm" else "libx264"
    film = write_film(folder / f"film.{ending}", pictures(len(times_ms)), times_ms=times_ms, coder=coder)
    row = scanned(film, tmp_path / "scan")
    assert row.rate_fps == pytest.approx(fps, rel=1e-6)
    numbers = np.rint((np.asarray(times_of(film)) - row.start_s) * fps).astype(int)
    assert len(numbers) == num_frames - len(gone)
    clips = clips_of(tmp_path / "scan", tmp_path / "speed", "--task", "pace", "--clips", 60)
    assert len(clips) == 60
    for clip in clips:
        assert set(np.diff(numbers[list(clip.frames)])) == {clip.rate_first}
