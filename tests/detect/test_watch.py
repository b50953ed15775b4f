"""One decode sees everything, and what it saw is kept."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.films import write_film
from vqaprep.detect import watch
from vqaprep.detect.detection import Detection
from vqaprep.detect.text import Reading
from vqaprep.detect.watch import WatchSettings, look_at
from vqaprep.media import look as look_module
from vqaprep.media.decode import DecodedFrame, decode
from vqaprep.media.probe import probe
from vqaprep.rows import Box
from vqaprep.stages import Stage
from vqaprep.stages.crop import Crop
from vqaprep.stages.speed import Speed
from vqaprep.stages.trim import Trim

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


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of a white square that wanders over gray, 25 frames a second."""
    frames = np.full((_NUM_FRAMES, _SIZE_PX[1], _SIZE_PX[0], 3), 90, np.uint8)
    for i, frame in enumerate(frames):
        x, y = round(100 + 60 * np.sin(i / 25)), round(60 + 20 * np.cos(i / 40))
        frame[y : y + 50, x : x + 40] = 255
    return write_film(tmp_path_factory.mktemp("plain") / "plain.mp4", list(frames), options={"crf": "4"})


def test_faces_are_looked_for_once_a_second_and_captions_are_read_twice(
    plain: Path, tmp_path: Path, readings: list[tuple[int, ...]]
) -> None:
    seen = look_at(probe(str(plain)), watch=WatchSettings(), cache=tmp_path)
    assert seen.sightings is not None
    assert np.allclose(np.diff(seen.sightings.face_times_s), 1.0, atol=0.2)
    assert readings == 2 * [(_SIZE_PX[1], _SIZE_PX[0], 3)], "the second reading confirms the first"


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


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _overwrite_middle(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:40] + bytes(len(data) - 80) + data[-40:])


def _change_columns(path: Path) -> None:
    pq.write_table(pa.table({"other": pa.array([], pa.int64())}), path)


@pytest.mark.parametrize("damage", [_halve, _overwrite_middle, _change_columns])
@pytest.mark.parametrize("kind", ["look", "watch"])
def test_a_damaged_cache_is_made_anew(plain: Path, tmp_path: Path, kind: str, damage: Callable[[Path], None]) -> None:
    video, watch = probe(str(plain)), WatchSettings() if kind == "watch" else None
    first = look_at(video, watch=watch, cache=tmp_path)
    (path,) = tmp_path.rglob(f"*.{kind}*")
    damage(path)
    again = look_at(video, watch=watch, cache=tmp_path)
    assert again.sightings == first.sightings
    assert again.look is not None and again.look.num_frames == _NUM_FRAMES


@pytest.mark.parametrize("first", ["look", "faces"])
def test_other_settings_of_trim_crop_and_speed_decode_nothing_again(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    decoded: list[str] = []

    def counting(uri: str, **how: Any) -> Iterator[DecodedFrame]:
        decoded.append(uri)
        return decode(uri, **how)

    monkeypatch.setattr(look_module, "decode", counting)
    video = probe(str(plain))
    stages: list[Stage] = [
        Trim(auto=True),
        Trim(auto=True, head_s=1, tail_s=1, subject="Maria Silva", steady_s=1, min_score=0.5),
        Crop(rule="only"),
        Crop(subject="Maria Silva", size_px=112, margin=1, smooth_s=2, max_gap_s=9, min_face_px=1, min_score=0.5),
        Crop(not_="Interviewer", check_person=False),
        Speed(),
    ]
    for stage in stages if first == "faces" else [Speed(), *stages]:
        for _ in range(2):
            look_at(video, watch=stage.watch(), cache=tmp_path)
    assert len(decoded) == (1 if first == "faces" else 2)
