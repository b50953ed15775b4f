"""The catalogue holds all that recordings differ in, and composed videos show what their truth says."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from tests.compose import draw
from tests.compose.catalogue import catalogue, pair, speaker
from tests.compose.interview import Interview, Scene, Style
from tests.compose.people import FILES, Person
from tests.compose.write import write
from vqaprep.media.decode import decode
from vqaprep.media.probe import probe
from vqaprep.rows import Box
from vqaprep.stages.crop import Crop
from vqaprep.stages.trim import Trim

_COLORS = {"fi": (200, 40, 40), "jwp": (40, 40, 200)}
_ALL = catalogue()


def test_names_are_unique_and_settings_are_those_of_the_stages() -> None:
    assert len({interview.name for interview in _ALL}) == len(_ALL) >= 30
    for interview in _ALL:
        Crop.model_validate(dict(interview.crop))
        Trim.model_validate(dict(interview.trim))


def test_rates_sizes_styles_and_compression_vary() -> None:
    assert {interview.rate for interview in _ALL} == {Fraction(25), Fraction(30_000, 1001)}
    assert {interview.is_vfr for interview in _ALL} == {True, False}
    assert {interview.size_px[1] for interview in _ALL} == {360, 480, 720, 1080}
    assert {interview.style for interview in _ALL} == set(get_args(Style))
    assert {20, 30} <= {interview.crf for interview in _ALL}


def test_people_and_names_vary() -> None:
    scenes = [scene for interview in _ALL for scene in interview.scenes]
    assert {len([p for p in scene.places if p.person]) for scene in scenes} == {0, 1, 2, 3}
    assert {p.person for scene in scenes for p in scene.places} == {None, *FILES}
    names = {p.caption for scene in scenes for p in scene.places if p.caption}
    assert sum(not name.isascii() for name in names) >= 3


def _places(interview: Interview) -> list[tuple[float, float] | None]:
    """Return where the participant is in each scene, None where absent."""
    return [
        next(((p.left, p.width) for p in scene.places if p.person == interview.participant), None)
        for scene in interview.scenes
    ]


def test_participants_swap_grow_leave_and_come_back_and_cards_surround_them() -> None:
    places = [_places(interview) for interview in _ALL if not interview.expected]
    moves = [move for path in places for move in pairwise(path)]
    assert any(a and b and a[0] != b[0] and a[1] == b[1] for a, b in moves), "swap"
    assert any(a and b and a[1] != b[1] for a, b in moves), "another layout"
    assert any(a and not b for a, b in moves), "leaves"
    assert any(not a and b for a, b in moves), "comes"
    assert any(i.scenes[0].title and i.scenes[-1].title for i in _ALL), "cards"


def test_traps_are_there_for_every_reason_to_refuse() -> None:
    assert {reason for interview in _ALL for reason in interview.expected} == {"subject_ambiguous", "subject_changed"}
    assert sum(bool(interview.expected) for interview in _ALL) >= 10


def _drawn(_: Path, key: str) -> Person:
    """Return someone who is a coloured square that wanders over gray."""
    frames, faces = np.full((20, 90, 160, 3), 128, np.uint8), []
    for i, frame in enumerate(frames):
        frame[20:60, 50 + i : 90 + i] = _COLORS[key]
        faces.append(Box(50 + i, 20, 40, 40))
    return Person(frames, tuple(faces))


@pytest.mark.parametrize("is_vfr", [False, True])
def test_a_composed_video_shows_what_its_truth_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_vfr: bool
) -> None:
    monkeypatch.setattr(draw, "person", _drawn)
    people, names = ("fi", "jwp"), ("Maria Silva", "Interviewer")
    scenes = Scene(0.6, title="Visit 7"), Scene(1, pair(people, names)), Scene(1, speaker(people[::-1], names[::-1]))
    rate = Fraction(30_000, 1001)
    interview = Interview("drawn", scenes, "fi", (), size_px=(640, 360), rate=rate, is_vfr=is_vfr)
    truths = write(interview, tmp_path / "drawn.mp4", tmp_path)
    video = probe(str(tmp_path / "drawn.mp4"))
    assert video.is_vfr == is_vfr
    frames = list(decode(video.uri))
    np.testing.assert_allclose([frame.t_s for frame in frames], [truth.t_s for truth in truths], atol=1e-4)
    for frame, truth in zip(frames, truths, strict=True):
        rgb = frame.rgb().astype(int)
        assert set(truth.faces) == ({*people} if truth.t_s >= 0.6 else set())
        for name, face in truth.faces.items():
            assert face is not None
            x, y = map(int, face.center_px)
            assert np.abs(rgb[y, x] - _COLORS[name]).max() < 40
            assert np.abs(rgb[y, int(face.x_px - 12)] - 128).max() < 40
