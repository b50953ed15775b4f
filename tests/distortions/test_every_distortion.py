"""Every distortion keeps the contract: one file more, and it is tested here by its name."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from vqaprep.distortions import PRESETS, Frames, SourceInfo, apply, get, names
from vqaprep.errors import InputError

SOURCE = SourceInfo(rate_fps=25, bits_per_pixel=0.5)
# Their noise is drawn frame after frame and for as many pixels as there are.
NOISE = ("gaussian_noise", "white_noise", "ycbcr_noise", "impulse_noise", "multiplicative_noise", "denoise")
FRAME_BY_FRAME = [name for name in names() if not get(name).is_temporal]
SEED = 7


def moving_picture(num_frames: int = 20, height_px: int = 96, width_px: int = 112) -> Frames:
    """Return a picture with detail at every scale that pans by 3 px a frame behind a fixed disc."""
    rng = np.random.default_rng(1)
    size = (height_px, width_px + 3 * num_frames, 3)
    octaves = [sigma * cv2.GaussianBlur(rng.normal(size=size), (0, 0), sigma) for sigma in (1, 2, 4, 8, 16)]
    scene = np.clip(128 + 60 * sum(octaves) / np.std(sum(octaves)), 0, 255).astype(np.uint8)
    frames = np.stack([scene[:, 3 * t : 3 * t + width_px] for t in range(num_frames)])
    for frame in frames:
        cv2.circle(frame, (width_px // 2, height_px // 2), height_px // 5, (200, 120, 60), -1)
    return frames


def damaged(frames: Frames, name: str, level: int, seed: int = SEED) -> Frames:
    return apply(frames, name, level, np.random.default_rng(seed), SOURCE)


def psnr_db(one: Frames, other: Frames) -> float:
    return float(cv2.PSNR(one.reshape(-1, 1), other.reshape(-1, 1)))


@pytest.mark.parametrize("name", names())
def test_shape_and_dtype_are_kept_and_the_input_is_not_touched(name: str) -> None:
    frames = moving_picture()
    before = frames.copy()
    frames.setflags(write=False)
    for level in (1, len(get(name).strengths)):
        after = damaged(frames, name, level)
        assert after.shape == frames.shape
        assert after.dtype == np.uint8
        assert not np.shares_memory(after, frames)
        np.testing.assert_array_equal(frames, before)


@pytest.mark.parametrize("name", names())
def test_level_zero_is_identity(name: str) -> None:
    frames = moving_picture(2)
    assert damaged(frames, name, 0) is frames


def test_none_is_identity_at_any_level() -> None:
    frames = moving_picture(2)
    assert damaged(frames, "none", 3) is frames


@pytest.mark.parametrize("name", names())
def test_damage_grows_with_level(name: str) -> None:
    frames = moving_picture()
    levels = range(1, 1 + len(get(name).strengths))
    quality_db = {level: psnr_db(frames, damaged(frames, name, level)) for level in levels}
    for order in get(name).ladders:
        values = [quality_db[level] for level in order]
        assert all(better > worse for better, worse in pairwise(values)), quality_db
        assert values[-1] < 40, quality_db


@pytest.mark.parametrize("interval", [1, 2, 3])
@pytest.mark.parametrize("name", names())
def test_every_level_changes_the_clip_at_every_interval_of_its_frames(name: str, interval: int) -> None:
    """At interval 2, level 1 of a divided frame rate must not show the frames alone that are kept."""
    frames = moving_picture(get(name).lead_in_frames + 15 * interval + 1, 48, 56)
    clip = np.arange(len(frames))[::-interval][:16]
    for level in range(1, 1 + len(get(name).strengths)):
        after = damaged(frames, name, level)
        assert psnr_db(frames[clip], after[clip]) < 42, level  # a trip through 4:2:0 alone leaves 45
        if name in ("frame_interpolation", "low_frame_rate"):
            changed = [psnr_db(frames[at], after[at]) < 42 for at in clip]
            assert np.mean(changed) >= 0.5, level


def test_no_clip_of_16_frames_is_called_frozen_and_is_not() -> None:
    frames = moving_picture(24, 16, 16)
    for seed in range(60):
        assert (damaged(frames, "frame_freeze", 1, seed)[-16:] != frames[-16:]).any(), seed


@pytest.mark.parametrize("name", names())
def test_the_same_draw_gives_the_same_bytes_on_any_number_of_threads(name: str) -> None:
    frames = moving_picture(8)
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        once = damaged(frames, name, 2)
        cv2.setNumThreads(4)
        again = damaged(frames, name, 2)
    finally:
        cv2.setNumThreads(threads)
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize(
    "name",
    [*NOISE, "motion_blur", "camera_shake", "packet_loss", "frame_freeze", "jitter", "patch_shift", "color_block"],
)
def test_another_draw_gives_other_bytes(name: str) -> None:
    frames = moving_picture()
    assert (damaged(frames, name, 3, seed=1) != damaged(frames, name, 3, seed=2)).any()


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("shape", [(3, 37, 51, 3), (1, 64, 48, 3), (2, 1, 1, 3), (1, 2, 5, 3), (0, 16, 16, 3)])
def test_odd_tiny_single_and_no_frames_work(name: str, shape: tuple[int, ...]) -> None:
    frames = np.random.default_rng(3).integers(0, 256, shape, np.uint8)
    for level in range(1, 1 + len(get(name).strengths)):
        assert damaged(frames, name, level).shape == shape


@pytest.mark.parametrize("name", names())
def test_a_strided_view_is_damaged_like_its_copy(name: str) -> None:
    view = moving_picture(8)[::2, ::-1, 1::2]
    np.testing.assert_array_equal(damaged(view, name, 1), damaged(view.copy(), name, 1))


@pytest.mark.parametrize("name", FRAME_BY_FRAME)
def test_a_frame_is_damaged_alike_whatever_comes_with_it(name: str) -> None:
    frames = moving_picture(6)
    kept = slice(0, 3) if name in NOISE else slice(1, 6, 2)  # of noise only the first frames can be the same
    np.testing.assert_array_equal(damaged(frames[kept], name, 2), damaged(frames, name, 2)[kept])


# Codecs and motion search choose blocks by all they see, draws are made for as many pixels as there are or for the
# whole picture, a camera may walk off without end, colour shift measures the edges of the whole picture, and
# blocks are counted from its corner.
CODECS = ("h264", "h264_crf", "hevc", "vp9", "av1", "mpeg2", "packet_loss", "frame_interpolation", "jpeg2000")
WHOLE = (*CODECS, *NOISE, "camera_shake", "color_shift", "jitter", "patch_shift", "color_block", "pixelate")
LOCAL = [name for name in names() if name not in WHOLE]


@pytest.mark.parametrize("name", LOCAL)
def test_the_border_of_a_window_does_not_show_in_a_box_with_the_margin_around(name: str) -> None:
    frames, at = moving_picture(24, 352, 416), 128
    margin = get(name).margin_px
    window = frames[:, at - margin : at + 96 + margin, at - margin : at + 96 + margin]
    for level in range(1, 1 + len(get(name).strengths)):
        whole = damaged(frames, name, level)[:, at : at + 96, at : at + 96]
        box = damaged(window, name, level)[:, margin : margin + 96, margin : margin + 96]
        np.testing.assert_array_equal(box, whole)


@pytest.mark.parametrize("name", names())
def test_every_distortion_says_what_it_is(name: str) -> None:
    found = get(name)
    assert found.name == name
    assert found.summary.endswith(".")
    assert found.unit
    assert found.citation
    assert found.is_temporal or found.lead_in_frames == 0


def test_presets_name_known_distortions_in_label_order() -> None:
    assert PRESETS["vqa5"] == ("gaussian_blur", "contrast", "h264", "motion_blur", "gaussian_noise")
    assert PRESETS["ssl12"] == ("mpeg2", "h264_crf", "pyramid", "frame_interpolation")
    assert len(PRESETS["kadid"]) == 24  # of 25 kinds, as brightness is brighten and darken
    assert PRESETS["all"] == names()
    assert {name for preset in PRESETS.values() for name in preset} <= set(names())


def test_a_chain_applies_its_parts_in_order() -> None:
    frames = moving_picture(4)
    rng = np.random.default_rng(SEED)
    noisy = apply(frames, "gaussian_noise", 2, rng, SOURCE)
    np.testing.assert_array_equal(damaged(frames, "gaussian_noise+jpeg", 2), apply(noisy, "jpeg", 2, rng, SOURCE))
    assert (damaged(frames, "gaussian_noise+jpeg", 2) != damaged(frames, "jpeg+gaussian_noise", 2)).any()


def test_a_chain_asks_for_the_frames_that_its_parts_need() -> None:
    chain = get("gaussian_blur+h264")
    assert chain.name == "gaussian_blur+h264"
    assert chain.strengths == ((1, 2 / 3), (2, 1 / 2), (3, 1 / 4))
    assert chain.is_temporal
    assert chain.lead_in_frames == get("h264").lead_in_frames
    assert chain.margin_px == sum(part.margin_px for part in map(get, chain.name.split("+")))


def test_an_unknown_name_is_told_the_nearest_one() -> None:
    with pytest.raises(InputError, match="gaussian_blur"):
        get("gausian_blur")
    with pytest.raises(InputError, match="unknown distortion 'nothing'"):
        get("jpeg+nothing")


@pytest.mark.parametrize("level", [-1, 4])
def test_a_level_that_does_not_exist_is_refused(level: int) -> None:
    with pytest.raises(InputError, match="levels are 0 to 3"):
        damaged(moving_picture(2), "gaussian_blur", level)


@pytest.mark.parametrize("rate_fps", [1e-6, 1e6])
@pytest.mark.parametrize("name", names())
def test_any_frame_rate_will_do(name: str, rate_fps: float) -> None:
    frames = np.zeros((9, 64, 80, 3), np.uint8)
    damaged = apply(frames, name, 1, np.random.default_rng(0), SourceInfo(rate_fps, bits_per_pixel=0.5))
    assert damaged.shape == frames.shape


@pytest.mark.parametrize("size_px", [(1, 1), (2, 2), (3, 5), (12, 12), (4, 640), (1000, 2)])
@pytest.mark.parametrize("name", names())
def test_any_size_will_do(name: str, size_px: tuple[int, int]) -> None:
    frames = np.full((5, *size_px, 3), 90, np.uint8)
    assert apply(frames, name, 1, np.random.default_rng(0), SOURCE).shape == frames.shape
