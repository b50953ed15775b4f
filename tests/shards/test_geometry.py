"""Where pixels come from."""

import numpy as np
import pytest

from tests.shards.conftest import clips_of
from tests.shards.test_plan import video
from vqaprep.rows import TrackPoint
from vqaprep.shards.geometry import (
    Region,
    finish,
    fragment_origins,
    fragment_places,
    fragments,
    region_of,
    stored_shape,
)
from vqaprep.shards.settings import ShardSettings, Spatial

RNG = np.random.default_rng(0)


def places_as_pixels(height: int, width: int) -> np.ndarray:
    """Return frames (2, H, W, 3) whose pixels spell their own coordinates: (y % 256, x % 256, y//256*16 + x//256)."""
    y, x = np.mgrid[:height, :width]
    return np.stack([np.stack([y % 256, x % 256, y // 256 * 16 + x // 256], axis=-1).astype(np.uint8)] * 2)


@pytest.mark.parametrize(
    ("length", "origins"),
    [
        (1080, [0, 154, 308, 462, 616, 770, 924]),
        (1920, [0, 274, 548, 822, 1096, 1370, 1644]),
        (720, [0, 102, 204, 306, 408, 510, 612]),
        (1280, [0, 182, 364, 546, 728, 910, 1092]),
        (224, [0, 32, 64, 96, 128, 160, 192]),
    ],
)
def test_fragment_cells_begin_where_the_source_says(length: int, origins: list[int]) -> None:
    assert fragment_origins(length).tolist() == origins


def test_fragments_never_leave_their_cell() -> None:
    for seed in range(50):
        rows, columns = fragment_places(720, 1280, np.random.default_rng(seed))
        room = rows - fragment_origins(720)[:, None], columns - fragment_origins(1280)[None, :]
        assert all((part >= 0).all() for part in room)
        assert room[0].max() <= 720 // 7 - 32 - 1
        assert room[1].max() <= 1280 // 7 - 32 - 1


def test_fragments_are_source_pixels_at_the_drawn_places() -> None:
    frames = places_as_pixels(360, 640)
    out = fragments(frames, np.random.default_rng(3))
    rows, columns = fragment_places(360, 640, np.random.default_rng(3))
    assert out.shape == (2, 224, 224, 3)
    for i, j in np.ndindex(7, 7):
        corner = frames[:, rows[i, j], columns[i, j]]
        assert (out[:, 32 * i, 32 * j] == corner).all()


def test_small_pictures_are_upsampled_before_the_grid_is_laid() -> None:
    frames = np.zeros((1, 180, 320, 3), np.uint8)
    frames[:, :, -60:] = 255
    out = fragments(frames, RNG)
    assert out.shape == (1, 224, 224, 3)
    assert out[0, :, -32:].min() == 255, "the right edge of the source is never reached"


def test_face_squares_follow_the_track_at_one_size() -> None:
    track = (TrackPoint(0.0, 2, 10, 20, 24, 1.0), TrackPoint(1.0, 52, 10, 30, 30, 1.0))
    clip = clips_of(video(0), num_frames=26, crop_track=track)[0]
    boxes = np.asarray(region_of(clip, "face").boxes)
    sides = boxes[:, 2:] - boxes[:, :2]
    assert (sides == 30).all()
    assert boxes[0, 0] == 0 and boxes[-1, 0] == 52, "the first square would leave the picture and is pushed back"
    assert (np.diff(boxes[:, 0]) >= 0).all()


@pytest.mark.parametrize(("distortion", "margin_px"), [("none", 0), ("h264", 16), ("pyramid", 48)])
def test_window_holds_all_boxes_with_the_ring_that_the_distortion_needs(distortion: str, margin_px: int) -> None:
    wide = video(0, width_px=640, height_px=480)
    track = (TrackPoint(0.0, 208, 208, 64, 64, 1.0), TrackPoint(1.0, 240, 208, 64, 64, 1.0))
    variants = [(distortion, 0 if distortion == "none" else 1)]
    region = region_of(clips_of(wide, num_frames=26, crop_track=track, variants=variants)[0], "face")
    assert region.window == (208 - margin_px, 208 - margin_px, 304 + margin_px, 272 + margin_px)


def test_window_stays_in_the_picture() -> None:
    track = (TrackPoint(0.0, -10, -10, 200, 200, 1.0),)
    region = region_of(clips_of(video(0), crop_track=track, variants=[("pyramid", 1)])[0], "face")
    assert region.window == (0, 0, 96, 64)
    assert region.boxes == ((32, 0, 96, 64),) * 4


@pytest.mark.parametrize("spatial", ["face", "center", "resize", "native", "fragments"])
def test_stored_shape_is_what_comes_out(spatial: Spatial) -> None:
    clip = clips_of(video(0), crop_track=(TrackPoint(0.0, 30, 10, 33, 33, 1.0),))[0]
    settings = ShardSettings(spatial=spatial, size_px=48)
    region = region_of(clip, spatial)
    left, top, right, bottom = region.window
    out = finish(np.zeros((4, bottom - top, right - left, 3), np.uint8), region, settings, rng=RNG)
    assert out.shape == stored_shape(clip, settings)
    assert out.dtype == np.uint8


def test_native_is_untouched() -> None:
    frames = places_as_pixels(64, 96)
    out = finish(frames, Region((0, 0, 96, 64), None), ShardSettings(spatial="native"), rng=RNG)
    assert np.array_equal(out, frames)


def test_boxes_are_cut_where_they_lie_in_the_picture() -> None:
    frames = places_as_pixels(64, 96)
    region = Region((16, 0, 96, 64), ((30, 8, 62, 40), (32, 8, 64, 40)))
    out = finish(frames[:, :, 16:], region, ShardSettings(spatial="face", size_px=32), rng=RNG)
    assert np.array_equal(out[0], frames[0, 8:40, 30:62])
    assert np.array_equal(out[1], frames[1, 8:40, 32:64])


def test_resize_keeps_the_aspect_with_the_short_side_given() -> None:
    wide = video(0, width_px=320, height_px=240)
    assert stored_shape(clips_of(wide)[0], ShardSettings(spatial="resize", size_px=128)) == (4, 128, 171, 3)
