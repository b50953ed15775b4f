"""A kernel regression: a weighted sum of Gaussians around training clips."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vqaprep.errors import InputError

Numbers = NDArray[np.float32]
_FIELDS = ("mean", "spread", "centres", "weights")
MOST = 4.0
"""Standardized inputs are cut off at so many deviations."""


@dataclass(frozen=True)
class Kernel:
    """`base + sum of weights * exp(-gamma * squared distance)` to `centres` (M, F), over standardized inputs."""

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    centres: NDArray[np.float16]
    weights: NDArray[np.float32]
    base: float
    gamma: float

    def predict(self, inputs_NF: Numbers) -> NDArray[np.float64]:
        """Return the answer for each row of inputs."""
        return self.base + self.bumps(inputs_NF) @ self.weights.astype(np.float64)

    def bumps(self, inputs_NF: Numbers) -> NDArray[np.float64]:
        """Return how near each row is to each centre, (N, M) in [0, 1]."""
        scaled = standardized(inputs_NF, self.mean, self.spread)
        centres = self.centres.astype(np.float64)
        apart = np.square(scaled).sum(axis=1)[:, None] + np.square(centres).sum(axis=1) - 2 * scaled @ centres.T
        return np.asarray(np.exp(-self.gamma * np.maximum(apart, 0)))

    def arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """Return the arrays of a weights file, named after this kernel."""
        arrays = {f"{name}.{field}": getattr(self, field) for field in _FIELDS}
        return arrays | {f"{name}.base": np.array([self.base, self.gamma], np.float64)}


def standardized(inputs_NF: Numbers, mean: Numbers, spread: Numbers) -> NDArray[np.float64]:
    """Return inputs in deviations from their mean, within `MOST`."""
    return np.asarray(((inputs_NF.astype(np.float64) - mean) / spread).clip(-MOST, MOST))


def kernel_of(arrays: Mapping[str, NDArray[np.generic]], name: str, num_inputs: int) -> Kernel:
    """Return the kernel called `name` of a weights file.

    Raises:
        InputError: arrays are missing or do not fit together.
    """
    try:
        fields = {field: np.asarray(arrays[f"{name}.{field}"]) for field in _FIELDS}
        base, gamma = (float(value) for value in np.asarray(arrays[f"{name}.base"], np.float64))
    except (KeyError, ValueError) as error:
        raise InputError(f"the weights hold no whole kernel {name!r} ({error})") from error
    num = len(fields["weights"])
    shapes = {"mean": (num_inputs,), "spread": (num_inputs,), "centres": (num, num_inputs), "weights": (num,)}
    if any(fields[field].shape != shape for field, shape in shapes.items()) or not (fields["spread"] > 0).all():
        raise InputError(f"the kernel {name!r} of the weights is damaged: its arrays do not fit together")
    kinds = (np.float32, np.float32, np.float16, np.float32)
    typed = {field: fields[field].astype(kind) for field, kind in zip(_FIELDS, kinds, strict=True)}
    return Kernel(**typed, base=base, gamma=gamma)
