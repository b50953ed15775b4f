"""A layout that comes back is recognized letter for letter, and nothing else is."""

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.detect.known_captions import KnownCaptions
from vqaprep.detect.text import Reading
from vqaprep.rows import Box

_BOX = Box(10, 160, 90, 20)


def _call(name: str, level: int = 90) -> npt.NDArray[np.uint8]:
    """A picture 320 px wide whose upper part has this gray level, with a name on a dark backdrop."""
    gray = np.full((200, 320), level, np.uint8)
    gray[155:] = 20
    cv2.putText(gray, name, (12, 175), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 240, 1, cv2.LINE_AA)
    return gray


def _captions(score: float = 0.9) -> KnownCaptions:
    known = KnownCaptions()
    known.add(_call("Ann Lee"), [Reading("Ann Lee", score, _BOX)], num_faces=2)
    return known


def test_the_same_name_is_known_whatever_happens_above_it_and_in_spite_of_noise() -> None:
    noise = np.random.default_rng(0).integers(-8, 9, (200, 320))
    again = np.clip(_call("Ann Lee", 200) + noise, 0, 255).astype(np.uint8)
    assert _captions().find(again, num_faces=2) == [Reading("Ann Lee", 0.9, _BOX)]


def test_one_other_letter_is_another_name() -> None:
    assert _captions().find(_call("Ann Lea"), num_faces=2) is None


def test_one_more_face_may_bring_a_name() -> None:
    assert _captions().find(_call("Ann Lee"), num_faces=3) is None


def test_what_was_hard_to_read_is_not_remembered() -> None:
    assert _captions(score=0.3).find(_call("Ann Lee"), num_faces=2) is None


def _bad_reading(text: str, score: float = 0.6) -> list[Reading]:
    return [Reading(text, score, Box(12, 161, 60, 18))]


def test_a_name_that_was_read_well_stays_where_its_letters_are_the_same() -> None:
    assert _captions().recalled(_call("Ann Lee", 140), _bad_reading("Ann Le")) == [Reading("Ann Lee", 0.9, _BOX)]
    assert _captions().recalled(_call("Ann Lee", 140), []) == [Reading("Ann Lee", 0.9, _BOX)]


def test_another_name_or_a_surer_reading_is_kept() -> None:
    for text, score in (("Bob Ray", 0.6), ("Ann Le", 0.95), ("Ann Lee 2", 0.6)):
        readings = _bad_reading(text, score)
        assert _captions().recalled(_call("Ann Lee"), readings) == readings


def test_a_name_is_not_recalled_where_it_is_not() -> None:
    assert _captions().recalled(_call("Ann Lea"), _bad_reading("Ann Le")) == _bad_reading("Ann Le")
    assert _captions().recalled(_call(""), []) == []


def test_the_reading_of_a_mean_picture_is_better_than_any_of_one() -> None:
    known = KnownCaptions()
    known.add(_call("Ann Lee"), [Reading("Ann Lee", 0.9, _BOX)], num_faces=2, is_mean=True)
    assert known.recalled(_call("Ann Lee", 140), _bad_reading("Ann Le", 0.95)) == [Reading("Ann Lee", 0.9, _BOX)]
    assert known.recalled(_call("Ann Lee"), _bad_reading("Bob Ray", 0.6)) == _bad_reading("Bob Ray", 0.6)
