"""The face video is exactly the crop, and the sheet can be looked at."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vqaprep.media.probe import probe
from vqaprep.media.render_crop import Mark, box_at, contact_sheet, cut_out, render_crop
from vqaprep.rows import Box, Span, TrackPoint, Video

_WIDTH_PX, _HEIGHT_PX, _NUM_FRAMES = 96, 64, 50


@pytest.fixture
def video(tmp_path: Path) -> Video:
    """Two seconds of a horizontal ramp."""
    ramp = np.tile(np.linspace(0, 255, _WIDTH_PX, dtype=np.uint8)[None, :, None], (_HEIGHT_PX, 1, 3))
    with av.open(str(tmp_path / "ramp.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = _WIDTH_PX, _HEIGHT_PX, "yuv420p"
        for _ in range(_NUM_FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(ramp, "rgb24")))
        container.mux(stream.encode(None))
    points = TrackPoint(0.0, 0, 0, 32, 32, 0.9), TrackPoint(1.96, 49, 0, 32, 32, 0.9)
    return probe(str(tmp_path / "ramp.mp4")).having(
        crop_track=points, usable_spans=(Span(0.0, 0.4), Span(1.0, 2.0)), subject_rule="left"
    )


def test_the_crop_moves_evenly_between_points_and_stays_outside_them() -> None:
    track = TrackPoint(1.0, 10, 20, 30, 30, 0.9), TrackPoint(3.0, 20, 40, 50, 50, 0.9)
    assert box_at(track, 2.0) == Box(15, 30, 40, 40)
    assert (box_at(track, 0.0), box_at(track, 9.0)) == (track[0].box, track[1].box)


def test_a_cut_is_exact_at_scale_one_and_between_pixels() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    assert np.array_equal(cut_out(picture, Box(7, 5, 16, 16), 16), picture[5:21, 7:23])
    ramp = np.tile(np.arange(0, 240, 4, dtype=np.uint8)[None, :, None], (40, 1, 3))
    assert np.allclose(cut_out(ramp, Box(7.5, 5, 16, 16), 16)[0, :, 0], ramp[0, 7:23, 0] + 2, atol=1)


def test_the_face_video_holds_the_usable_frames_at_constant_size(video: Video, tmp_path: Path) -> None:
    assert render_crop(video, tmp_path / "out" / "face.mp4", size_px=64) == 35
    with av.open(str(tmp_path / "out" / "face.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert [frame.shape for frame in frames] == [(64, 64, 3)] * 35
    first, last = (float(frame.mean()) for frame in (frames[0], frames[-1]))
    assert first == pytest.approx(15.5 / 95 * 255, abs=4)
    assert last == pytest.approx((49 + 15.5) / 95 * 255, abs=4)
    assert not list((tmp_path / "out").glob(".*"))


def test_the_sheet_shows_chosen_green_and_rejected_red(video: Video, tmp_path: Path) -> None:
    marks = [Mark(0.0, Box(8, 8, 20, 20), "chosen"), Mark(0.0, Box(60, 8, 20, 20), "rejected")]
    contact_sheet(video, tmp_path / "sheet.png", marks, title="chosen by left", times_s=[0.0])
    bgr = cv2.imread(str(tmp_path / "sheet.png"))
    assert bgr is not None
    rgb = bgr[..., ::-1].astype(int)
    green = (rgb[..., 1] > 180) & (rgb[..., 0] < 60)
    red = (rgb[..., 0] > 180) & (rgb[..., 1] < 60)
    assert green.sum() > 50
    assert red.sum() > 50
    assert np.flatnonzero(green.any(0)).max() < np.flatnonzero(red.any(0)).min()
