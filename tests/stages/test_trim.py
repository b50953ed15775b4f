"""Trim keeps the interview itself, exact in presentation time."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from vqaprep.detect.observations import Observations
from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.media.clock import Break, Clock
from vqaprep.media.look import Look
from vqaprep.rows import Box, Dropped, Video
from vqaprep.stages.trim import Trim

_RNG = np.random.default_rng(0)


def _video(duration_s: float = 600.0, start_s: float = 0.0) -> Video:
    return Video(
        video_id="v", uri="v.mp4", sha256="0", num_bytes=1, container="mp4", codec="h264", width_px=640, height_px=360,
        rate_fps=25.0, num_frames=round(25 * duration_s), duration_s=duration_s, start_s=start_s,
    )  # fmt: skip


def _trimmed(trim: Trim, video: Video, seen: Observations | None = None) -> Video:
    [row] = trim(video, seen or Observations(), _RNG)
    assert isinstance(row, Video), row
    return row


def _kept(row: Video) -> tuple[float, float]:
    return row.keep.start_s, row.keep.end_s


def _reason(trim: Trim, video: Video, seen: Observations | None = None) -> str:
    [row] = trim(video, seen or Observations(), _RNG)
    assert isinstance(row, Dropped), row
    return row.reason


def _present(*stretches_s: tuple[float, float]) -> Observations:
    """A face once a second in each of the stretches."""
    times = [t_s for start_s, end_s in stretches_s for t_s in np.arange(start_s, end_s + 1e-9, 1.0)]
    faces = tuple(Face(float(t_s), round(25 * t_s), Box(100, 100, 50, 60), 0.9) for t_s in times)
    look = Look(np.arange(1500) / 25, np.zeros(1500, np.float32), np.zeros(1500, np.uint8))
    return Observations(look, Sightings(faces, (), tuple(float(t) for t in range(60))))


def test_head_and_tail_are_left_out_in_presentation_time() -> None:
    row = _trimmed(Trim(head_s=1.4, tail_s=2.0), _video(10.0, start_s=1.4))
    assert _kept(row) == pytest.approx((2.8, 9.4))


def test_the_preset_is_what_the_study_cut_and_can_be_changed() -> None:
    assert (Trim(preset="iconect").head_s, Trim(preset="iconect").tail_s) == (180, 150)
    assert (Trim(preset="iconect", head_s=60).head_s, Trim(preset="iconect", head_s=60).tail_s) == (60, 150)


def test_a_video_shorter_than_head_and_tail_is_dropped() -> None:
    assert _reason(Trim(preset="iconect"), _video(330.0)) == "span_excluded"
    assert _reason(Trim(head_s=5, tail_s=4.5, min_s=1), _video(10.0)) == "too_short"


def test_auto_keeps_from_the_first_to_the_last_steady_presence() -> None:
    row = _trimmed(Trim(auto=True), _video(60.0), _present((2, 2), (10, 20), (35, 50), (57, 58)))
    assert _kept(row) == pytest.approx((10, 50.04))


def test_auto_ends_where_the_picture_changes_after_the_last_look() -> None:
    seen = _present((10, 20), (35, 50))
    assert seen.look is not None
    breaks = np.isin(np.arange(1500), (240, 1265)) * np.uint8(Break.CUT)
    row = _trimmed(Trim(auto=True), _video(60.0), replace(seen, look=replace(seen.look, breaks=breaks)))
    assert _kept(row) == pytest.approx((9.6, 50.6))


def test_auto_goes_on_over_the_short_holes_of_a_variable_rate() -> None:
    """A third of the frames of a call is lost, once five in a row: nobody changes places unseen in so short a time."""
    seen = _present((4, 12))
    assert seen.look is not None
    times_s = np.delete(seen.look.times_s, [n for n in range(1500) if n % 3 == 1 or 120 < n < 126])
    clock = Clock(0.0, 25.0, is_vfr=True)
    breaks = np.array([clock.see(t_s)[1] for t_s in times_s.tolist()], np.uint8)
    look = Look(times_s, np.zeros(len(times_s), np.float32), breaks)
    row = _trimmed(Trim(auto=True), _video(60.0), replace(seen, look=look))
    assert np.count_nonzero(breaks) == 1 and _kept(row) == pytest.approx((4, 12.04))


def test_auto_without_a_steady_face_is_dropped() -> None:
    assert _reason(Trim(auto=True), _video(60.0), _present((2, 3), (30, 31))) == "no_face"


def test_auto_looks_only_between_head_and_tail() -> None:
    row = _trimmed(Trim(auto=True, head_s=15, tail_s=15), _video(60.0), _present((0, 59)))
    assert _kept(row) == pytest.approx((15, 45))


def test_auto_follows_the_participant_where_one_is_named() -> None:
    anyone = _present((5, 15), (30, 50))
    assert anyone.sightings is not None
    caption = Caption(35.0, 875, "Maria Silva", 0.9, Box(10, 330, 90, 20))
    named = Observations(anyone.look, replace(anyone.sightings, captions=(caption,), caption_times_s=(35.0,)))
    row = _trimmed(Trim(auto=True, subject="Maria Silva"), _video(60.0), named)
    assert _kept(row) == pytest.approx((30, 50.04))
    assert _reason(Trim(auto=True, subject="Li Wei"), _video(60.0), named) == "subject_ambiguous"


def test_only_auto_needs_to_see_faces() -> None:
    assert (Trim().needs(), Trim(auto=True).needs()) == ("nothing", "faces")


def test_names_that_nothing_would_use_are_refused() -> None:
    with pytest.raises(ValidationError, match="--subject is used with --auto only"):
        Trim(head_s=1, subject="Jane Miller")
