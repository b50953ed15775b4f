"""A track with a hole is two parts, each shown as long as the picture around it stays."""

from vqaprep.detect.path import pieces
from vqaprep.detect.sightings import Face
from vqaprep.detect.tracks import Track
from vqaprep.rows import Box


def test_a_camera_that_is_off_for_a_while_parts_the_track() -> None:
    track = Track(tuple(Face(t_s, 0, Box(0, 0, 10, 10), 0.9) for t_s in (0.0, 1.0, 2.0, 6.0, 7.0)))
    assert [(part.start_s, part.end_s) for part in pieces(track, max_gap_s=3)] == [(0.0, 2.0), (6.0, 7.0)]
    assert pieces(track, max_gap_s=4) == [track]
