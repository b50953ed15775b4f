"""The kinds of KADID-10k do to a picture what their sentence says."""

import cv2
import numpy as np
import pytest

from vqaprep.distortions import Frames, SourceInfo, apply, get

GRAY = np.full((2, 128, 128, 3), 120, np.uint8)


def damaged(frames: Frames, name: str, level: int) -> Frames:
    return apply(frames, name, level, np.random.default_rng(5), SourceInfo(rate_fps=25, bits_per_pixel=None))


def ramp() -> Frames:
    """Return one picture of all gray levels, from left to right."""
    return np.repeat(np.repeat(np.arange(256, dtype=np.uint8)[None, None, :, None], 64, 1), 3, 3)


@pytest.mark.parametrize("level", [1, 3, 5])
def test_white_noise_has_its_deviation_and_differs_between_channels(level: int) -> None:
    noise = damaged(GRAY, "white_noise", level).astype(float) - 120
    assert noise.std() == pytest.approx(get("white_noise").strengths[level - 1], rel=0.02)
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.03


@pytest.mark.parametrize("level", [1, 3, 5])
def test_multiplicative_noise_grows_with_the_value(level: int) -> None:
    sigma = get("multiplicative_noise").strengths[level - 1]
    for value in (40, 120):
        noise = damaged(np.full_like(GRAY, value), "multiplicative_noise", level).astype(float) - value
        assert noise.std() == pytest.approx(sigma * value, rel=0.1)


@pytest.mark.parametrize("level", [1, 3, 5])
def test_impulse_noise_hits_its_share_of_samples_half_of_them_white(level: int) -> None:
    hit = damaged(np.full((4, 256, 256, 3), 120, np.uint8), "impulse_noise", level)
    strength = get("impulse_noise").strengths[level - 1]
    assert (hit == 0).mean() == pytest.approx(strength / 2, rel=0.15)
    assert (hit == 255).mean() == pytest.approx(strength / 2, rel=0.15)
    assert set(np.unique(hit)) == {0, 120, 255}


def test_noise_of_color_components_moves_color_and_light() -> None:
    parts = cv2.cvtColor(damaged(GRAY, "ycbcr_noise", 4)[0], cv2.COLOR_RGB2YCrCb).reshape(-1, 3)
    np.testing.assert_allclose(parts.std(axis=0), 11.4, rtol=0.1)


@pytest.mark.parametrize(("level", "radius_px"), [(1, 1), (3, 3), (5, 5)])
def test_lens_blur_spreads_a_point_to_a_disc(level: int, radius_px: int) -> None:
    point = np.zeros((1, 64, 64, 3), np.uint8)
    point[0, 32, 32] = 255
    lit = damaged(point, "lens_blur", level)[0, ..., 0] > 0
    y, x = np.nonzero(lit)
    assert np.hypot(y - 32, x - 32).max() <= radius_px + 0.5
    assert lit[32, 32 - radius_px] and lit[32 + radius_px, 32]


@pytest.mark.parametrize(("name", "num_shades"), [("quantization", 5), ("color_quantization", 3)])
def test_quantization_leaves_that_many_shades(name: str, num_shades: int) -> None:
    assert len(np.unique(damaged(ramp(), name, 5)[0, :, :, 1])) == num_shades


def test_mean_shift_adds_a_constant_and_clips() -> None:
    np.testing.assert_array_equal(damaged(ramp(), "mean_shift", 2)[0, 0, :, 0], np.minimum(np.arange(256) + 38, 255))


def test_color_kinds_keep_light_and_change_color() -> None:
    picture = np.zeros((1, 128, 128, 3), np.uint8)
    picture[..., :64, :] = (150, 90, 90)
    picture[..., 64:, :] = (90, 110, 150)
    before = cv2.cvtColor(picture[0], cv2.COLOR_RGB2LAB).astype(int)
    for name, level in (("color_diffusion", 2), ("color_saturation", 1)):
        after = cv2.cvtColor(damaged(picture, name, level)[0], cv2.COLOR_RGB2LAB).astype(int)
        assert np.abs(after[..., 0] - before[..., 0]).max() <= 8, name
        assert np.abs(after[..., 1:] - before[..., 1:]).max() > 5, name
    faded = damaged(picture, "color_desaturation", 5)[0].astype(int)
    np.testing.assert_allclose(np.ptp(faded, axis=-1), np.rint(0.2 * np.ptp(picture[0].astype(int), axis=-1)), atol=1)
    np.testing.assert_array_equal(faded.max(axis=-1), picture[0].max(axis=-1))


def test_pixelate_gives_each_block_its_mean() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (1, 35, 41, 3), np.uint8)
    blocks = damaged(picture, "pixelate", 3)[0]
    np.testing.assert_allclose(blocks[4:8, 8:12].reshape(-1, 3), [picture[0, 4:8, 8:12].mean(axis=(0, 1))] * 16, atol=1)
    assert (blocks[4:8, 8:12] == blocks[4, 8]).all()


def test_patches_and_blocks_stay_in_place_through_a_clip_and_cover_more_with_the_level() -> None:
    still = np.repeat(np.random.default_rng(1).integers(0, 256, (1, 384, 512, 3), np.uint8), 3, 0)
    for name in ("patch_shift", "color_block"):
        changed = []
        for level in (1, 3, 5):
            after = damaged(still, name, level)
            assert (after == after[0]).all(), name
            changed.append((after[0] != still[0]).any(axis=-1).mean())
        assert changed == sorted(changed) and changed[0] > 0, name


def test_jitter_takes_pixels_from_near_by() -> None:
    slope = np.repeat(np.linspace(0, 250, 251).astype(np.uint8)[None, None, :, None], 32, 1).repeat(3, 3)
    steps = damaged(slope, "jitter", 3)[0, :, 20:-20].astype(float) - slope[0, :, 20:-20]
    assert steps.std() == pytest.approx(1, rel=0.15)
    assert np.abs(steps).max() <= 4


def test_sharpen_overshoots_at_an_edge_and_keeps_flat_parts() -> None:
    edge = np.full((1, 64, 64, 3), 80, np.uint8)
    edge[..., 32:, :] = 160
    after = damaged(edge, "sharpen", 3)[0, 32, :, 0].astype(int)
    assert after[31] < 70 and after[32] > 170
    assert abs(after[5] - 80) <= 1 and abs(after[60] - 160) <= 1


def test_denoise_takes_texture_and_keeps_edges() -> None:
    rng = np.random.default_rng(2)
    edge = np.full((1, 64, 64, 3), 80, np.uint8)
    edge[..., 32:, :] = 200
    texture = (edge + rng.integers(-6, 7, edge.shape)).astype(np.uint8)
    after = damaged(texture, "denoise", 2)[0].astype(int)
    assert after[:, :24].std() < texture[0, :, :24].std()
    assert after[:, 36].mean() - after[:, 27].mean() > 100


@pytest.mark.parametrize(("level", "step"), [(1, 2), (2, 3), (4, 8)])
def test_low_frame_rate_holds_every_nth_frame(level: int, step: int) -> None:
    counted = np.arange(16, dtype=np.uint8)[:, None, None, None] + np.zeros((1, 4, 4, 3), np.uint8)
    assert damaged(counted, "low_frame_rate", level)[:, 0, 0, 0].tolist() == [
        max(14 - -(-(14 - t) // step) * step, 0) for t in range(16)
    ]
