"""Heat lands where the feature or the fragment was, and colours frames without touching them."""

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from vqaprep.errors import InputError
from vqaprep.evaluation.saliency import activation_map, overlay, quality_map


def gray_film(num_frames: int = 4, *, height_px: int = 56, width_px: int = 98) -> np.ndarray:
    return np.full((num_frames, height_px, width_px, 3), 128, np.uint8)


def test_activation_is_the_bilinear_mean_over_channels_and_time() -> None:
    features = np.random.default_rng(0).normal(size=(6, 2, 7, 7)).astype(np.float32)
    mean = torch.tensor(features.mean(axis=(0, 1)))[None, None]
    expected = interpolate(mean, size=(56, 98), mode="bilinear", align_corners=False)[0]
    found = activation_map(features, height_px=56, width_px=98)
    assert found.shape == (1, 56, 98)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_lone_activation_is_hottest_at_its_place() -> None:
    features = np.zeros((3, 2, 7, 7), np.float32)
    features[:, :, 5, 1] = 1
    heat = activation_map(features, height_px=70, width_px=140)
    row, column = np.unravel_index(heat[0].argmax(), heat[0].shape)
    assert row // 10 == 5 and column // 20 == 1


def test_quality_keeps_its_value_at_the_centre_of_each_source_cell() -> None:
    quality = np.arange(2 * 49, dtype=np.float64).reshape(2, 7, 7)
    placed = quality_map(quality, height_px=7 * 15, width_px=7 * 31)
    assert placed.shape == (2, 105, 217)
    np.testing.assert_allclose(placed[:, 7::15, 15::31], quality, rtol=1e-6)


def test_quality_between_two_cells_is_their_mean_and_edges_are_flat() -> None:
    quality = np.array([[[0.0, 1.0], [0.0, 1.0]]])
    placed = quality_map(quality, height_px=20, width_px=20)[0]
    np.testing.assert_allclose(placed[0, [0, 4, 15, 19]], [0, 0, 1, 1], atol=1e-6)
    np.testing.assert_allclose(placed[0, 9:11].mean(), 0.5, atol=1e-6)


def test_cells_follow_fragment_sampling_when_the_frame_does_not_divide() -> None:
    quality = np.eye(7)[None]
    placed = quality_map(quality, height_px=1080, width_px=1920)[0]
    # Cells are 154 by 274 pixels; the last one starts at 924 and 1644.
    assert placed[924 + 77, 1644 + 137] == pytest.approx(1, abs=0.01)


def test_overlay_is_red_at_the_most_and_blue_at_the_least() -> None:
    heat = np.zeros((1, 56, 98), np.float32)
    heat[:, :, 60:] = 7
    film = overlay(gray_film(), heat, opacity=1)
    assert film.shape == (4, 56, 98, 3) and film.dtype == np.uint8
    assert film[0, 0, 80, 0] > film[0, 0, 80, 2] and film[0, 0, 10, 2] > film[0, 0, 10, 0]


def test_overlay_spreads_maps_over_the_film_and_leaves_the_frames() -> None:
    frames = gray_film(4)
    heat = np.stack([np.zeros((56, 98)), np.ones((56, 98))])
    film = overlay(frames, heat)
    assert np.array_equal(film[0], film[1]) and np.array_equal(film[2], film[3])
    assert not np.array_equal(film[1], film[2])
    assert (frames == 128).all()


def test_constant_heat_and_no_opacity_are_harmless() -> None:
    assert np.ptp(overlay(gray_film(), np.full((1, 56, 98), 3.0)), axis=(0, 1, 2)).max() == 0
    assert np.array_equal(overlay(gray_film(), np.ones((1, 56, 98)), opacity=0), gray_film())


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(InputError):
        activation_map(np.zeros((7, 7)), height_px=56, width_px=98)
    with pytest.raises(InputError):
        quality_map(np.zeros((1, 7, 7)), height_px=6, width_px=98)
    with pytest.raises(InputError):
        overlay(gray_film(), np.zeros((1, 10, 10)))
