"""The participant is identified by caption or rule, and nobody is chosen by a guess."""

from dataclasses import replace

import numpy as np
import pytest

from tests.made import BLUE, RED
from vqaprep.detect.choice import Chosen, Refused, Rule, Who
from vqaprep.detect.sightings import Caption, Face, Sightings, Tile
from vqaprep.detect.subject import choose
from vqaprep.detect.tracks import link
from vqaprep.rows import Box, Span

_WHOLE = Span(0, 99)
_TILES = (Box(0, 0, 640, 720), Box(640, 0, 640, 720))


def _face(t_s: float, side: int, look: bytes = RED, w_px: float = 100) -> Face:
    return Face(t_s, round(25 * t_s), Box(270 + 640 * side, 200, w_px, 130), 0.99, (), look)


def _caption(t_s: float, side: int, text: str) -> Caption:
    return Caption(t_s, round(25 * t_s), text, 0.9, Box(10 + 640 * side, 680, 150, 30), _TILES[side])


def _call(captions: list[Caption], *, swap_at_s: float = 99) -> Sightings:
    """Two people for ten seconds; the red one sits at the left until they swap."""
    faces = tuple(
        _face(float(t), side, (RED, BLUE)[(side + (t >= swap_at_s)) % 2]) for t in range(10) for side in (0, 1)
    )
    times = tuple(sorted({caption.t_s for caption in captions}))
    return Sightings(faces, tuple(captions), tuple(map(float, range(10))), times)


def _choose(seen: Sightings, who: Who, *, keep: Span = _WHOLE) -> Chosen | Refused:
    return choose(link(seen.faces), seen, who, keep=keep)


def _sides(outcome: Chosen | Refused) -> list[float]:
    assert isinstance(outcome, Chosen), outcome
    return [track.faces[0].box.x_px for track in outcome.tracks]


def _reason(outcome: Chosen | Refused) -> str:
    assert isinstance(outcome, Refused), outcome
    return outcome.reason


_NAMED = [_caption(0, 0, "Maria Silva"), _caption(0, 1, "Interviewer")]


def test_the_asked_name_is_found_even_if_letters_were_misread() -> None:
    seen = _call([_caption(0, 0, "Interviewer"), _caption(0, 1, "Mar1a 5ilva")])
    assert _sides(_choose(seen, Who(subject="Maria Silva"))) == [910]


def test_the_one_left_by_not_is_the_participant() -> None:
    outcome = _choose(_call(_NAMED), Who(excluded="Interviewer|Moderator"))
    assert _sides(outcome) == [270]
    assert isinstance(outcome, Chosen)
    assert (outcome.name, outcome.rule) == ("Maria Silva", "not")


def test_two_left_by_not_are_ambiguous() -> None:
    seen = _call([_caption(0, 0, "Maria Silva"), _caption(0, 1, "Li Wei")])
    assert _reason(_choose(seen, Who(excluded="Interviewer"))) == "subject_ambiguous"


def test_the_same_name_twice_is_ambiguous() -> None:
    seen = _call([_caption(0, 0, "Maria Silva"), _caption(0, 1, "Maria Silva")])
    assert _reason(_choose(seen, Who(subject="Maria Silva"))) == "subject_ambiguous"


def test_of_two_similar_names_only_the_same_one_will_do() -> None:
    seen = _call([_caption(0, 0, "Marie Silva"), _caption(0, 1, "Maria Silva")])
    assert _sides(_choose(seen, Who(subject="Maria Silva"))) == [910]
    assert _reason(_choose(seen, Who(subject="Mario Silva"))) == "subject_ambiguous"


def test_no_caption_is_ambiguous_and_says_what_to_do() -> None:
    outcome = _choose(_call([]), Who(subject="Maria Silva"))
    assert _reason(outcome) == "subject_ambiguous"
    assert isinstance(outcome, Refused)
    assert "--rule" in outcome.detail
    assert "Maria" not in outcome.detail


def test_nothing_asked_for_is_ambiguous_even_with_one_face() -> None:
    one = Sightings(tuple(_face(float(t), 0) for t in range(5)), (), tuple(map(float, range(5))))
    assert _reason(_choose(one, Who())) == "subject_ambiguous"
    assert _sides(_choose(one, Who(rule="only"))) == [270]


def test_captions_that_stay_while_people_swap_are_caught() -> None:
    seen = _call([*_NAMED, _caption(6, 0, "Maria Silva"), _caption(6, 1, "Interviewer")], swap_at_s=5)
    assert _reason(_choose(seen, Who(subject="Maria Silva"))) == "subject_changed"


def test_a_face_that_had_another_name_before_is_not_told_by_a_caption_it_moved_under() -> None:
    late = [_caption(0, 1, "Interviewer"), _caption(6, 0, "Maria Silva"), _caption(6, 1, "Interviewer")]
    assert _reason(_choose(_call(late, swap_at_s=5), Who(subject="Maria Silva"))) == "subject_changed"


def test_captions_that_swap_with_the_people_are_followed() -> None:
    seen = _call([*_NAMED, _caption(6, 1, "Maria Silva"), _caption(6, 0, "Interviewer")], swap_at_s=5)
    assert _sides(_choose(seen, Who(subject="Maria Silva"))) == [270, 910]


def test_one_face_under_two_names_in_turn_is_ambiguous() -> None:
    seen = _call([*_NAMED, _caption(6, 1, "Maria Silva"), _caption(6, 0, "Interviewer")])
    assert _reason(_choose(seen, Who(subject="Maria Silva"))) == "subject_ambiguous"


@pytest.mark.parametrize(("rule", "side"), [("left", 270), ("right", 910)])
def test_a_rule_of_place_chooses_by_place(rule: Rule, side: float) -> None:
    assert _sides(_choose(_call([]), Who(rule=rule))) == [side]


def test_only_and_largest_refuse_equals() -> None:
    assert _reason(_choose(_call([]), Who(rule="only"))) == "subject_ambiguous"
    assert _reason(_choose(_call([]), Who(rule="largest"))) == "subject_ambiguous"


def test_a_rule_stands_in_where_no_caption_can_be_read_and_never_overrules_one() -> None:
    who = Who(subject="Maria Silva", rule="left")
    outcome = _choose(_call([]), who)
    assert isinstance(outcome, Chosen)
    assert (_sides(outcome), outcome.rule) == ([270], "left")
    assert _reason(_choose(_call([_caption(0, 0, "Anna Kowalska"), _caption(0, 1, "Interviewer")]), who)) == (
        "subject_ambiguous"
    )
    assert _sides(_choose(_call([_caption(0, 1, "Maria Silva"), _caption(0, 0, "Interviewer")]), who)) == [910]


def test_a_caption_read_before_the_kept_part_names_the_face_that_stays() -> None:
    outcome = _choose(_call(_NAMED), Who(subject="Maria Silva"), keep=Span(4, 8))
    assert _sides(outcome) == [270]
    assert isinstance(outcome, Chosen)
    assert (outcome.tracks[0].start_s, outcome.tracks[0].end_s) == (4, 7)


def _detail(outcome: Chosen | Refused) -> str:
    assert isinstance(outcome, Refused), outcome
    return outcome.detail


def test_a_drop_says_what_was_read_and_how_it_differs() -> None:
    seen = _call([_caption(0, 0, "Participant 21"), _caption(0, 1, "Interviewer")])
    detail = _detail(_choose(seen, Who(subject="Participant 12")))
    assert "\u201cParticipant 21\u201d (another number)" in detail
    assert "\u201cInterviewer\u201d (another name)" in detail
    assert "--ignore-captions" in detail


def test_codes_that_a_reader_confuses_are_ambiguous_in_one_film() -> None:
    seen = _call([_caption(0, 0, "O01"), _caption(0, 1, "001")])
    assert _reason(_choose(seen, Who(subject="001"))) == "subject_ambiguous"
    apart = [_caption(0, 0, "O01"), _caption(0, 1, "Ann"), _caption(4, 0, "Bob"), _caption(4, 1, "001")]
    assert _reason(_choose(_call(apart), Who(subject="001"))) == "subject_ambiguous"


def test_a_number_alone_is_a_name_if_it_is_asked_for() -> None:
    seen = _call([_caption(0, 0, "1034"), _caption(0, 1, "Interviewer")])
    assert _sides(_choose(seen, Who(subject="1034"))) == [270]


def test_two_faces_in_view_at_once_are_never_both_the_participant() -> None:
    seen = _call([_caption(0, 0, "Maria Silva"), _caption(6, 1, "Maria Silva")])
    assert "both in view" in _detail(_choose(seen, Who(subject="Maria Silva")))


def test_not_is_heard_where_the_subject_is_known() -> None:
    outcome = _choose(_call(_NAMED), Who(subject="Maria Silva", excluded="Silva"))
    assert "--not" in _detail(outcome)
    assert _sides(_choose(_call(_NAMED), Who(subject="Maria Silva", excluded="Interviewer"))) == [270]


def test_not_never_leaves_a_bad_reading_of_an_excluded_name() -> None:
    one = Sightings(
        tuple(_face(float(t), 0) for t in range(5)),
        (_caption(0, 0, "lntervlewcr"),),
        tuple(map(float, range(5))),
        (0.0,),
    )
    assert _reason(_choose(one, Who(excluded="Interviewer"))) == "subject_ambiguous"
    alike = _call([_caption(0, 0, "Marie Silva"), _caption(0, 1, "Maria Silva")])
    assert "similar name" in _detail(_choose(alike, Who(excluded="Maria Silva")))


def test_a_rule_that_captions_overrule_is_named_and_can_be_put_first() -> None:
    seen = _call([_caption(0, 0, "Anna Kowalska"), _caption(0, 1, "Interviewer")])
    detail = _detail(_choose(seen, Who(subject="Maria Silva", rule="right")))
    assert "--rule right is not used where captions were read" in detail
    assert _sides(_choose(seen, Who(subject="Maria Silva", rule="right", are_captions_ignored=True))) == [910]


def test_names_in_letters_that_cannot_be_read_say_so() -> None:
    seen = _call([_caption(0, 0, "MapMA"), _caption(0, 1, "Interviewer")])
    for who in (Who(subject="\u041c\u0430\u0440\u0438\u044f"), Who(excluded="\u041e\u043b\u044f")):
        assert "Latin letters" in _detail(_choose(seen, who))
    assert _sides(_choose(seen, Who(subject="\u041c\u0430\u0440\u0438\u044f", rule="left"))) == [270]
    assert _reason(_choose(seen, Who(subject="\u041c\u0430\u0440\u0438\u044f|Maria"))) == "subject_ambiguous"


def test_who_is_gone_before_the_kept_part_is_neither_chosen_nor_in_the_way() -> None:
    gone = Sightings(tuple(_face(float(t), int(t > 4)) for t in range(10)), (), tuple(map(float, range(10))))
    assert _sides(_choose(gone, Who(rule="only"), keep=Span(5, 10))) == [910]
    assert _reason(_choose(gone, Who(rule="only"), keep=Span(20, 30))) == "no_face"


def test_a_face_that_hides_at_the_reading_is_named_at_a_later_look() -> None:
    read = [replace(caption, still_s=tuple(map(float, range(1, 10)))) for caption in _NAMED]
    seen = _call(read)
    hidden = replace(seen, faces=tuple(f for f in seen.faces if f.t_s > 0))
    assert _sides(_choose(hidden, Who(subject="Maria Silva"))) == [270]


def test_writing_that_moves_is_no_name() -> None:
    moving = [replace(_caption(0, 0, "Maria Silva"), is_moving=True), _caption(0, 1, "Interviewer")]
    assert _reason(_choose(_call(moving), Who(subject="Maria Silva"))) == "subject_ambiguous"


_BOTH = np.sqrt((np.frombuffer(RED, np.float32) ** 2 + np.frombuffer(BLUE, np.float32) ** 2) / 2).tobytes()


def _shown_again(look: bytes) -> Sightings:
    """Return a call, and after a cut one face without a caption."""
    seen = _call(_NAMED)
    alone = tuple(_face(float(t), 0, look, w_px=150) for t in range(20, 26))
    return replace(seen, faces=(*seen.faces, *alone), face_times_s=(*seen.face_times_s, *map(float, range(20, 26))))


@pytest.mark.parametrize(("look", "num_tracks"), [(RED, 2), (BLUE, 1), (_BOTH, 1)])
def test_who_has_no_caption_later_is_taken_if_the_looks_are_beyond_doubt(look: bytes, num_tracks: int) -> None:
    outcome = _choose(_shown_again(look), Who(subject="Maria Silva"))
    assert isinstance(outcome, Chosen), outcome
    assert len(outcome.tracks) == num_tracks


def test_a_doubt_about_a_tile_says_both_readings() -> None:
    label, faces = Box(5, 160, 50, 12), (Box(20, 60, 40, 50), Box(220, 60, 40, 50))
    tiles = Tile(Box(0, 0, 100, 180), 0.0, 0.1), Tile(Box(0, 0, 320, 180), 0.1, 0.1)
    captions = tuple(Caption(t_s, 0, "Ann Lee", 0.9, label, None, tiles) for t_s in (0.0, 3.0))
    seen = Sightings(
        tuple(Face(t_s, 0, box, 0.99) for t_s in (0.0, 3.0) for box in faces), captions, (0.0, 3.0), (0.0, 3.0)
    )
    outcome = _choose(seen, Who(subject="Ann Lee"))
    assert isinstance(outcome, Refused)
    assert "at 0.0 s its tile holds" in outcome.detail
    assert "the face at (40, 85) px" in outcome.detail
    assert "the faces at (40, 85) and (240, 85) px" in outcome.detail


def _readings(*texts: tuple[str, float]) -> Sightings:
    """The left face's caption is read again and again, as one text or another and with some confidence."""
    read = [replace(_caption(3 * i, 0, text), score=score) for i, (text, score) in enumerate(texts)]
    return _call([*read, *(_caption(3 * i, 1, "Interviewer") for i in range(len(texts)))])


@pytest.mark.parametrize(
    ("texts", "is_taken"),
    [
        ((("Maria Siva", 0.8), ("Maria Silva", 0.95), ("Marla Sila", 0.9)), True),  # many wrong ways, one right one
        ((("Maria Silva", 0.8), ("Maria Siva", 0.95), ("Maria Siva", 0.9)), False),  # it is another name, misread once
        ((("Maria Silva", 0.8), ("Maria Siva", 0.95)), False),  # the other one is read more surely
        ((("Silva", 0.97), ("Maria Silva", 0.95), ("Maria Silva", 0.95)), True),
        ((("Maria Silva", 0.95), ("Tom Becker", 0.5), ("Maria Silva", 0.95)), False),  # no reading of the name at all
    ],
)
def test_the_readings_of_a_face_vote(texts: tuple[tuple[str, float], ...], is_taken: bool) -> None:
    outcome = _choose(_readings(*texts), Who(subject="Maria Silva"))
    assert isinstance(outcome, Chosen) is is_taken


def test_the_last_reading_of_writing_on_clothes_names_nobody() -> None:
    """No look follows it that could see it move; the readings before did."""
    worn = [replace(_caption(t, 0, "Maria Silva"), is_moving=t < 9) for t in (0, 3, 9)]
    tiled = [_caption(t, 1, "Interviewer") for t in (0, 3, 9)]
    assert _reason(_choose(_call([*worn, *tiled]), Who(subject="Maria Silva"))) == "subject_ambiguous"
    looked_after = [replace(caption, t_s=6.0) if caption.t_s == 9 else caption for caption in worn]
    assert _sides(_choose(_call([*looked_after, *tiled]), Who(subject="Maria Silva"))) == [270]
