"""BRISQUE and NIQE against plain references, scikit-learn, and levels of distortion on natural-like pictures."""

import math
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.ndimage import correlate
from scipy.special import gamma
from scipy.stats import gennorm
from sklearn.svm import SVR

from vqaprep.errors import InputError
from vqaprep.evaluation.scorers import _natural
from vqaprep.evaluation.scorers.brisque import Brisque, brisque_features, load_brisque
from vqaprep.evaluation.scorers.niqe import Niqe, load_niqe, niqe_features
from vqaprep.media.decode import decode
from vqaprep.packages.samples import fetch_samples
from vqaprep.packages.weights import weights_path

NUM_FEATURES = 36


def dead_leaves(num_frames: int, *, seed: int, height_px: int = 192, width_px: int = 288) -> np.ndarray:
    """Frames of overlapping opaque discs, whose local contrast is distributed as in photographs."""
    rng = np.random.default_rng(seed)
    frames = np.full((num_frames, height_px, width_px, 3), 128, np.uint8)
    for frame in frames:
        for radius_px in np.sort(60 / rng.pareto(2.0, size=1500).clip(0.1, 30))[::-1]:
            centre = (int(rng.integers(width_px)), int(rng.integers(height_px)))
            cv2.circle(frame, centre, round(float(radius_px)), rng.integers(20, 236, 3).tolist(), -1, cv2.LINE_AA)
    return np.clip(frames + rng.normal(0, 1.5, frames.shape), 0, 255).astype(np.uint8)


def blurred(frames: np.ndarray, sigma_px: float) -> np.ndarray:
    return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma_px) for frame in frames])


def noisy(frames: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(9).normal(0, sigma, frames.shape)
    return np.clip(frames + noise, 0, 255).astype(np.uint8)


def reference_contrast(gray: np.ndarray, mode: str) -> np.ndarray:
    x = np.arange(-3, 4)
    window = np.exp(-(x[:, None] ** 2 + x**2) / (2 * (7 / 6) ** 2))
    window /= window.sum()
    mean = correlate(gray, window, mode=mode)
    deviation = np.sqrt(np.abs(correlate(gray**2, window, mode=mode) - mean**2))
    return np.asarray((gray - mean) / (deviation + 1))


def reference_shape(wanted: float) -> float:
    shapes = np.arange(0.2, 10.001, 0.001)
    ratios = gamma(2 / shapes) ** 2 / (gamma(1 / shapes) * gamma(3 / shapes))
    return float(shapes[np.argmin(np.abs(ratios - wanted))])


def reference_fit(values: np.ndarray) -> tuple[float, float, float]:
    left, right = math.sqrt(np.mean(values[values < 0] ** 2)), math.sqrt(np.mean(values[values > 0] ** 2))
    skew = left / right
    ratio = np.mean(np.abs(values)) ** 2 / np.mean(values**2)
    wanted = ratio * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    return reference_shape(wanted), left, right


def test_brisque_features_equal_a_plain_reference() -> None:
    gray = dead_leaves(1, seed=0)[0, :, :, 1].astype(np.float64)
    contrast = reference_contrast(gray, "constant")
    power = np.mean(contrast**2)
    expected = [reference_shape(np.mean(np.abs(contrast)) ** 2 / power), power]
    for shift in ((0, 1), (1, 0), (1, 1), (-1, 1)):
        shape, left, right = reference_fit(contrast * np.roll(contrast, shift, axis=(0, 1)))
        mean = (right - left) * gamma(2 / shape) / gamma(1 / shape) * math.sqrt(gamma(1 / shape) / gamma(3 / shape))
        expected += [shape, mean, left**2, right**2]
    found = brisque_features(gray)
    assert found.shape == (NUM_FEATURES,)
    np.testing.assert_allclose(found[:18], expected, atol=6e-4)


def test_niqe_features_equal_a_plain_reference() -> None:
    gray = dead_leaves(1, seed=0)[0, :, :, 1].astype(np.float64)
    contrast = reference_contrast(gray, "nearest")
    expected = []
    for row, column in np.ndindex(2, 3):
        block = contrast[row * 96 : row * 96 + 96, column * 96 : column * 96 + 96]
        shape, left, right = reference_fit(block)
        features = [shape, (left + right) / 2 * math.sqrt(gamma(1 / shape) / gamma(3 / shape))]
        for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
            shape, left, right = reference_fit(block * np.roll(block, shift, axis=(0, 1)))
            width = math.sqrt(gamma(1 / shape) / gamma(3 / shape))
            features += [
                shape,
                (right - left) * width * gamma(2 / shape) / gamma(1 / shape),
                left * width,
                right * width,
            ]
        expected.append(features)
    found = niqe_features(gray)
    assert found.shape == (6, NUM_FEATURES)
    np.testing.assert_allclose(found[:, :18], expected, atol=2e-3)


@pytest.mark.parametrize("shape", [0.7, 1.0, 2.0, 4.0])
def test_fit_recovers_the_shape_of_drawn_samples(shape: float) -> None:
    samples = gennorm.rvs(shape, size=200_000, random_state=np.random.default_rng(0))
    samples = np.where(samples < 0, 2 * samples, samples)[None]
    # Twice as wide on the left: twice as many samples there keep the density whole.
    samples = np.concatenate([samples, samples[:, samples[0] < 0]], axis=1)
    found, left, right = _natural.asymmetric_fit(samples)
    assert found[0] == pytest.approx(shape, rel=0.03)
    assert left[0] / right[0] == pytest.approx(2, rel=0.02)


def keys_cubic(x: np.ndarray) -> np.ndarray:
    away = np.abs(x)
    inner = 1.5 * away**3 - 2.5 * away**2 + 1
    outer = -0.5 * away**3 + 2.5 * away**2 - 4 * away + 2
    return np.where(away <= 1, inner, np.where(away < 2, outer, 0))


def test_halving_is_the_stretched_cubic_at_the_middle_of_each_two_pixels() -> None:
    gray = np.random.default_rng(0).uniform(0, 255, (41, 60))
    rows = keys_cubic((np.arange(-8, 49) - (2 * np.arange(21)[:, None] + 0.5)) / 2) / 2
    columns = keys_cubic((np.arange(-8, 68) - (2 * np.arange(30)[:, None] + 0.5)) / 2) / 2
    expected = rows @ np.pad(gray, 8, mode="symmetric") @ columns.T
    np.testing.assert_allclose(_natural.half(gray), expected, rtol=1e-9)


def test_flat_areas_have_no_contrast_at_all() -> None:
    for level in range(256):
        assert not _natural.contrast(np.full((16, 16), float(level)), cv2.BORDER_REPLICATE).any()


def test_score_is_the_regression_scikit_learn_fitted(tmp_path: Path) -> None:
    clips = [
        change(dead_leaves(1, seed=seed), level) for seed in range(2) for change in (blurred, noisy) for level in (1, 3)
    ]
    features = np.stack([brisque_features(_natural.grays(clip)[0]) for clip in clips])
    low, span = features.min(axis=0), np.ptp(features, axis=0)
    fitted = SVR(C=100, gamma=0.05).fit(2 * (features - low) / span - 1, np.arange(len(clips)) * 10.0)
    path = tmp_path / "svm.npz"
    np.savez(
        path, sv=fitted.support_vectors_, sv_coef=fitted.dual_coef_[0], gamma=0.05, rho=-fitted.intercept_[0],
        feat_min=low, feat_range=span,
    )  # fmt: skip
    brisque = load_brisque(path)
    expected = fitted.predict(2 * (features - low) / span - 1)
    np.testing.assert_allclose([brisque.score(clip) for clip in clips], expected, rtol=1e-9)
    both = np.concatenate([clips[0], clips[3]])
    assert brisque.score(both) == pytest.approx((expected[0] + expected[3]) / 2)


def fitted_niqe() -> Niqe:
    blocks = np.concatenate([niqe_features(gray) for gray in _natural.grays(dead_leaves(12, seed=1))])
    return Niqe(mean=blocks.mean(axis=0), covariance=np.cov(blocks, rowvar=False))


def test_niqe_of_the_pictures_it_was_fitted_to_is_zero() -> None:
    assert fitted_niqe().score(dead_leaves(12, seed=1)) == pytest.approx(0, abs=1e-3)


def test_niqe_is_the_mahalanobis_distance_of_the_means(tmp_path: Path) -> None:
    clip = dead_leaves(2, seed=2)
    blocks = np.concatenate([niqe_features(gray) for gray in _natural.grays(clip)])
    covariance = 2 * np.eye(NUM_FEATURES) - np.cov(blocks, rowvar=False)  # the pooled one is the identity
    path = tmp_path / "niqe.npz"
    np.savez(path, mu_pris_param=blocks.mean(axis=0)[None] + 0.5, cov_pris_param=covariance)
    assert load_niqe(path).score(clip) == pytest.approx(math.sqrt(NUM_FEATURES * 0.25))


@pytest.mark.parametrize("change", [blurred, noisy])
def test_niqe_grows_with_the_level_of_distortion(change: Callable[[np.ndarray, float], np.ndarray]) -> None:
    niqe, clip = fitted_niqe(), dead_leaves(2, seed=3)
    levels = (0.8, 1.6, 3.2) if change is blurred else (5, 10, 20)
    scores = [niqe.score(clip)] + [niqe.score(change(clip, level)) for level in levels]
    assert scores == sorted(scores) and scores[-1] > 2 * scores[0]


@pytest.mark.footage
def test_released_parameters_order_the_levels_of_distortion_of_real_film(tmp_path: Path) -> None:
    film = fetch_samples(tmp_path, only=["scenes/bikes.mp4"])[0]
    try:
        brisque, niqe = load_brisque(weights_path("brisque")), load_niqe(weights_path("niqe"))
    except InputError as error:
        pytest.skip(str(error))
    if film.status == "missing":
        pytest.skip(film.reason)
    clip = np.stack([frame.rgb() for frame in islice(decode(str(film.path)), 20, 32, 4)])
    for change, levels in ((blurred, (1, 2, 3)), (noisy, (5.1, 10.2, 15.3))):
        for measure in (brisque, niqe):
            scores = [measure.score(change(clip, level)) for level in levels]
            assert scores == sorted(scores)


def test_pictures_without_contrast_have_no_score() -> None:
    black = np.zeros((2, 96, 192, 3), np.uint8)
    brisque = Brisque(np.zeros((1, 36)), np.ones(1), 0.05, 0.0, np.zeros(36), np.ones(36))
    assert math.isnan(brisque.score(black))
    assert math.isnan(Niqe(np.zeros(36), np.eye(36)).score(black))


def test_flat_parts_are_left_out_not_spread() -> None:
    clip = dead_leaves(2, seed=5)
    clip[:, :96] = 200
    assert math.isfinite(fitted_niqe().score(clip))


def test_unusable_frames_are_refused() -> None:
    niqe = Niqe(np.zeros(36), np.eye(36))
    with pytest.raises(InputError, match="96 pixels on each side"):
        niqe.score(np.zeros((1, 64, 192, 3), np.uint8))
    with pytest.raises(InputError, match="uint8"):
        niqe.score(np.zeros((1, 96, 192, 3)).astype(np.float32))
