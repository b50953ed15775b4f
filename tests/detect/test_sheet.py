"""The contact sheet of a dropped video shows between which tiles a caption left a doubt."""

from pathlib import Path

import cv2
import numpy as np

from tests.films import pictures, write_film
from vqaprep.detect.sheet import crop_sheet
from vqaprep.detect.sightings import Caption, Face, Sightings, Tile
from vqaprep.media.probe import probe
from vqaprep.rows import Box, Dropped, Video


def _num_yellow(video: Video, seen: Sightings, tmp_path: Path, reason: str) -> int:
    crop_sheet(video, Dropped(video.id, "crop", reason, "a caption"), seen, tmp_path / "sheet.png")
    bgr = np.asarray(cv2.imread(str(tmp_path / "sheet.png")), np.int16)
    return int(((bgr[..., 2] > 230) & (abs(bgr[..., 1] - 210) < 20) & (bgr[..., 0] < 30)).sum())


def test_the_tiles_of_both_readings_are_outlined(tmp_path: Path) -> None:
    video = probe(str(write_film(tmp_path / "film.mp4", pictures(25))))
    width, height = video.width_px, video.height_px
    whole, left = Box(0, 0, width, height), Box(0, 0, width / 2, height)
    faces = tuple(Face(0.0, 0, Box(x * width, height * 0.3, width * 0.2, height * 0.3), 0.9) for x in (0.1, 0.7))
    label = Box(2, height * 0.9, width * 0.2, height * 0.06)
    tiles = {
        "doubt": (Tile(left, 0.0, 0.1), Tile(whole, 0.1, 0.1)),
        "sure": (Tile(left, 0.0, 0.1),),
    }
    counts = {}
    for name, those in tiles.items():
        caption = Caption(0.0, 0, "Ann Lee", 0.9, label, None, those)
        seen = Sightings(faces, (caption,), (0.0,), (0.0,))
        counts[name] = _num_yellow(video, seen, tmp_path, "subject_ambiguous")
        assert _num_yellow(video, seen, tmp_path, "too_short") == 0
    assert counts["doubt"] > 400 > counts["sure"]
