"""The mean of pictures keeps fixed parts, and removes noise and moving parts."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from vqaprep.detect.mean_picture import MeanPicture


def _noisy(seed: int, x: int) -> npt.NDArray[np.uint8]:
    rgb = np.random.default_rng(seed).normal(100, 20, (60, 160, 3)).clip(0, 255).astype(np.uint8)
    cv2.putText(rgb, "Ann Lee", (x, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 230), 1)
    return rgb


def test_noise_goes_and_still_letters_stay() -> None:
    mean = MeanPicture()
    for seed in range(16):
        mean.add(_noisy(seed, 20))
    assert mean.count == 16
    clean = np.full((60, 160, 3), 100, np.uint8)
    cv2.putText(clean, "Ann Lee", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 230), 1)
    off = [np.abs(picture.astype(float) - clean).mean() for picture in (mean.picture(), _noisy(99, 20))]
    assert off[0] < off[1] / 3


def test_a_start_and_another_size_forget_what_was_there() -> None:
    mean = MeanPicture()
    mean.add(np.full((8, 8, 3), 10, np.uint8))
    mean.start()
    mean.add(np.full((8, 8, 3), 30, np.uint8))
    assert (mean.picture() == 30).all()
    mean.add(np.full((9, 8, 3), 50, np.uint8))
    assert (mean.picture() == 50).all()


def test_many_bright_pictures_do_not_overflow() -> None:
    mean = MeanPicture()
    for _ in range(300):
        mean.add(np.full((2, 2, 3), 255, np.uint8))
    assert (mean.picture() == 255).all()


def test_there_is_no_mean_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        MeanPicture().picture()
