"""Boosted regression trees as plain arrays: they load without any learning library and predict with NumPy."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vqaprep.errors import InputError

Numbers = NDArray[np.float32]
_FIELDS = ("feature", "threshold", "left", "right", "value", "roots")


@dataclass(frozen=True)
class Forest:
    """Trees whose answers add up: `base + sum over trees`, for a column of inputs each.

    Node n of a tree sends inputs with `input[feature[n]] <= threshold[n]` to `left[n]`, others to `right[n]`; a leaf
    has itself as both children and adds `value[n]`. `roots` are the first nodes of the trees.
    """

    feature: NDArray[np.int16]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]
    roots: NDArray[np.int32]
    base: float
    depth: int

    def predict(self, inputs_NF: Numbers) -> NDArray[np.float64]:
        """Return the answer for each row of inputs, in the order of the weights' input names."""
        rows = np.arange(len(inputs_NF))[:, None]
        nodes = np.broadcast_to(self.roots, (len(inputs_NF), len(self.roots)))
        for _ in range(self.depth):
            goes_left = inputs_NF[rows, self.feature[nodes]] <= self.threshold[nodes]
            nodes = np.where(goes_left, self.left[nodes], self.right[nodes])
        return np.asarray(self.base + self.value[nodes].sum(axis=1, dtype=np.float64))

    def arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """Return the arrays of a weights file, named after this forest."""
        arrays = {f"{name}.{field}": getattr(self, field) for field in _FIELDS}
        return arrays | {f"{name}.base": np.array([self.base, self.depth], np.float64)}


def forest_of(arrays: Mapping[str, NDArray[np.generic]], name: str, num_inputs: int) -> Forest:
    """Return the forest called `name` of a weights file.

    Raises:
        InputError: arrays are missing, or name nodes or inputs that do not exist.
    """
    try:
        fields = {field: np.asarray(arrays[f"{name}.{field}"]) for field in _FIELDS}
        base, depth = (float(value) for value in np.asarray(arrays[f"{name}.base"], np.float64))
    except (KeyError, ValueError) as error:
        raise InputError(f"the weights hold no whole forest {name!r} ({error})") from error
    num_nodes = len(fields["feature"])
    within = all(fields[field].shape == (num_nodes,) for field in _FIELDS[:5])
    links = (fields["left"], fields["right"], fields["roots"])
    within = within and all(link.size == 0 or (link.min() >= 0 and link.max() < num_nodes) for link in links)
    inputs = fields["feature"]
    if not within or (num_nodes and not 0 <= inputs.min() <= inputs.max() < num_inputs) or not 0 <= depth <= 64:
        raise InputError(f"the forest {name!r} of the weights is damaged: it names nodes or inputs that do not exist")
    kinds = (np.int16, np.float32, np.int32, np.int32, np.float32, np.int32)
    typed = {field: fields[field].astype(kind) for field, kind in zip(_FIELDS, kinds, strict=True)}
    return Forest(**typed, base=base, depth=int(depth))
