"""Faces are looked for where they were, and everywhere now and then, when something changed, or one is missing."""

import numpy as np
import numpy.typing as npt

from vqaprep.detect.detection import Detection
from vqaprep.detect.face_looks import FaceLooks
from vqaprep.rows import Box

Picture = npt.NDArray[np.uint8]
_SIDE = 24


class _Finder:
    """Finds white squares, and remembers the size of each picture that it was shown."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, rgb: Picture) -> list[Detection]:
        self.shapes.append(rgb.shape[:2])
        corners = np.argwhere((rgb[:, :, 0] == 255) & (np.roll(np.roll(rgb, 1, 0), 1, 1)[:, :, 0] == 0))
        starts = [(y, x) for y, x in corners if rgb[y : y + _SIDE, x : x + _SIDE].shape[:2] == (_SIDE, _SIDE)]
        whole = [(y, x) for y, x in starts if (rgb[y : y + _SIDE, x : x + _SIDE] == 255).all()]
        return [Detection(Box(float(x), float(y), _SIDE, _SIDE), 0.9, ((float(x), float(y)),)) for y, x in whole]


def _picture(*places: tuple[int, int]) -> Picture:
    rgb = np.zeros((360, 640, 3), np.uint8)
    for x, y in places:
        rgb[y : y + _SIDE, x : x + _SIDE] = 255
    return rgb


def _places(found: list[Detection]) -> list[tuple[float, float]]:
    return sorted((d.box.x_px, d.box.y_px) for d in found)


def test_a_face_that_moves_a_little_is_followed_in_a_part_of_the_picture() -> None:
    finder = _Finder()
    looks = FaceLooks(finder)
    looks(_picture((100, 100), (500, 200)), 0.0, is_changed=True)
    found = looks(_picture((107, 96), (498, 205)), 1.0, is_changed=False)
    assert _places(found) == [(107, 96), (498, 205)]
    assert sorted(d.landmarks[0] for d in found) == [(107, 96), (498, 205)]
    assert finder.shapes[0] == (360, 640)
    assert len(finder.shapes) == 3
    assert all(height * width < 0.1 * 360 * 640 for height, width in finder.shapes[1:])


def test_the_whole_picture_is_looked_at_when_something_changed_a_face_is_missing_or_time_has_passed() -> None:
    for later, t_s, is_changed in (((100, 100), 1.0, True), ((400, 300), 1.0, False), ((100, 100), 4.0, False)):
        finder = _Finder()
        looks = FaceLooks(finder)
        looks(_picture((100, 100)), 0.0, is_changed=True)
        assert _places(looks(_picture(later), t_s, is_changed=is_changed)) == [later]
        assert finder.shapes[-1] == (360, 640)


def test_a_second_face_is_seen_when_the_whole_picture_is_due() -> None:
    looks = FaceLooks(_Finder())
    looks(_picture((100, 100)), 0.0, is_changed=True)
    both = _picture((100, 100), (500, 200))
    assert [len(looks(both, t_s, is_changed=False)) for t_s in (1.0, 3.9, 4.0, 5.0)] == [1, 1, 2, 2]


def test_faces_next_to_one_another_are_found_once_each() -> None:
    looks = FaceLooks(_Finder())
    picture = _picture((100, 100), (130, 100), (160, 110))
    first = _places(looks(picture, 0.0, is_changed=True))
    assert _places(looks(picture, 1.0, is_changed=False)) == first
    assert len(first) == 3


def test_a_picture_of_another_size_is_looked_at_whole() -> None:
    finder = _Finder()
    looks = FaceLooks(finder)
    looks(_picture((100, 100)), 0.0, is_changed=True)
    looks(_picture((100, 100))[:300], 1.0, is_changed=False)
    assert finder.shapes == [(360, 640), (300, 640)]
