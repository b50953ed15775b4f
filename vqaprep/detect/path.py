"""Turn the participant's faces into the path of a smooth square crop."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from vqaprep.detect.tracks import Track
from vqaprep.rows import TrackPoint

Times = npt.NDArray[np.float64]

_TICK_S = 1e-3  # containers round times; whole windows of whole seconds must not hang on that


def crop_points(
    track: Track, hold_s: tuple[float, float], *, size_px: tuple[int, int], margin: float, smooth_s: float
) -> list[TrackPoint]:
    """Return square boxes in displayed pixels at each face of `track`, the outer ones also at `hold_s` beyond them.

    Centre and side are smoothed by a Gaussian of `smooth_s` seconds. The side is the face's longer side
    plus `margin` of it on both ends, and no box leaves the picture of `size_px` (width, height).
    """
    times_s = np.array([face.t_s for face in track.faces])
    places = np.array([(*f.box.center_px, max(f.box.w_px, f.box.h_px)) for f in track.faces])
    smooth = _smoothed(times_s, places, smooth_s)
    sides = np.minimum(smooth[:, 2] * (1 + 2 * margin), min(size_px))
    corners = np.clip(smooth[:, :2] - sides[:, None] / 2, 0, np.array(size_px) - sides[:, None])
    points = [
        TrackPoint(face.t_s, float(x), float(y), float(side), float(side), face.score)
        for face, (x, y), side in zip(track.faces, corners, sides, strict=True)
    ]
    before = [replace(points[0], t_s=hold_s[0])] if hold_s[0] < track.start_s else []
    after = [replace(points[-1], t_s=hold_s[1])] if hold_s[1] > track.end_s else []
    return before + points + after


def pieces(track: Track, *, max_gap_s: float) -> list[Track]:
    """Return the parts of `track` that have no hole over `max_gap_s`."""
    starts = [i + 1 for i, (a, b) in enumerate(pairwise(track.faces)) if b.t_s - a.t_s > max_gap_s]
    return [Track(track.faces[i:j]) for i, j in pairwise([0, *starts, len(track.faces)])]


def _smoothed(times_s: Times, values: npt.NDArray[np.float64], smooth_s: float) -> Any:
    """Return the Gaussian-weighted means of `values` (N, K) around each time."""
    if smooth_s <= 0 or len(times_s) < 2:
        return values
    out = np.empty_like(values)
    for i, t_s in enumerate(times_s):
        first, last = np.searchsorted(times_s, [t_s - 4 * smooth_s - _TICK_S, t_s + 4 * smooth_s + _TICK_S])
        weights = np.exp(-0.5 * ((times_s[first:last] - t_s) / smooth_s) ** 2)
        out[i] = weights @ values[first:last] / weights.sum()
    return out
