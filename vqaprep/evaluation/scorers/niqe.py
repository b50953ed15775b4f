"""NIQE of a clip: how far its blocks lie from those of pristine pictures, as released by its authors."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma

from vqaprep.errors import InputError
from vqaprep.evaluation.scorers import Frames, scorer
from vqaprep.evaluation.scorers._natural import (
    FloatArray,
    asymmetric_fit,
    contrast,
    grays,
    half,
    neighbour_products,
)
from vqaprep.packages.weights import weights_path

BLOCK_PX = 96


@scorer(title="NIQE", better="lower", citation="Mittal, Soundararajan and Bovik, SPL 2013", least_px=BLOCK_PX)
def niqe(frames: Frames, rate_fps: float) -> float:
    """Distance of the blocks of all frames from those of pristine pictures, about 2 (fine) and more."""
    return _released().score(frames)


@cache
def _released() -> "Niqe":
    return load_niqe(weights_path("niqe"))


@dataclass(frozen=True)
class Niqe:
    """The Gaussian of NIQE: `mean` (36,) and `covariance` (36, 36) of the blocks of pristine pictures."""

    mean: FloatArray
    covariance: FloatArray

    def score(self, frames_THWC: NDArray[np.uint8]) -> float:
        """Measure how far the clip's blocks (RGB frames, all frames pooled) lie from the pristine ones.

        For one frame this is NIQE as published. NaN if fewer than two blocks have any contrast.
        """
        if min(frames_THWC.shape[1:3]) < BLOCK_PX:
            raise InputError(f"frames of shape {frames_THWC.shape}; NIQE needs {BLOCK_PX} pixels on each side.")
        blocks = np.concatenate([niqe_features(gray) for gray in grays(frames_THWC)])
        blocks = blocks[np.isfinite(blocks).all(axis=1)]
        if len(blocks) < 2:
            return float("nan")
        pooled = (self.covariance + np.cov(blocks, rowvar=False)) / 2
        away = self.mean - blocks.mean(axis=0)
        return float(np.sqrt(away @ np.linalg.pinv(pooled) @ away))


def load_niqe(path: Path) -> Niqe:
    """Read the released Gaussian from an .npz of `mu_pris_param, cov_pris_param`."""
    with np.load(path, allow_pickle=False) as file:
        return Niqe(mean=file["mu_pris_param"].ravel(), covariance=file["cov_pris_param"])


def niqe_features(gray: FloatArray) -> FloatArray:
    """Describe each whole 96-pixel block of a picture (H, W) as one row of (blocks, 36)."""
    num_rows, num_columns = gray.shape[0] // BLOCK_PX, gray.shape[1] // BLOCK_PX
    cropped = gray[: num_rows * BLOCK_PX, : num_columns * BLOCK_PX]
    features = []
    for scaled in (cropped, half(cropped)):
        centred = contrast(scaled, cv2.BORDER_REPLICATE)
        grid = centred.reshape(num_rows, len(scaled) // num_rows, num_columns, -1).swapaxes(1, 2)
        blocks = grid.reshape(num_rows * num_columns, *grid.shape[2:])
        shape, left, right = asymmetric_fit(blocks.reshape(len(blocks), -1))
        width = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
        features += [shape, (left + right) * width / 2]
        for product in neighbour_products(blocks):
            shape, left, right = asymmetric_fit(product)
            width = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
            mean = (right - left) * width * gamma(2 / shape) / gamma(1 / shape)
            features += [shape, mean, left * width, right * width]
    return np.stack(features, axis=1)
