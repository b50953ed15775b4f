"""The level tables are those of the source documents."""

from math import erf, sqrt
from pathlib import Path

import cv2
import numpy as np
import pytest

from vqaprep.distortions import Frames, SourceInfo, apply, get, motion_blur, names

SOURCE = SourceInfo(rate_fps=25, bits_per_pixel=None)
TABLES: dict[str, tuple[float, ...]] = {
    # source 001, the five of its 310-video set
    "gaussian_blur": (1, 2, 3),
    "contrast": (0.8, 1.2, 1.6),
    "h264": (2 / 3, 1 / 2, 1 / 4),
    "motion_blur": (9, 17, 25),
    "gaussian_noise": (5.1, 10.2, 15.3),
    # source 002, four types by three levels
    "mpeg2": (1, 20, 30),
    "h264_crf": (5, 35, 50),
    "pyramid": (4, 8, 16),
    "frame_interpolation": (2, 3, 4),
    # ARNIQA's levels of KADID-10k
    "contrast_linear": (0, 0.15, -0.4, 0.3, -0.6),
    "jpeg": (43, 36, 24, 7, 4),
    "color_shift": (1, 3, 6, 8, 12),
    "brightness": (0.1, 0.2, 0.4, 0.7, 1.1, -0.05, -0.1, -0.2, -0.4, -0.8),
    # KADID-10k's others: ARNIQA's levels, or ours where its citation says so
    "color_block": (2, 4, 6, 8, 10),
    "color_desaturation": (0.8, 0.65, 0.5, 0.35, 0.2),
    "color_diffusion": (1.5, 2.5, 4, 7, 13),
    "color_quantization": (10, 8, 6, 4, 3),
    "color_saturation": (1.5, 2, 3, 4.5, 7),
    "denoise": (4, 8, 14, 22, 32),
    "impulse_noise": (0.001, 0.005, 0.01, 0.02, 0.03),
    "jitter": (0.4, 0.7, 1, 1.5, 2.5),
    "jpeg2000": (16, 32, 45, 120, 170),
    "lens_blur": (1, 2, 3, 4, 5),
    "mean_shift": (20, 38, 55, 75, 100),
    "multiplicative_noise": (0.0316, 0.0707, 0.1, 0.141, 0.224),
    "patch_shift": (20, 40, 80, 160, 320),
    "pixelate": (2, 3, 4, 6, 8),
    "quantization": (20, 14, 10, 7, 5),
    "sharpen": (0.3, 0.6, 1, 1.6, 2.5),
    "white_noise": (8.06, 11.4, 14.0, 18.0, 25.5),
    "ycbcr_noise": (2.55, 5.7, 8.06, 11.4, 14.0),
    # ours, and the loss rates of LIVE VQA
    "low_frame_rate": (2, 3, 5, 8),
    "vp9": (36, 48, 58, 63),
    "av1": (36, 48, 58, 63),
    "hevc": (28, 36, 44),
    "packet_loss": (0.03, 0.05, 0.1, 0.2),
    "frame_freeze": (0.1, 0.3, 0.6),
    "flicker": (4, 8, 16),
    "camera_shake": (0.25, 0.5, 1),
}


def flat(value: int, num_frames: int = 1, size_px: int = 64) -> Frames:
    return np.full((num_frames, size_px, size_px, 3), value, np.uint8)


def damaged(frames: Frames, name: str, level: int) -> Frames:
    return apply(frames, name, level, np.random.default_rng(5), SOURCE)


def test_every_distortion_has_a_table_here() -> None:
    assert set(names()) == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_levels_are_those_of_the_table(name: str) -> None:
    assert get(name).strengths == TABLES[name]


@pytest.mark.parametrize("name", TABLES)
def test_the_page_of_distortions_says_what_each_is(name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "distortions.md").read_text(encoding="utf-8")
    known = get(name)
    levels = ", ".join(f"{strength:.3g}" for strength in known.strengths)
    lead_in = str(known.lead_in_frames) if known.is_temporal else "-"
    cells = (f"`{name}`", known.summary, known.unit, levels, lead_in, str(known.margin_px), known.citation)
    assert f"| {' | '.join(cells)} |" in page.splitlines()


@pytest.mark.parametrize(("level", "sigma_px"), [(1, 1), (2, 2), (3, 3)])
def test_gaussian_blur_spreads_a_point_by_its_truncated_kernel(level: int, sigma_px: int) -> None:
    frames = flat(0)
    frames[0, 32, 32] = 255
    offsets = np.arange(-sigma_px, sigma_px + 1)
    kernel = np.exp(-(offsets**2) / (2 * sigma_px**2))
    kernel /= kernel.sum()
    expected = 255 * np.outer(kernel, kernel)
    around = damaged(frames, "gaussian_blur", level)[0, ..., 0]
    around = around[32 - sigma_px : 33 + sigma_px, 32 - sigma_px : 33 + sigma_px]
    assert np.abs(around - expected).max() <= 1.5  # OpenCV filters 8-bit pictures in fixed point


@pytest.mark.parametrize(("level", "length_px"), [(1, 9), (2, 17), (3, 25)])
def test_motion_blur_spreads_a_point_along_a_line_of_its_length(level: int, length_px: int) -> None:
    frames = flat(0)
    frames[0, 32, 32] = 255
    rows, columns = np.nonzero(damaged(frames, "motion_blur", level)[0, ..., 0])
    assert abs(np.hypot(np.ptp(rows), np.ptp(columns)) + 1 - length_px) <= 2


@pytest.mark.parametrize(("level", "gamma"), [(1, 0.8), (2, 1.2), (3, 1.6)])
def test_contrast_is_the_gamma_curve(level: int, gamma: float) -> None:
    for value in (0, 40, 128, 255):
        assert damaged(flat(value), "contrast", level)[0, 0, 0, 0] == round(255 * (value / 255) ** gamma)


def test_linear_contrast_moves_its_knots_and_keeps_black_grey_and_white() -> None:
    strengths = np.array(TABLES["contrast_linear"])
    seen = {
        value: [int(damaged(flat(value), "contrast_linear", level)[0, 0, 0, 0]) for level in range(1, 6)]
        for value in (0, 76, 255)
    }
    assert seen[0] == [0] * 5
    assert seen[255] == [255] * 5
    assert np.abs(np.array(seen[76]) - 255 * (0.25 - strengths / 4)).max() < 1.5


def test_brightness_moves_mid_grey_by_half_its_amount() -> None:
    for level, amount in enumerate(TABLES["brightness"], start=1):
        moved = int(damaged(flat(128), "brightness", level)[0, 0, 0, 0])
        assert abs(moved - min(255, 128 + 255 * amount / 2)) <= 1


@pytest.mark.parametrize("level", [1, 2, 3])
def test_noise_is_normal_with_the_given_sigma_alike_in_every_channel(level: int) -> None:
    sigma = TABLES["gaussian_noise"][level - 1]
    noise = damaged(flat(128, 4, 256), "gaussian_noise", level).astype(float) - 128
    assert (noise == noise[..., :1]).all()
    assert abs(noise.mean()) < 0.1
    assert noise.std() == pytest.approx(sqrt(sigma**2 + 1 / 12), rel=0.01)  # rounding adds 1/12
    for limit in (0.5, 1, 2, 3):
        share = (np.abs(noise) < round(limit * sigma) + 0.5).mean()
        assert share == pytest.approx(erf((round(limit * sigma) + 0.5) / (sigma * sqrt(2))), abs=0.005)
    assert abs(np.corrcoef(noise[0, ..., 0].ravel(), noise[1, ..., 0].ravel())[0, 1]) < 0.02


def test_flicker_moves_grey_within_its_amplitude_and_keeps_it_grey() -> None:
    for level, amplitude in enumerate(TABLES["flicker"], start=1):
        offsets = damaged(flat(128, 50), "flicker", level).astype(int) - 128
        assert (offsets == offsets[:, :1, :1, :1]).all()
        assert abs(offsets).max() == pytest.approx(amplitude, rel=0.15)


def test_a_frozen_frame_is_the_last_one_that_came() -> None:
    frames = np.concatenate([flat(value) for value in range(200)])
    for level, probability in enumerate(TABLES["frame_freeze"], start=1):
        shown = damaged(frames, "frame_freeze", level)[:, 0, 0, 0].astype(int)
        came = shown == np.arange(200)
        assert (shown == np.maximum.accumulate(np.where(came, np.arange(200), 0))).all()
        assert came.mean() == pytest.approx(1 - probability, abs=0.1)


def test_camera_shake_only_moves_pixels_in_steps_of_its_sigma() -> None:
    column = np.arange(64, dtype=np.uint8)
    frames = np.broadcast_to(column[:, None, None], (400, 64, 64, 3)).copy()
    for level, sigma_px in enumerate(TABLES["camera_shake"], start=1):
        shaken = damaged(frames, "camera_shake", level)
        np.testing.assert_array_equal(shaken[0], frames[0])
        first_steps = []
        for seed in range(200):
            two = apply(frames[:2], "camera_shake", level, np.random.default_rng(seed), SOURCE)
            first_steps.append(32 - int(two[1, 32, 32, 0]))
        rounded_px = np.rint(np.random.default_rng(0).normal(0, sigma_px, 100_000))
        assert np.std(first_steps) == pytest.approx(rounded_px.std(), rel=0.2)


def test_color_shift_moves_green_alone_and_only_near_edges() -> None:
    frames = flat(60, 1, 128)
    frames[:, :, 64:] = 180
    shifted = damaged(frames, "color_shift", 5)
    np.testing.assert_array_equal(shifted[..., [0, 2]], frames[..., [0, 2]])
    changed = (shifted[..., 1] != frames[..., 1]).any(axis=(0, 1))
    assert changed.any()
    assert not changed[:40].any()
    assert not changed[90:].any()


def test_interpolation_keeps_every_nth_frame_counted_from_the_last_but_one() -> None:
    frames = np.concatenate([flat(40 + 12 * step) for step in range(12)])
    for level, step in enumerate(TABLES["frame_interpolation"], start=1):
        shown = damaged(frames, "frame_interpolation", level)
        kept = list(range(10, -1, -int(step)))
        assert np.abs(shown[kept].astype(int) - frames[kept]).max() <= 2
        first = min(kept)
        assert np.abs(shown[:first].astype(int) - frames[first]).max(initial=0) <= 2
        assert np.abs(shown[11].astype(int) - frames[10]).max() <= 2


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("shape", [(61, 83, 3), (7, 5, 3)])
def test_motion_blur_is_opencv_s_filter_to_a_rounding(level: int, shape: tuple[int, int, int]) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (1, *shape), np.uint8)
    kernel = motion_blur._line(int(TABLES["motion_blur"][level - 1]), np.random.default_rng(5).uniform(0, 180))
    expected = cv2.filter2D(frames[0], -1, kernel)
    assert np.abs(damaged(frames, "motion_blur", level)[0].astype(int) - expected).max() <= 1
