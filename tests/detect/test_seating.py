"""A face gets a name only where no other reading of the tiles is nearly as good."""

from pathlib import Path

import numpy as np
import pytest

from vqaprep.detect.rectangles import Gray, StillEdges
from vqaprep.detect.seating import Named, seated
from vqaprep.detect.sightings import Caption, Sightings, Tile
from vqaprep.rows import Box

_HEIGHT, _WIDTH = 360, 640
_LEFT, _RIGHT = Box(0, 90, 320, 180), Box(320, 90, 320, 180)
_FACES = Box(130, 130, 60, 80), Box(450, 130, 60, 80)
_NAMES = Box(4, 254, 70, 12), Box(324, 254, 70, 12)


def _pictures(tiles: tuple[Box, ...], *, flat: tuple[Box, ...] = (), background: int = 0) -> list[Gray]:
    """Return pictures of tiles whose content changes from one to the next; `flat` ones are a plain gray."""
    pictures = []
    for number in range(6):
        picture = np.full((_HEIGHT, _WIDTH), background, np.uint8)
        for i, tile in enumerate(tiles):
            x, y, w, h = (round(v) for v in (tile.x_px, tile.y_px, tile.w_px, tile.h_px))
            waves = 12 * np.sin((np.arange(w) + 17 * number) / 15) * np.sin((np.arange(h) + 11 * number) / 15)[:, None]
            picture[y : y + h, x : x + w] = 90 + 60 * (i % 2) + (0 if tile in flat else waves)
        pictures.append(picture)
    return pictures


def _named(pictures: list[Gray], names: tuple[Box, ...], faces: tuple[Box, ...]) -> list[Named]:
    edges = StillEdges(pictures, faces)
    return [(name, edges.tiles_around(name)) for name in names]


def test_the_best_rectangle_around_a_name_is_its_tile() -> None:
    edges = StillEdges(_pictures((_LEFT, _RIGHT)), _FACES)
    for name, tile in zip(_NAMES, (_LEFT, _RIGHT), strict=True):
        box = edges.tiles_around(name)[0].box
        assert (box.x_px, box.y_px, box.w_px, box.h_px) == pytest.approx(
            (tile.x_px, tile.y_px, tile.w_px, tile.h_px), abs=2
        )


def test_tiles_that_touch_keep_their_people_apart() -> None:
    labels = _named(_pictures((_LEFT, _RIGHT)), _NAMES, _FACES)
    assert seated(labels, list(_FACES)) == {0: 0, 1: 1}


def test_a_name_that_was_not_read_does_not_give_its_face_to_the_other_name() -> None:
    labels = _named(_pictures((_LEFT, _RIGHT)), _NAMES[:1], _FACES)
    assert seated(labels, list(_FACES)) == {0: 0}


@pytest.mark.parametrize("names", [_NAMES, _NAMES[:1]])
def test_who_has_the_camera_off_does_not_get_the_face_beside(names: tuple[Box, ...]) -> None:
    pictures = _pictures((_LEFT, _RIGHT), flat=(_LEFT,))
    pairs = seated(_named(pictures, names, _FACES[1:]), [_FACES[1]])
    assert 0 not in pairs


def test_stacked_tiles_are_two() -> None:
    upper, lower = Box(200, 20, 220, 165), Box(200, 185, 220, 165)
    names = Box(205, 168, 60, 12), Box(205, 333, 60, 12)
    faces = Box(280, 60, 50, 70), Box(280, 225, 50, 70)
    pictures = _pictures((upper, lower))
    assert seated(_named(pictures, names, faces), list(faces)) == {0: 0, 1: 1}
    assert seated(_named(pictures, names[1:], faces[:1]), [faces[0]]) == {}


def test_a_small_tile_over_a_large_one_has_its_own_person() -> None:
    large, small = Box(0, 0, 640, 360), Box(480, 8, 150, 84)
    names = Box(6, 344, 70, 12), Box(484, 76, 70, 12)
    faces = Box(250, 90, 120, 160), Box(540, 24, 30, 40)
    assert seated(_named(_pictures((large, small)), names, faces), list(faces)) == {0: 0, 1: 1}


def test_writing_on_clothes_loses_against_the_name_in_the_corner() -> None:
    chest = Box(140, 240, 60, 12)
    labels = _named(_pictures((_LEFT, _RIGHT)), (*_NAMES, chest), _FACES)
    pairs = seated(labels, list(_FACES))
    assert pairs.get(0) == 0
    assert 2 not in pairs


def test_two_faces_in_a_tile_are_nobodys_name() -> None:
    two = Box(40, 130, 60, 80), Box(200, 130, 60, 80)
    assert 0 not in seated(_named(_pictures((_LEFT, _RIGHT)), _NAMES, two), list(two))


def test_a_second_reading_that_is_nearly_as_good_decides_nothing() -> None:
    label = Box(5, 160, 50, 12)
    small, large = Tile(Box(0, 0, 100, 180), 0.0, 0.1), Tile(Box(0, 0, 320, 180), 0.1, 0.1)
    faces = [Box(20, 60, 40, 50), Box(220, 60, 40, 50)]
    assert seated([(label, (small, large))], faces[:1]) == {0: 0}
    assert seated([(label, (small, large))], faces) == {}


def test_tiles_are_kept_with_the_caption(tmp_path: Path) -> None:
    tiles = (Tile(Box(1, 2, 3, 4), 0.5, 0.25), Tile(Box(0, 0, 8, 8), 1.0, 0.0))
    seen = Sightings((), (Caption(0.0, 0, "Ann", 0.9, Box(1, 1, 2, 2), None, tiles),), (), (0.0,))
    path = tmp_path / "sightings.parquet"
    seen.save(path)
    assert Sightings.load(path) == seen
