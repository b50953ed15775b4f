"""One decode sees everything, is kept, and sees the same whatever the container says of time and rotation."""

import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
import pytest

from vqaprep.detect import watch
from vqaprep.detect.faces import Detection
from vqaprep.detect.text import Reading
from vqaprep.detect.watch import WatchSettings, look_at
from vqaprep.media.probe import probe
from vqaprep.media.render_crop import box_at
from vqaprep.rows import Box, Video
from vqaprep.stages.crop import Crop

_SIZE_PX = (320, 180)
_NUM_FRAMES = 150


def _find_white(rgb: npt.NDArray[np.uint8]) -> list[Detection]:
    """Find the one white square, as a face detector would a face."""
    rows, columns = np.nonzero(rgb.min(-1) > 200)
    if len(rows) == 0:
        return []
    x, y = float(columns.min()), float(rows.min())
    return [Detection(Box(x, y, float(columns.max()) + 1 - x, float(rows.max()) + 1 - y), 0.99, ())]


@pytest.fixture(autouse=True)
def readings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Replace both detectors; return the shapes of the pictures that were read."""
    read: list[tuple[int, ...]] = []

    def reader(rgb: npt.NDArray[np.uint8]) -> list[Reading]:
        read.append(rgb.shape)
        return [Reading("Maria Silva", 0.9, Box(10, 160, 60, 12))]

    monkeypatch.setattr(watch, "_finder", lambda *_: _find_white)
    monkeypatch.setattr(watch, "_reader", lambda *_: reader)
    return read


def _ffmpeg(*arguments: object, picture: bytes | None = None) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, input=picture)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of a white square that wanders over gray, losslessly coded, 25 frames a second."""
    frames = np.full((_NUM_FRAMES, _SIZE_PX[1], _SIZE_PX[0], 3), 90, np.uint8)
    for i, frame in enumerate(frames):
        x, y = round(100 + 60 * np.sin(i / 25)), round(60 + 20 * np.cos(i / 40))
        frame[y : y + 50, x : x + 40] = 255
    path = tmp_path_factory.mktemp("plain") / "plain.mp4"
    raw = "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{_SIZE_PX[0]}x{_SIZE_PX[1]}", "-r", 25, "-i", "-"
    _ffmpeg(*raw, *_LOSSLESS, path, picture=frames.tobytes())
    return path


_LOSSLESS = "-c:v", "libx264", "-qp", 0, "-g", 25, "-pix_fmt", "yuv420p", "-preset", "ultrafast"


def _crop(path: Path, cache: Path) -> Video:
    video = probe(str(path))
    [row] = Crop(rule="only")(video, look_at(video, watch=WatchSettings(), cache=cache), np.random.default_rng(0))
    assert isinstance(row, Video), row
    return row


def _boxes(row: Video, times_s: npt.NDArray[Any]) -> list[Box]:
    assert row.crop_track is not None
    return [box_at(row.crop_track, float(t_s)) for t_s in times_s]


_TIMES_S = np.arange(_NUM_FRAMES) / 25


def _same(first: list[Box], second: list[Box]) -> bool:
    """Say if two lists of boxes agree to a hundredth of a pixel; containers round times to a tick."""
    ours, theirs = (np.array([(b.x_px, b.y_px, b.w_px, b.h_px) for b in boxes]) for boxes in (first, second))
    return ours.shape == theirs.shape and bool(np.abs(ours - theirs).max() < 0.01)


def test_a_transport_stream_that_starts_late_gives_the_same_crops(plain: Path, tmp_path: Path) -> None:
    _ffmpeg("-i", plain, "-c", "copy", tmp_path / "late.ts")
    late = _crop(tmp_path / "late.ts", tmp_path)
    assert late.start_s > 1
    assert _same(_boxes(late, _TIMES_S + late.start_s), _boxes(_crop(plain, tmp_path), _TIMES_S))


def test_a_rotation_flag_gives_the_same_crops(plain: Path, tmp_path: Path) -> None:
    _ffmpeg("-i", plain, "-vf", "transpose=clock", *_LOSSLESS, tmp_path / "lying.mp4")
    _ffmpeg("-display_rotation:v:0", 90, "-i", tmp_path / "lying.mp4", "-c", "copy", tmp_path / "turned.mp4")
    turned = _crop(tmp_path / "turned.mp4", tmp_path)
    assert (turned.width_px, turned.height_px) == _SIZE_PX
    assert _same(_boxes(turned, _TIMES_S), _boxes(_crop(plain, tmp_path), _TIMES_S))


def test_an_edit_list_gives_the_same_crops_as_the_frames_it_shows(plain: Path, tmp_path: Path) -> None:
    _ffmpeg("-ss", 1.4, "-i", plain, "-c", "copy", tmp_path / "cut.mp4")
    _ffmpeg("-i", tmp_path / "cut.mp4", *_LOSSLESS, tmp_path / "again.mp4")
    cut, again = _crop(tmp_path / "cut.mp4", tmp_path), _crop(tmp_path / "again.mp4", tmp_path)
    assert cut.num_frames == again.num_frames < _NUM_FRAMES
    times_s = np.arange(cut.num_frames) / 25
    assert _same(_boxes(cut, times_s + cut.start_s), _boxes(again, times_s + again.start_s))


def test_a_variable_rate_gives_nearly_the_same_crops_at_the_same_times(plain: Path, tmp_path: Path) -> None:
    kept = "select='not(eq(mod(n,7),3)+eq(mod(n,5),4))'"
    _ffmpeg("-i", plain, "-vf", kept, "-fps_mode", "vfr", *_LOSSLESS, tmp_path / "varying.mp4")
    varying = _crop(tmp_path / "varying.mp4", tmp_path)
    assert varying.is_vfr
    pairs = zip(_boxes(varying, _TIMES_S), _boxes(_crop(plain, tmp_path), _TIMES_S), strict=True)
    assert min(a.iou(b) for a, b in pairs) > 0.9


def test_faces_are_looked_for_once_a_second_and_captions_are_read_once(
    plain: Path, tmp_path: Path, readings: list[tuple[int, ...]]
) -> None:
    seen = look_at(probe(str(plain)), watch=WatchSettings(), cache=tmp_path)
    assert seen.sightings is not None
    assert np.allclose(np.diff(seen.sightings.face_times_s), 1.0, atol=0.2)
    assert readings == [(_SIZE_PX[1], _SIZE_PX[0], 3)]


def test_a_second_look_reads_no_pixel(plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = probe(str(plain))
    first = look_at(video, watch=WatchSettings(), cache=tmp_path)
    monkeypatch.setattr(watch, "look", None)
    assert look_at(video, watch=WatchSettings(), cache=tmp_path).sightings == first.sightings
    motion_only = look_at(video, watch=None, cache=tmp_path)
    assert motion_only.sightings is None
    assert motion_only.look is not None
    assert motion_only.look.num_frames == _NUM_FRAMES
    with pytest.raises(TypeError):
        look_at(video, watch=WatchSettings(width_px=320), cache=tmp_path)
