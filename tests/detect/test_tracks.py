"""Tracks are one person in one place."""

from tests.made import BLUE, RED
from vqaprep.detect.sightings import Face
from vqaprep.detect.tracks import Track, is_picture, link
from vqaprep.rows import Box


def _face(t_s: float, x_px: float, look: bytes = RED, score: float = 0.99) -> Face:
    return Face(t_s, round(25 * t_s), Box(x_px, 100, 100, 130), score, (), look)


def test_two_people_who_stay_are_two_tracks_however_their_faces_are_ordered() -> None:
    faces = [_face(float(t), x + 3 * t) for t in range(5) for x in (500, 100)]
    tracks = link(faces)
    assert [[f.box.x_px for f in t.faces] for t in tracks] == [[x + 3 * t for t in range(5)] for x in (100, 500)]


def test_a_cut_ends_every_track() -> None:
    tracks = link([_face(0, 100), _face(1, 100), _face(2, 100)], breaks_s=[1.5])
    assert [(t.start_s, t.end_s) for t in tracks] == [(0, 1), (2, 2)]


def test_another_look_in_the_same_place_is_another_track() -> None:
    tracks = link([_face(0, 100), _face(1, 100), _face(2, 100, BLUE), _face(3, 100, BLUE)])
    assert [(t.start_s, t.end_s) for t in tracks] == [(0, 1), (2, 3)]


def test_a_long_absence_ends_a_track_and_a_short_one_does_not() -> None:
    assert len(link([_face(0, 100), _face(3, 100)])) == 1
    assert len(link([_face(0, 100), _face(30, 100)])) == 2


def test_unsure_faces_are_left_out() -> None:
    assert link([_face(0, 100, score=0.5)], min_score=0.8) == ()


def test_a_face_that_never_moves_is_a_picture_only_beside_one_that_does() -> None:
    still = Track(tuple(Face(float(t), t, Box(100, 50, 80, 100), 0.99) for t in range(6)))
    alive = Track(tuple(Face(float(t), t, Box(400 + 5 * t, 50, 80, 100), 0.99) for t in range(6)))
    assert is_picture(still, [still, alive])
    assert not is_picture(alive, [still, alive])
    assert not is_picture(still, [still])
