"""What people decide is merged with what was found: in their time they decide, elsewhere the tool does."""

import numpy as np
import pytest

from tests.made import BLUE, RED, look, video
from vqaprep.detect.by_hand import Override, free_spans
from vqaprep.detect.observations import Observations
from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.media.render_crop import box_at
from vqaprep.rows import Box, Dropped, Row, Span
from vqaprep.stages.crop import Crop

LEFT, RIGHT = Box(4, 8, 30, 30), Box(56, 12, 26, 26)
TIMES_S = tuple(0.4 * i for i in range(20))
WHOLE = Span(0.0, float("inf"))
ASKED = {"subject": "Maria Silva", "min_face_px": 8, "margin": 0.0}


NEVER = Span(0.0, 0.0)


def observed(
    *overrides: Override,
    captions: tuple[str, str] = ("Interviewer", "Maria Silva"),
    score: float = 0.99,
    cuts_s: tuple[float, ...] = (),
    swapped: Span = NEVER,
) -> Observations:
    """Return two people in view for eight seconds under their names; in `swapped` they have changed places."""
    looks = {t: (RED, BLUE) if t not in swapped else (BLUE, RED) for t in TIMES_S}
    faces = [
        Face(t, round(25 * t), box, score, (), own)
        for t in TIMES_S
        for box, own in zip((LEFT, RIGHT), looks[t], strict=True)
    ]
    texts = [
        Caption(t, round(25 * t), text, 0.9, Box(box.x_px, 50, box.w_px, 8))
        for t in TIMES_S
        for text, box in zip(captions, (LEFT, RIGHT), strict=True)
        if text
    ]
    return Observations(
        look(200, cuts=[round(25 * t) for t in cuts_s]),
        Sightings(tuple(faces), tuple(texts), TIMES_S, TIMES_S),
        overrides,
    )


def cropped(what: Observations, **settings: object) -> Row | Dropped:
    [result] = Crop(**(ASKED | settings))(video(), what, np.random.default_rng(0))  # type: ignore[arg-type]
    return result


def sides(row: Row | Dropped, *times_s: float) -> list[str]:
    """Say who is followed at some times: `left`, `right`, or nobody."""
    assert isinstance(row, Row), row
    assert row.crop_track is not None
    found = []
    for t_s in times_s:
        is_usable = any(t_s in span for span in row.spans)
        found.append(
            "right" if box_at(row.crop_track, t_s).center_px[0] > 48 else "left"
        ) if is_usable else found.append("")
    return found


def test_without_decisions_the_tool_decided() -> None:
    row = cropped(observed())
    assert isinstance(row, Row)
    assert (row.subject_rule, row.subject_decided_by) == ("caption", "tool")


def test_a_box_over_the_whole_video_replaces_what_was_found() -> None:
    row = cropped(observed(Override(WHOLE, box=LEFT, by="AB")))
    assert sides(row, 0, 4, 7.9) == ["left"] * 3
    assert isinstance(row, Row)
    assert (row.subject_rule, row.subject_decided_by, row.subject_name) == ("box", "person AB", None)


def test_a_stretch_is_decided_by_a_person_and_the_rest_by_the_tool() -> None:
    swapped = Span(2.0, 4.0)
    what = observed(Override(swapped, box=LEFT), cuts_s=(2.0, 4.0), swapped=swapped)
    row = cropped(what, check_person=False)
    assert sides(row, 0, 1.9, 2.0, 3.9, 4.0, 7.9) == ["right", "right", "left", "left", "right", "right"]
    assert isinstance(row, Row)
    assert (row.subject_rule, row.subject_decided_by) == ("caption+box", "tool+person")
    assert [point.t_s for point in row.crop_track or ()] == sorted(point.t_s for point in row.crop_track or ())


def test_who_was_taken_by_mistake_is_taken_nowhere_else() -> None:
    """The caption is wrong all the time; a person corrects one stretch of three."""
    row = cropped(observed(Override(Span(2.0, 4.0), box=LEFT), cuts_s=(2.0, 4.0)))
    assert sides(row, 0, 1.9, 2.0, 3.9, 4.0, 7.9) == ["", "", "left", "left", "", ""]
    by_rule = cropped(observed(Override(Span(2.0, 4.0), box=RIGHT), captions=("", ""), cuts_s=(2.0, 4.0)), rule="left")
    assert "left" not in sides(by_rule, *(t / 10 for t in range(80)))
    dropped = cropped(observed(Override(Span(2.0, 4.0), False, RIGHT), cuts_s=(2.0, 4.0)))
    assert isinstance(dropped, Dropped)


def test_where_the_tool_refuses_only_what_a_person_decided_is_used() -> None:
    row = cropped(observed(Override(Span(2.0, 4.0), rule="right"), captions=("", "")))
    assert sides(row, 1.9, 2.0, 3.9, 4.0) == ["", "right", "right", ""]
    assert isinstance(row, Row)
    assert (row.subject_rule, row.subject_decided_by) == ("right", "person")


def test_not_this_person_leaves_a_doubt_or_the_other_one() -> None:
    not_left = Override(Span(1.0, 2.0), False, LEFT)
    assert sides(cropped(observed(not_left, captions=("", "")), subject=None, rule="largest"), 0, 7) == [
        "right",
        "right",
    ]
    dropped = cropped(observed(Override(WHOLE, False, RIGHT)))
    assert isinstance(dropped, Dropped)
    assert dropped.reason == "subject_ambiguous"


def test_time_can_be_left_out_also_of_what_a_person_chose() -> None:
    cut = Override(Span(2.0, 4.0), False)
    assert sides(cropped(observed(cut)), 1.9, 2.0, 3.9, 4.0) == ["right", "", "", "right"]
    assert sides(cropped(observed(cut, Override(WHOLE, box=LEFT))), 1.9, 2.0, 3.9, 4.0) == ["left", "", "", "left"]


def test_a_skipped_video_is_no_loss() -> None:
    dropped = cropped(observed(Override(WHOLE, False)))
    assert isinstance(dropped, Dropped)
    assert (dropped.reason, dropped.detail) == ("not_selected", "a person left it out")


def test_a_box_around_two_faces_is_refused_with_its_row() -> None:
    dropped = cropped(observed(Override(WHOLE, box=Box(0, 0, 96, 64), where="overrides.csv, row 2")))
    assert isinstance(dropped, Dropped)
    assert dropped.detail == "overrides.csv, row 2: two faces are in the box at 0.0 s; draw it around one of them"


@pytest.mark.parametrize("score", [0.6, 0.3])
def test_a_person_may_see_a_face_that_is_dim_or_not_found(score: float) -> None:
    what = observed(Override(Span(0.0, 4.0), box=LEFT), score=score)
    assert sides(cropped(what), 0, 3.9, 4.0) == ["left", "left", ""]


def test_the_time_that_nobody_decided_is_what_is_left() -> None:
    keep = Span(0.0, 10.0)
    overrides = [Override(Span(2, 3), rule="left"), Override(Span(2.5, 4), False), Override(Span(9, 99), rule="left")]
    assert free_spans(keep, [*overrides, Override(Span(5, 6), False, LEFT)]) == [Span(0.0, 2.0), Span(4.0, 9.0)]
    assert free_spans(keep, [Override(WHOLE, False)]) == []
