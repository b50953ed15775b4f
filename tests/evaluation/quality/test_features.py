"""The numbers follow the damage they are named after."""

import cv2
import numpy as np
import pytest

from vqaprep.evaluation.quality.second import second_numbers, thumbnail
from vqaprep.evaluation.quality.spatial import Numbers

Frames = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


@pytest.fixture(scope="module")
def clip() -> Frames:
    """A textured picture that moves by two pixels a frame."""
    rng = np.random.default_rng(0)
    rough = sum(cv2.resize(rng.normal(0, 40, (96 // k, 160 // k)), (160, 96)) * k**0.5 for k in (1, 2, 4, 8))
    gray = np.clip(128 + rough / 3, 0, 255).astype(np.uint8)
    rgb = np.asarray(cv2.GaussianBlur(np.repeat(gray[..., None], 3, axis=2), (0, 0), 0.7), np.uint8)
    return np.stack([np.roll(rgb, 2 * n, axis=1) for n in range(12)])


def numbers(frames: Frames) -> Numbers:
    lumas = np.stack([thumbnail(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)) for frame in frames])
    return second_numbers([frames[3:6]], lumas)


def test_numbers_are_finite_even_without_any_contrast(clip: Frames) -> None:
    for frames in (clip, np.zeros_like(clip), np.full_like(clip, 255), clip[:, :48, :48]):
        assert all(np.isfinite(value) for value in numbers(frames).values())


def test_blur_noise_and_blocks_show(clip: Frames) -> None:
    plain = numbers(clip)
    blurred = numbers(np.stack([cv2.GaussianBlur(frame, (0, 0), 2) for frame in clip]))
    assert blurred["reblur3_h"] < plain["reblur3_h"] and blurred["band0"] < plain["band0"]
    assert blurred["small50_like"] > plain["small50_like"]
    noise = np.random.default_rng(1).normal(0, 12, clip.shape)
    noisy = numbers(np.clip(clip + noise, 0, 255).astype(np.uint8))
    assert noisy["immerkaer"] > plain["immerkaer"] and noisy["flow_left"] > plain["flow_left"]
    coded = [cv2.imdecode(cv2.imencode(".jpg", f, [cv2.IMWRITE_JPEG_QUALITY, 5])[1], 1) for f in clip]
    blocky = numbers(np.asarray(coded, np.uint8))
    assert blocky["grid_h"] > plain["grid_h"] and blocky["moved_gain"] > plain["moved_gain"]


def test_a_freeze_shows_in_the_rhythm(clip: Frames) -> None:
    frozen = clip[[0, 1, 2, 3, 3, 3, 3, 3, 8, 9, 10, 11]]
    assert numbers(clip)["rhythm_still"] == 0
    assert numbers(frozen)["rhythm_freeze"] == pytest.approx(4 / 11)
