"""Curves as the block `Lines`, thinned so that a long film or run stays a small page."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vqaprep.report.blocks import Line, Lines

_WIDTH, _HEIGHT, _MAX_POINTS = 300.0, 150.0, 120


def lines(title: str, curves: Mapping[str, Sequence[tuple[float, float]]], *, first: float, right: str) -> Lines:
    """Return curves of (x, value), which share one box, from `first` to the largest x; `right` names its right edge.

    `{last}` in `right` becomes the largest x.
    """
    thinned = {name: _thinned(points) for name, points in sorted(curves.items())}
    every = np.concatenate(list(thinned.values()))
    wide = max(float(every[:, 0].max()) - first, 1e-9)
    low, high = float(every[:, 1].min()), float(every[:, 1].max())
    tall = (high - low) or 1.0
    drawn = [
        Line(name, " ".join(f"{_WIDTH * (x - first) / wide:.1f},{_HEIGHT * (high - v) / tall:.1f}" for x, v in points))
        for name, points in thinned.items()
    ]
    return Lines(title, drawn, f"{high:.4g}", f"{low:.4g}", right.format(last=first + wide))


def _thinned(points: Sequence[tuple[float, float]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return at most 120 points, each the mean of neighbours: (N, 2)."""
    parts = np.array_split(np.asarray(points, np.float64), min(len(points), _MAX_POINTS))
    return np.stack([part.mean(axis=0) for part in parts])
