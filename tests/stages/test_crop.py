"""The crop is a steady square around the participant, with what is unsure cut out."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from vqaprep.detect.observations import Observations
from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.media.clock import Break
from vqaprep.media.look import Look
from vqaprep.rows import Box, Dropped, Span, Video
from vqaprep.stages.crop import Crop

_RNG = np.random.default_rng(0)
_VIDEO = Video(
    video_id="v", uri="v.mp4", sha256="0", num_bytes=1, container="mp4", codec="h264", width_px=640, height_px=360,
    rate_fps=25.0, num_frames=500, duration_s=20.0,
)  # fmt: skip


def _observations(
    centers: dict[float, tuple[float, float]],
    *,
    side_px: float = 80,
    cuts_s: tuple[float, ...] = (),
    spike_s: float = -1,
) -> Observations:
    """One face with its centre at these places at these times; one look a second."""
    times_s = np.arange(500) / 25
    motion = np.full(500, 0.5, np.float32)
    motion[np.isclose(times_s, spike_s)] = 30
    look = Look(times_s, motion, np.isin(times_s, cuts_s) * np.uint8(Break.CUT))
    faces = tuple(
        Face(t_s, round(25 * t_s), Box(x - side_px / 2, y - side_px / 2, side_px, side_px), 0.9)
        for t_s, (x, y) in centers.items()
    )
    looks = {float(t) for t in range(20)} | set(centers)
    return Observations(look, Sightings(faces, (), tuple(sorted(looks))))


def _cropped(seen: Observations, row: Video = _VIDEO, **settings: Any) -> Video:
    [out] = Crop(**{"rule": "only", **settings})(row, seen, _RNG)
    assert isinstance(out, Video), out
    return out


def _reason(seen: Observations, **settings: Any) -> str:
    [out] = Crop(**{"rule": "only", **settings})(_VIDEO, seen, _RNG)
    assert isinstance(out, Dropped), out
    return out.reason


_STILL = {float(t): (320.0, 180.0) for t in range(20)}


def test_no_track_spans_a_gap_in_time() -> None:
    """A pause of 2 s before frame 250: someone sits nearly in the same place after it, who need not be the same."""
    seen = _observations({t: (300.0 if t < 10 else 340.0, 180.0) for t in map(float, range(20))})
    assert seen.look is not None and seen.sightings is not None
    times_s = seen.look.times_s + 2.0 * (seen.look.times_s >= 10)
    breaks = (np.arange(500) == 250) * np.uint8(Break.GAP)
    faces = tuple(replace(face, t_s=face.t_s + 2 * (face.t_s >= 10)) for face in seen.sightings.faces)
    looks_s = tuple(t_s + 2 * (t_s >= 10) for t_s in seen.sightings.face_times_s)
    paused = Observations(replace(seen.look, times_s=times_s, breaks=breaks), Sightings(faces, (), looks_s))
    row = _cropped(paused, _VIDEO.having(duration_s=22.0), smooth_s=2.0)
    assert row.crop_track is not None and row.usable_spans is not None
    spans = [(span.start_s, span.end_s) for span in row.usable_spans]
    assert spans == [pytest.approx((0.0, 10.0)), pytest.approx((12.0, 22.0))]
    for point in row.crop_track:
        assert point.box.center_px[0] == pytest.approx(300 if point.t_s < 11 else 340)
        assert not 9.97 < point.t_s < 12


def test_a_still_face_gives_a_still_square_of_its_size_and_margin() -> None:
    row = _cropped(_observations(_STILL), margin=0.25)
    assert row.crop_track is not None
    for p in row.crop_track:
        assert (p.x_px, p.y_px, p.w_px, p.h_px) == pytest.approx((260, 120, 120, 120))
    assert row.usable_spans == (Span(0, 20),)
    assert (row.subject_rule, row.subject_name) == ("only", None)


def test_a_face_at_the_border_keeps_the_crop_square_and_inside() -> None:
    row = _cropped(_observations(dict.fromkeys(_STILL, (20.0, 350.0))), margin=1.0)
    assert row.crop_track is not None
    for p in row.crop_track:
        assert p.w_px == p.h_px
        assert (p.x_px, p.y_px, p.w_px) == pytest.approx((0, 120, 240))


def test_a_face_larger_than_the_picture_is_cropped_to_the_whole_height() -> None:
    row = _cropped(_observations(_STILL, side_px=300), margin=1.0)
    assert row.crop_track is not None
    assert {(p.y_px, p.h_px) for p in row.crop_track} == {(0, 360)}


def test_smoothing_takes_out_jitter_and_keeps_the_place() -> None:
    shaky = _observations({t: (320 + (8 if t % 2 else -8), 180.0) for t in _STILL})

    def jitter(smooth_s: float) -> float:
        track = _cropped(shaky, smooth_s=smooth_s).crop_track
        assert track is not None
        assert np.mean([p.x_px + p.w_px / 2 for p in track]) == pytest.approx(320, abs=1)
        return float(np.abs(np.diff([p.x_px for p in track])).mean())

    assert jitter(1.0) < 0.25 * jitter(0.0)


def test_long_holes_are_cut_out_and_short_ones_are_not() -> None:
    seen = _observations({t: c for t, c in _STILL.items() if not 5 < t < 10 and t != 15})
    assert _cropped(seen).usable_spans == (Span(0, 5.04), Span(10, 20))
    assert _cropped(seen, max_gap_s=1.5).usable_spans == (Span(0, 5.04), Span(10, 14.04), Span(16, 20))


def test_a_face_is_held_to_the_cut_that_follows_and_not_beyond() -> None:
    row = _cropped(_observations({t: c for t, c in _STILL.items() if t < 10}, cuts_s=(9.6,)))
    assert row.usable_spans == (Span(0, 9.6),)
    assert row.crop_track is not None
    assert row.crop_track[-1].t_s == pytest.approx(9.56)


def test_a_sudden_change_of_the_picture_bounds_a_track_like_a_cut() -> None:
    row = _cropped(_observations({t: c for t, c in _STILL.items() if t >= 5}, spike_s=4.2))
    assert row.usable_spans == (Span(4.2, 20),)


def test_the_kept_part_bounds_the_crop() -> None:
    row = _cropped(_observations(_STILL), _VIDEO.having(keep_start_s=4.5, keep_end_s=12.2))
    assert row.usable_spans == (Span(4.5, 12.2),)


def test_drops_say_why() -> None:
    assert _reason(_observations({})) == "no_face"
    assert _reason(_observations(_STILL), rule="none") == "subject_ambiguous"
    assert _reason(_observations(_STILL), min_face_px=100) == "face_too_small"
    assert _reason(_observations({3.0: (320.0, 180.0)})) == "too_short"
    assert _reason(_observations(_STILL), min_score=0.95) == "no_face"


def test_the_name_in_the_manifest_is_asked_for_when_no_other_is() -> None:
    seen = _observations(_STILL)
    assert seen.sightings is not None
    caption = Caption(0.0, 0, "Maria Silva", 0.9, Box(10, 330, 90, 20))
    named = Observations(seen.look, Sightings(seen.sightings.faces, (caption,), seen.sightings.face_times_s, (0.0,)))
    row = _cropped(named, _VIDEO.having(subject_name="Maria Silva"), rule="none")
    assert (row.subject_name, row.subject_rule) == ("Maria Silva", "caption")


def test_a_caption_read_before_the_kept_part_still_names_the_face() -> None:
    seen = _observations(_STILL)
    assert seen.sightings is not None
    caption = Caption(0.0, 0, "Maria Silva", 0.9, Box(10, 330, 90, 20))
    named = Observations(seen.look, Sightings(seen.sightings.faces, (caption,), seen.sightings.face_times_s, (0.0,)))
    row = _cropped(named, _VIDEO.having(keep_start_s=4.5, keep_end_s=12.2), rule="none", subject="Maria Silva")
    assert row.usable_spans == (Span(4.5, 12.2),)


def test_captions_are_left_out_only_for_a_rule() -> None:
    with pytest.raises(ValidationError, match="--rule largest"):
        Crop(ignore_captions=True)
