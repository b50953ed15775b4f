"""The records that travel say what they mean and refuse nonsense."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made import clip, video
from vqaprep.errors import MediaError, unknown_name
from vqaprep.rows import REASONS, Box, Dropped, Span, as_clip

seconds = st.floats(-1e4, 1e4)
boxes = st.builds(Box, *[st.floats(-100, 100)] * 2, *[st.floats(0.1, 100)] * 2)


@given(seconds, seconds, seconds, seconds)
def test_the_shared_part_of_two_spans_lies_in_both(a: float, b: float, c: float, d: float) -> None:
    one, other = Span(min(a, b), max(a, b)), Span(min(c, d), max(c, d))
    shared = one.intersect(other)
    assert shared.duration_s >= 0
    assert shared.duration_s == other.intersect(one).duration_s
    if shared.duration_s > 0:
        assert one.start_s <= shared.start_s < shared.end_s <= one.end_s


def test_a_span_holds_its_start_but_not_its_end() -> None:
    assert 1.0 in Span(1.0, 2.0)
    assert 2.0 not in Span(1.0, 2.0)


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it starts"):
        Span(2.0, 1.0)
    with pytest.raises(ValueError, match="ends before it starts"):
        Span(float("nan"), 1.0)


@given(boxes, boxes)
def test_overlap_is_symmetric_and_a_share(one: Box, other: Box) -> None:
    assert one.iou(other) == pytest.approx(other.iou(one))
    assert -1e-9 <= one.iou(other) <= 1 + 1e-9
    assert one.iou(one) == pytest.approx(1)


def test_half_of_a_box_overlaps_by_half() -> None:
    assert Box(0, 0, 10, 10).iou(Box(0, 0, 10, 5)) == pytest.approx(0.5)


def test_an_unknown_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown drop reason"):
        Dropped("v", "scan", "because")
    assert all(Dropped("v", "scan", reason).reason in REASONS for reason in REASONS)


def test_variants_of_a_video_have_names_of_their_own() -> None:
    rows = [video(), video(distortion="h264", level=1), video(distortion="h264", level=2)]
    assert [row.id for row in rows] == ["v", "v:h264-1", "v:h264-2"]


def test_the_kept_stretch_is_in_presentation_time() -> None:
    assert video(start_s=5.0).keep == Span(5.0, 13.0)
    assert video(start_s=5.0, keep_start_s=6.0, keep_end_s=7.0).spans == (Span(6.0, 7.0),)
    assert video(usable_spans=(Span(1, 2),)).spans == (Span(1, 2),)


def test_a_clip_carries_all_columns_of_its_video() -> None:
    parent = video(mos=3.0, subject_id="s", distortion="jpeg", level=2)
    made = as_clip(parent, clip_id="c", scene_id="s", frames=(1, 2), ticks=(1, 2), times_s=(0.04, 0.08))
    assert (made.mos, made.subject_id, made.variant) == (3.0, "s", "jpeg-2")
    assert (made.id, made.variant_id) == ("c", parent.id)
    assert clip().having(split="train").split == "train"


def test_a_media_error_survives_the_trip_between_processes() -> None:
    error = pickle.loads(pickle.dumps(MediaError("corrupt", "bad block")))
    assert (error.reason, error.detail, str(error)) == ("corrupt", "bad block", "corrupt: bad block")


def test_an_unknown_name_gets_the_nearest_one_as_a_hint() -> None:
    assert "Did you mean 'speed'?" in str(unknown_name("stage", "sped", ["speed", "split"]))
    assert "Did you mean" not in str(unknown_name("stage", "xyz", ["speed"]))
