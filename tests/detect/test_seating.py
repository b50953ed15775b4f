"""A face gets a name only where no other reading of the tiles is nearly as good."""

from pathlib import Path

import numpy as np
import pytest

from vqaprep.detect.rectangles import tiles_around, tiles_of
from vqaprep.detect.seating import Named, doubts, seated
from vqaprep.detect.sightings import Caption, Sightings, Tile
from vqaprep.detect.still_edges import Gray, StillEdges
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
    return list(zip(names, tiles_of(edges, names), strict=True))


def test_the_best_rectangle_around_a_name_is_its_tile() -> None:
    edges = StillEdges(_pictures((_LEFT, _RIGHT)), _FACES)
    for name, tile in zip(_NAMES, (_LEFT, _RIGHT), strict=True):
        box = tiles_around(edges, name)[0].box
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


def test_a_line_in_a_room_does_not_cut_a_tile_whose_neighbour_has_none_there() -> None:
    pictures = _pictures((_LEFT, _RIGHT))
    for picture in pictures:
        picture[90:270, 120:] = np.clip(picture[90:270, 120:].astype(int) + 25, 0, 255)  # as the edge of a curtain
    labels = _named(pictures, _NAMES, (Box(180, 130, 60, 80), _FACES[1]))
    assert seated(labels, [Box(180, 130, 60, 80), _FACES[1]]) == {0: 0, 1: 1}


def test_a_dark_room_on_black_has_the_tile_of_its_neighbour() -> None:
    left, right = Box(20, 90, 290, 180), Box(330, 90, 290, 180)
    pictures = _pictures((left, right))
    for picture in pictures:
        picture[90:240, 20:180] = 0
    names, faces = (Box(24, 254, 70, 12), Box(334, 254, 70, 12)), (Box(210, 130, 60, 80), Box(450, 130, 60, 80))
    assert seated(_named(pictures, names, faces), list(faces)) == {0: 0, 1: 1}


def test_names_under_their_tiles_are_theirs_and_one_alone_is_nobodys() -> None:
    left, right = Box(10, 60, 300, 200), Box(330, 60, 300, 200)
    names = Box(110, 266, 80, 12), Box(440, 266, 60, 12)
    faces = Box(130, 100, 60, 80), Box(450, 100, 60, 80)
    pictures = _pictures((left, right))
    assert seated(_named(pictures, names, faces), list(faces)) == {0: 0, 1: 1}
    assert seated(_named(pictures, names[:1], faces), list(faces)) == {}


def test_writing_of_another_height_takes_no_face_from_a_name() -> None:
    large, small = Box(0, 0, 476, 360), Box(476, 0, 164, 105)
    names = Box(6, 333, 75, 16), Box(486, 84, 77, 14)
    faces = Box(210, 23, 117, 155), Box(547, 14, 63, 80)
    clothes = Box(225, 337, 67, 23)
    labels = _named(_pictures((large, small)), (*names, clothes), faces)
    assert {i: j for i, j in seated(labels, list(faces)).items() if i < 2} == {0: 0, 1: 1}


def test_a_doubt_says_both_readings_of_a_picture() -> None:
    label = Box(5, 160, 50, 12)
    small, large = Tile(Box(0, 0, 100, 180), 0.0, 0.1), Tile(Box(0, 0, 320, 180), 0.1, 0.1)
    doubt = doubts([(label, (small, large))], [Box(20, 60, 40, 50), Box(220, 60, 40, 50)])[0]
    assert {doubt.people, doubt.other_people} == {frozenset({0}), frozenset({0, 1})}
    assert doubt.margin < 0.5


@pytest.mark.parametrize("place", [(503, 116), (503, 20), (690, 60)])
def test_a_name_in_an_empty_tile_that_fills_the_picture_is_not_that_of_a_face_with_another_name_beside_it(
    place: tuple[float, float],
) -> None:
    face, whole = Box(609, 33, 65, 84), (Tile(Box(0, 0, 1280, 720), 0.0, 0.92),)
    mine, other = (Box(163, 686, 90, 27), whole), Box(*place, 100, 27)
    assert seated([mine, (other, ())], [face]) == {}
    assert seated([mine, (other, (Tile(Box(0, 108, 1280, 612), 1.08, 0.94),))], [face]) == {}
    own_tile = (Tile(Box(490, 0, 280, 150), 0.0, 0.1),)
    assert seated([mine, (other, own_tile)], [face]).get(0) is None
    assert seated([mine], [face]) == {0: 0}
    assert seated([mine, (Box(*place, 300, 80), ())], [face]) == {0: 0}, "large writing is no name of this call"
