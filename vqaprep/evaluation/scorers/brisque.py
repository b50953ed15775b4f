"""BRISQUE of a clip: a support-vector regression on statistics of natural scenes, as released by its authors."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma

from vqaprep.evaluation.scorers import Frames, scorer
from vqaprep.evaluation.scorers._natural import (
    FloatArray,
    asymmetric_fit,
    contrast,
    grays,
    half,
    neighbour_products,
    shape_of,
)
from vqaprep.packages.weights import weights_path


@scorer(title="BRISQUE", better="lower", citation="Mittal, Moorthy and Bovik, TIP 2012", least_px=8)
def brisque(frames: Frames, rate_fps: float) -> float:
    """Average BRISQUE of the frames, about 0 (fine) to 100 (bad)."""
    return _released().score(frames)


@cache
def _released() -> "Brisque":
    return load_brisque(weights_path("brisque"))


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
        features = np.stack([brisque_features(gray) for gray in grays(frames_THWC)])
        scaled = 2 * (features - self.lowest) / self.span - 1
        distance = np.square(scaled[:, None] - self.support).sum(axis=2)
        scores = np.exp(-self.gamma * distance) @ self.weights - self.offset
        is_defined = np.isfinite(scores)
        return float(scores[is_defined].mean()) if is_defined.any() else float("nan")


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


def brisque_features(gray: FloatArray) -> FloatArray:
    """Describe a picture (H, W) at two scales by 18 numbers each: shape, power, and four neighbour products."""
    features = []
    for scaled in (gray, half(gray)):
        centred = contrast(scaled, cv2.BORDER_CONSTANT)[None]
        flat = centred.reshape(1, -1)
        with np.errstate(invalid="ignore", divide="ignore"):
            shape = shape_of(np.abs(flat).mean(axis=1) ** 2 / np.square(flat).mean(axis=1))
        features += [shape, np.square(flat).mean(axis=1)]
        for product in neighbour_products(centred):
            shape, left, right = asymmetric_fit(product)
            mean = (right - left) * gamma(2 / shape) / np.sqrt(gamma(1 / shape) * gamma(3 / shape))
            features += [shape, mean, left**2, right**2]
    return np.concatenate(features)
