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


def _followed(*later: npt.NDArray[np.uint8], first: npt.NDArray[np.uint8] | None = None) -> Caption:
    stretches, first = Stretches(320), _picture("Ann Lee") if first is None else first
    stretches.see(first, 0.0, is_changed=True)
    stretches.add([Caption(0.0, 0, "Ann Lee", 0.9, _BOX)], first)
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


def test_writing_that_is_found_beside_its_place_moves_even_by_little() -> None:
    """Somebody who sits still shifts the writing on the clothes by some pixels, and the letters stay the same."""
    assert _followed(_picture("Ann Lee", x=15), _picture("Ann Lee", x=9), _picture("Ann Lee")).is_moving
    assert not _followed(_picture("Ann Lee", x=15), _picture("Ann Lee"), _picture("Ann Lee")).is_moving


def test_a_name_before_somebody_who_moves_is_in_its_place() -> None:
    caption = _followed(*(_moving_ground(seed) for seed in range(1, 5)), first=_moving_ground(0))
    assert not caption.is_moving


def _moving_ground(seed: int) -> npt.NDArray[np.uint8]:
    rough = np.random.default_rng(seed).integers(40, 120, (10, 16)).astype(np.uint8)
    gray = np.asarray(cv2.resize(rough, (320, 200), interpolation=cv2.INTER_LINEAR), np.uint8)
    cv2.putText(gray, "Ann Lee", (12, 175), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 240, 1, cv2.LINE_AA)
    return gray


def test_a_better_reading_replaces_those_of_the_same_letters_in_the_stretch() -> None:
    texts = {}
    for name, better in (("Ann Lee", "Ann Lee"), ("Ann Lea", "Ann Lee"), ("Ann Lee", "Tom Ray")):
        stretches = Stretches(320)
        stretches.see(_picture(name), 0.0, is_changed=True)
        stretches.add([Caption(0.0, 0, "Ann Lce", 0.94, _BOX)], _picture(name))
        stretches.correct([Caption(3.0, 75, better, 0.9, _BOX)], _picture("Ann Lee"))
        texts[name, better] = stretches.captions()[0].text
    assert texts == {
        ("Ann Lee", "Ann Lee"): "Ann Lee",
        ("Ann Lea", "Ann Lee"): "Ann Lce",  # other letters are there by now
        ("Ann Lee", "Tom Ray"): "Ann Lce",  # no reading of the same writing
    }
