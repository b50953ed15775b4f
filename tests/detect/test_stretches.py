"""Captions are followed from the picture in which they were read to the end of their stretch."""

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.detect.sightings import Caption
from vqaprep.detect.stretches import Stretches
from vqaprep.rows import Box

_BOX = Box(10, 160, 90, 20)


def _picture(name: str, *, x: int = 12, level: int = 90) -> npt.NDArray[np.uint8]:
    gray = np.full((200, 320), level, np.uint8)
    cv2.putText(gray, name, (x, 175), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 240, 1, cv2.LINE_AA)
    return gray


def _followed(*later: npt.NDArray[np.uint8]) -> Caption:
    stretches = Stretches(320)
    stretches.see(_picture("Ann Lee"), 0.0, is_changed=True)
    stretches.add([Caption(0.0, 0, "Ann Lee", 0.9, _BOX)], _picture("Ann Lee"))
    for t_s, picture in enumerate(later, start=1):
        stretches.see(picture, float(t_s), is_changed=False)
        stretches.look_again(picture, float(t_s))
    [caption] = stretches.captions()
    return caption


def test_a_name_is_there_at_each_look_that_shows_its_letters() -> None:
    caption = _followed(_picture("Ann Lee", level=60), _picture("Ann Lea"), _picture(""), _picture("Ann Lee"))
    assert caption.still_s == (1.0, 4.0)
    assert not caption.is_moving


def test_writing_that_is_never_in_its_place_again_moves() -> None:
    caption = _followed(_picture("Ann Lee", x=40), _picture("Ann Lee", x=70))
    assert caption.still_s == ()
    assert caption.is_moving


def test_a_change_ends_the_stretch() -> None:
    stretches = Stretches(320)
    stretches.see(_picture("Ann Lee"), 0.0, is_changed=True)
    stretches.add([Caption(0.0, 0, "Ann Lee", 0.9, _BOX)], _picture("Ann Lee"))
    stretches.see(_picture("Ann Lee"), 1.0, is_changed=True)
    stretches.look_again(_picture("Ann Lee"), 1.0)
    assert [caption.still_s for caption in stretches.captions()] == [()]


def test_writing_that_is_rarely_in_its_place_moves() -> None:
    stretches = Stretches(320)
    stretches.see(_both(120), 0.0, is_changed=True)
    clothes = Box(110, 80, 60, 20)
    stretches.add([Caption(0.0, 0, "Ann Lee", 0.9, _BOX), Caption(0.0, 0, "Tube", 0.9, clothes)], _both(120))
    for t_s, x in enumerate((140, 100, 120, 160), start=1):
        stretches.look_again(_both(x), float(t_s))
    assert [caption.is_moving for caption in stretches.captions()] == [False, True]


def _both(x: int) -> npt.NDArray[np.uint8]:
    """Return a name in its place, and writing on somebody's clothes at `x`."""
    gray = _picture("Ann Lee")
    cv2.putText(gray, "Tube", (x, 95), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 240, 1, cv2.LINE_AA)
    return gray
