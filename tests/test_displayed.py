"""Films that are stored otherwise than displayed come out as displayed, from the scan to the tar."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.cached_sightings import remember
from tests.calling import call
from tests.films import Frames, write_film
from tests.made import Inline
from tests.reference import shown_by_ffmpeg
from vqaprep.detect.sightings import Face, Sightings
from vqaprep.jobs import Common
from vqaprep.rows import Box, Video
from vqaprep.rows.manifest import read_rows
from vqaprep.shards.read import ShardReader

WIDTH_PX, HEIGHT_PX, HEAD_PX = 192, 128, 48
TIMES_S = tuple(0.4 * i for i in range(4))
MIRROR = (-1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Common, "make_engine", lambda *_: Inline())


def heads(num: int = 40) -> list[Frames]:
    """Return displayed pictures: a round head with one eye and a chin, which turns show, at the left."""
    rows, columns = np.mgrid[:HEIGHT_PX, :WIDTH_PX]
    pictures = []
    for i in range(num):
        picture = np.repeat((60 + 20 * np.sin((columns + i) / 9) + 10 * np.sin(rows / 7))[..., None], 3, axis=2)
        center = (60 + i % 5, 60)
        picture = np.ascontiguousarray(picture, np.float32)
        cv2.circle(picture, center, HEAD_PX // 2, (220, 180, 160), -1)
        cv2.circle(picture, (center[0] - 8, center[1] - 6), 4, (20, 30, 200), -1)
        cv2.circle(picture, (center[0], center[1] + 16), 4, (200, 30, 20), -1)
        pictures.append(picture.clip(16, 235).astype(np.uint8))
    return pictures


def stored(pictures: Sequence[Frames], aspect: Fraction) -> list[Frames]:
    """Return pictures with pixels of `aspect`, which are displayed as these."""
    width_px = round(WIDTH_PX / aspect / 2) * 2
    return [np.asarray(cv2.resize(p, (width_px, HEIGHT_PX), interpolation=cv2.INTER_AREA), np.uint8) for p in pictures]


def face_clips(film: Path, work: Path, *, at_x_px: float = 62) -> tuple[Video, list[Frames], ShardReader]:
    """Crop the head around displayed `at_x_px`, as if detectors had found it, and store clips of it."""
    box = Box(at_x_px - 26, 34, 52, 52)
    faces = tuple(Face(t_s, round(25 * t_s), box, 0.99) for t_s in TIMES_S)
    remember(film, Sightings(faces, (), TIMES_S, TIMES_S))
    words = ("--rule", "only", "--margin", 0.2, "--min-face-px", 8, "--smooth-s", 0)
    assert call("scan", film, "-o", work / "0") == 0
    assert call("crop", work / "0", "-o", work / "1", *words) == 0
    assert call("speed", work / "1", "-o", work / "2", "--num-frames", 8, "--clips", 2) == 0
    assert call("shard", work / "2", "-o", work / "3", "--spatial", "face", "--size-px", 96) == 0
    reader = ShardReader(work / "3")
    (row,) = read_rows(work / "1" / "manifest.parquet")
    return row, [view for i in range(len(reader)) for view in reader[i].views.values()], reader


def extent(picture: Frames) -> tuple[int, int]:
    """Return width and height of the bright head."""
    _, _, width, height, _ = max(
        cv2.connectedComponentsWithStats((picture.max(axis=2) > 130).astype(np.uint8))[2][1:].tolist(),
        key=lambda s: s[4],
    )
    return width, height


@pytest.mark.parametrize("aspect", [Fraction(64, 45), Fraction(2), Fraction(8, 9)])
def test_faces_keep_their_displayed_proportions(tmp_path: Path, aspect: Fraction) -> None:
    film = write_film(tmp_path / "film.mp4", stored(heads(), aspect), aspect=aspect, options={"crf": "8"})
    row, clips, _ = face_clips(film, tmp_path)
    assert row.width_px == pytest.approx(WIDTH_PX, abs=1)
    assert row.pixel_aspect == pytest.approx(float(aspect))
    for width, height in (extent(picture) for clip in clips for picture in clip):
        assert width / height == pytest.approx(1, abs=0.06)
        assert height == pytest.approx(HEAD_PX * 96 / (52 * 1.4), abs=4)


def test_a_mirrored_recording_is_stored_mirrored_and_upright(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", heads(), matrix=MIRROR, options={"crf": "8"})
    row, clips, reader = face_clips(film, tmp_path, at_x_px=WIDTH_PX - 62)
    assert row.orientation == "hflip"
    shown = shown_by_ffmpeg(film, (WIDTH_PX, HEIGHT_PX))
    for i, clip in enumerate(clips):
        (view,) = reader[i].labels["views"]
        for picture, frame, (left, top, width, height) in zip(clip, view["frames"], view["box_px"], strict=True):
            expected = cv2.resize(
                shown[frame, top : top + height, left : left + width], (96, 96), interpolation=cv2.INTER_CUBIC
            )
            np.testing.assert_allclose(picture, expected, atol=1)


def test_stored_pixels_stay_where_asked_for(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", stored(heads(), Fraction(2)), aspect=Fraction(2), options={"crf": "8"})
    assert call("scan", film, "-o", tmp_path / "0", "--pixels", "stored") == 0
    assert call("speed", tmp_path / "0", "-o", tmp_path / "1", "--num-frames", 8) == 0
    assert call("shard", tmp_path / "1", "-o", tmp_path / "2", "--spatial", "native") == 0
    (row,) = read_rows(tmp_path / "0" / "manifest.parquet")
    assert (row.width_px, row.height_px, row.pixel_aspect, row.pixels) == (96, 128, 2.0, "stored")
    assert {view.shape[1:3] for view in ShardReader(tmp_path / "2")[0].views.values()} == {(128, 96)}


def test_what_was_done_to_a_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.media.test_streams import several

    several(tmp_path / "two.mp4", [(64, 48), (256, 192)], default=1)
    assert call("scan", tmp_path / "two.mp4", "-o", tmp_path / "0") == 0
    assert "with several video streams: 1 of 1; stream_index says which is read" in capsys.readouterr().out
    (row,) = read_rows(tmp_path / "0" / "manifest.parquet")
    assert (row.width_px, row.stream_index, row.num_video_streams) == (256, 1, 2)
    assert call("scan", tmp_path / "two.mp4", "-o", tmp_path / "1", "--stream", 0) == 0
    (row,) = read_rows(tmp_path / "1" / "manifest.parquet")
    assert (row.width_px, row.stream_index) == (64, 0)
