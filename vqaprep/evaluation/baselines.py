"""BRISQUE and NIQE of a clip: the hand-made no-reference measures a trained system has to beat.

Both are higher for worse pictures. They share the statistics of natural scenes: the brightness of a picture,
locally centred and scaled, follows a generalised Gaussian that distortions deform. Written after the papers
(Mittal, Moorthy and Bovik, TIP 2012; Mittal, Soundararajan and Bovik, SPL 2013) and the behaviour of the
authors' releases, whose parameter files are read from disk.
"""

import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma

from vqaprep.errors import InputError

_log = logging.getLogger(__name__)
FloatArray = NDArray[np.float64]
BLOCK_PX = 96


@dataclass(frozen=True)
class Brisque:
    """The support-vector regression of BRISQUE: `support` (S, 36) and `weights` (S,) over 36 scaled features.

    Feature f is scaled to [-1, 1] by its `lowest` value and its `span`, both (36,).
    """

    support: FloatArray
    weights: FloatArray
    gamma: float
    offset: float
    lowest: FloatArray
    span: FloatArray

    def score(self, frames_THWC: NDArray[np.uint8]) -> float:
        """Average over the frames (RGB) of about 0 (fine) to 100 (bad); NaN if no frame has any contrast."""
        features = np.stack([_brisque_features(gray) for gray in _grays(frames_THWC)])
        scaled = 2 * (features - self.lowest) / self.span - 1
        distance = np.square(scaled[:, None] - self.support).sum(axis=2)
        scores = np.exp(-self.gamma * distance) @ self.weights - self.offset
        is_defined = np.isfinite(scores)
        return float(scores[is_defined].mean()) if is_defined.any() else float("nan")


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
        blocks = np.concatenate([_niqe_features(gray) for gray in _grays(frames_THWC)])
        blocks = blocks[np.isfinite(blocks).all(axis=1)]
        if len(blocks) < 2:
            return float("nan")
        pooled = (self.covariance + np.cov(blocks, rowvar=False)) / 2
        away = self.mean - blocks.mean(axis=0)
        return float(np.sqrt(away @ np.linalg.pinv(pooled) @ away))


def load_measures(clip_px: int | None) -> dict[str, "Brisque | Niqe"]:
    """Return the measures by name that clips of this side (None: any) allow; their weights are fetched at first use."""
    from vqaprep.detect.weights import weights_path

    measures: dict[str, Brisque | Niqe] = {"brisque": load_brisque(weights_path("brisque"))}
    if clip_px is None or clip_px >= BLOCK_PX:
        return measures | {"niqe": load_niqe(weights_path("niqe"))}
    _log.warning("NIQE is left out: clips are of %d px, it needs %d", clip_px, BLOCK_PX)
    return measures


def load_brisque(path: Path) -> Brisque:
    """Read the released regression from an .npz of `sv, sv_coef, gamma, rho, feat_min, feat_range`."""
    with np.load(path, allow_pickle=False) as file:
        stored = {name: file[name].astype(np.float64) for name in file.files}
    return Brisque(
        support=stored["sv"],
        weights=stored["sv_coef"],
        gamma=float(stored["gamma"]),
        offset=float(stored["rho"]),
        lowest=stored["feat_min"],
        span=stored["feat_range"],
    )


def load_niqe(path: Path) -> Niqe:
    """Read the released Gaussian from an .npz of `mu_pris_param, cov_pris_param`."""
    with np.load(path, allow_pickle=False) as file:
        return Niqe(mean=file["mu_pris_param"].ravel(), covariance=file["cov_pris_param"])


def _grays(frames_THWC: NDArray[np.uint8]) -> list[FloatArray]:
    if frames_THWC.ndim != 4 or frames_THWC.dtype != np.uint8 or not len(frames_THWC):
        raise InputError(f"frames {frames_THWC.dtype} {frames_THWC.shape}; uint8 (T, H, W, 3) is allowed.")
    return [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float64) for frame in frames_THWC]


def _brisque_features(gray: FloatArray) -> FloatArray:
    """Describe a picture (H, W) at two scales by 18 numbers each: shape, power, and four neighbour products."""
    features = []
    for scaled in (gray, _half(gray)):
        contrast = _contrast(scaled, cv2.BORDER_CONSTANT)[None]
        flat = contrast.reshape(1, -1)
        with np.errstate(invalid="ignore", divide="ignore"):
            shape = _shape_of(np.abs(flat).mean(axis=1) ** 2 / np.square(flat).mean(axis=1))
        features += [shape, np.square(flat).mean(axis=1)]
        for product in _neighbour_products(contrast):
            shape, left, right = _asymmetric_fit(product)
            mean = (right - left) * gamma(2 / shape) / np.sqrt(gamma(1 / shape) * gamma(3 / shape))
            features += [shape, mean, left**2, right**2]
    return np.concatenate(features)


def _niqe_features(gray: FloatArray) -> FloatArray:
    """Describe each whole 96-pixel block of a picture (H, W) as one row of (blocks, 36)."""
    num_rows, num_columns = gray.shape[0] // BLOCK_PX, gray.shape[1] // BLOCK_PX
    cropped = gray[: num_rows * BLOCK_PX, : num_columns * BLOCK_PX]
    features = []
    for scaled in (cropped, _half(cropped)):
        contrast = _contrast(scaled, cv2.BORDER_REPLICATE)
        grid = contrast.reshape(num_rows, len(scaled) // num_rows, num_columns, -1).swapaxes(1, 2)
        blocks = grid.reshape(num_rows * num_columns, *grid.shape[2:])
        shape, left, right = _asymmetric_fit(blocks.reshape(len(blocks), -1))
        width = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
        features += [shape, (left + right) * width / 2]
        for product in _neighbour_products(blocks):
            shape, left, right = _asymmetric_fit(product)
            width = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
            mean = (right - left) * width * gamma(2 / shape) / gamma(1 / shape)
            features += [shape, mean, left * width, right * width]
    return np.stack(features, axis=1)


def _contrast(gray: FloatArray, border: int) -> FloatArray:
    """Subtract the local mean and divide by the local deviation plus one, in a 7-pixel Gaussian window."""
    window = cv2.getGaussianKernel(7, 7 / 6)
    mean = cv2.sepFilter2D(gray, cv2.CV_64F, window, window, borderType=border)
    power = cv2.sepFilter2D(gray * gray, cv2.CV_64F, window, window, borderType=border)
    contrast: FloatArray = (gray - mean) / (np.sqrt(np.abs(power - mean * mean)) + 1)
    # Flat areas leave rounding noise, whose sign, counted by the fits below, would differ between machines.
    contrast[np.abs(contrast) < 1e-9] = 0
    return contrast


def _half(gray: FloatArray) -> FloatArray:
    """Halve each side by bicubic interpolation with antialiasing, as MATLAB's imresize does."""
    # Keys' cubic (a = -1/2) stretched by two, at the distances 0.5, 1.5, 2.5 and 3.5 from a new pixel.
    side = np.array([111, 29, -9, -3]) / 256
    taps = np.concatenate([side[::-1], side])
    smooth = cv2.sepFilter2D(gray, cv2.CV_64F, taps, taps, anchor=(3, 3), borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth[::2, ::2], dtype=np.float64)


def _neighbour_products(blocks_NHW: FloatArray) -> list[FloatArray]:
    """Multiply each block by its right, lower and two diagonal neighbours, around its edges; (N, H * W) each."""
    return [
        (blocks_NHW * np.roll(blocks_NHW, shift, axis=(1, 2))).reshape(len(blocks_NHW), -1)
        for shift in ((0, 1), (1, 0), (1, 1), (1, -1))
    ]


def _asymmetric_fit(samples_NP: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fit an asymmetric generalised Gaussian to each row: shape, left and right deviation; NaN without spread."""
    below, above = np.minimum(samples_NP, 0), np.maximum(samples_NP, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.sqrt(np.square(below).sum(axis=1) / np.count_nonzero(below, axis=1))
        right = np.sqrt(np.square(above).sum(axis=1) / np.count_nonzero(above, axis=1))
        ratio = np.abs(samples_NP).mean(axis=1) ** 2 / np.square(samples_NP).mean(axis=1)
        skew = (left**3 + right**3) * (left + right) / (left**2 + right**2) ** 2
    return _shape_of(ratio * skew), left, right


def _shape_of(ratio: FloatArray) -> FloatArray:
    """Invert (mean |x|)^2 / mean x^2 of a generalised Gaussian to its shape, in [0.2, 10]; NaN stays NaN."""
    shapes, ratios = _shape_table()
    return np.where(np.isnan(ratio), np.nan, np.interp(ratio, ratios, shapes))


@cache
def _shape_table() -> tuple[FloatArray, FloatArray]:
    shapes = np.arange(0.2, 10.001, 0.001)
    return shapes, gamma(2 / shapes) ** 2 / (gamma(1 / shapes) * gamma(3 / shapes))
