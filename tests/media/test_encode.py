"""Frames that went through a codec come back in number, order, size and colour."""

from itertools import product

import numpy as np
import pytest

from vqaprep.errors import MediaError
from vqaprep.media.encode import Codec, Frames, coded_size_px, encode, rgb_of, round_trip, yuv_of

FINE: dict[Codec, dict[str, str]] = {
    "libx264": {"crf": "5"},
    "libx265": {"crf": "5", "x265-params": "log-level=none:pools=none:frame-threads=1:ctu=32"},
    "mpeg2video": {"qmin": "2", "qmax": "2"},
}
CODECS: list[Codec] = list(FINE)


def numbered_frames(num_frames: int, height_px: int, width_px: int) -> Frames:
    """Return frames with a bright square whose place tells the frame's number."""
    frames = np.full((num_frames, height_px, width_px, 3), 60, np.uint8)
    for number, frame in enumerate(frames):
        frame[16:48, 4 * number : 4 * number + 32] = (200, 180, 90)
    return frames


def fine(frames: Frames, codec: Codec) -> Frames:
    return round_trip(frames, codec=codec, options=FINE[codec], rate_fps=25)


@pytest.mark.parametrize("codec", CODECS)
def test_frames_come_back_in_order_though_b_frames_reorder_them(codec: Codec) -> None:
    frames = numbered_frames(20, 64, 128)
    left = fine(frames, codec)[:, 32, :, 0].astype(int).clip(0, 255) > 130
    np.testing.assert_array_equal(left.argmax(axis=1), 4 * np.arange(20))


def test_the_reordering_is_put_to_the_test() -> None:
    packets = encode(numbered_frames(20, 64, 128), codec="libx264", options=FINE["libx264"], rate_fps=25)
    shown_at = [packet.pts for packet in packets]
    assert shown_at != sorted(shown_at)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("shape", [(3, 65, 97), (1, 64, 64), (2, 1, 1), (5, 30, 131)])
def test_any_size_and_any_number_of_frames_come_back(codec: Codec, shape: tuple[int, int, int]) -> None:
    frames = np.random.default_rng(0).integers(100, 140, (*shape, 3), np.uint8)
    after = fine(frames, codec)
    assert after.shape == frames.shape
    assert after.dtype == np.uint8
    assert np.abs(after.astype(int) - frames).mean() < 12


@pytest.mark.parametrize("codec", CODECS)
def test_flat_colours_come_back_within_rounding(codec: Codec) -> None:
    colours = np.array(list(product((0, 96, 160, 255), repeat=3)), np.uint8)
    frames = np.broadcast_to(colours[:, None, None], (64, 64, 64, 3))
    assert np.abs(fine(frames, codec).astype(int) - frames).max() <= 6


def test_the_colour_conversion_alone_is_without_bias() -> None:
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (200, 1, 1, 3), np.uint8)
    frames = np.broadcast_to(colours, (200, 64, 64, 3))
    error = rgb_of(list(yuv_of(frames)), frames.shape).astype(int) - frames
    assert np.abs(error).max() <= 3
    assert np.abs(error.mean(axis=(0, 1, 2))).max() < 0.3


def test_luma_is_bt709_in_limited_range() -> None:
    primaries = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]], np.uint8)
    frames = np.broadcast_to(primaries[:, None, None], (5, 64, 64, 3))
    luma = [int(picture.to_ndarray()[32, 32]) for picture in yuv_of(frames)]
    weights = np.array([0.2126, 0.7152, 0.0722])
    expected = [16 + 219 * float(weights @ colour) / 255 for colour in primaries]
    np.testing.assert_allclose(luma, expected, atol=1)


@pytest.mark.parametrize("codec", CODECS)
def test_the_same_frames_give_the_same_bytes(codec: Codec) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (6, 64, 96, 3), np.uint8)
    np.testing.assert_array_equal(fine(frames, codec), fine(frames, codec))


def test_a_coarser_setting_costs_quality() -> None:
    gray = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 1), np.uint8)
    frames = np.repeat(gray, 3, axis=3)
    error = []
    for crf in ("5", "30", "50"):
        after = round_trip(frames, codec="libx264", options={"crf": crf}, rate_fps=29.97)
        error.append(np.abs(after.astype(int) - frames).mean())
    assert error == sorted(error)
    assert error[0] < error[2] / 2


def test_a_setting_that_the_codec_refuses_is_told_in_its_own_words() -> None:
    with pytest.raises(MediaError, match="mpeg2video"):
        round_trip(numbered_frames(1, 64, 64), codec="mpeg2video", options={}, rate_fps=7.3)


def test_coded_sizes_are_even_and_hold_a_block() -> None:
    assert [coded_size_px(size) for size in (1, 63, 64, 65, 400)] == [64, 64, 64, 66, 400]


@pytest.mark.parametrize("rate_fps", [1e-6, 1e-3, 0.5, 24000 / 1001, 25.0, 1e6])
@pytest.mark.parametrize("codec", CODECS[:2])
def test_any_frame_rate_can_be_coded(codec: Codec, rate_fps: float) -> None:
    frames = numbered_frames(4, 64, 64)
    assert round_trip(frames, codec=codec, options=FINE[codec], rate_fps=rate_fps).shape == frames.shape


def test_a_size_that_the_codec_refuses_is_a_reason() -> None:
    with pytest.raises(MediaError, match="unsupported: mpeg2video"):
        fine(np.zeros((2, 2, 16384, 3), np.uint8), "mpeg2video")
