"""Turn the faces of the participant into the path of a steady square crop."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from vqaprep.detect.tracks import Track
from vqaprep.rows import Span, TrackPoint

Times = npt.NDArray[np.float64]


def crop_points(
    track: Track, hold_s: float, *, size_px: tuple[int, int], margin: float, smooth_s: float
) -> list[TrackPoint]:
    """Return square boxes in displayed pixels at each face of `track`, the last one also at `hold_s`.

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
    last = points[-1]
    held = [TrackPoint(hold_s, last.x_px, last.y_px, last.w_px, last.h_px, last.score)] if hold_s > last.t_s else []
    return points + held


def seen_spans(times_s: Sequence[float], until_s: float, *, max_gap_s: float, frame_s: float) -> list[Span]:
    """Return where a track sampled at `times_s` and held to `until_s` (exclusive) has no hole over `max_gap_s`."""
    spans, start_s = [], times_s[0]
    for before_s, after_s in pairwise(times_s):
        if after_s - before_s > max_gap_s:
            spans.append(Span(start_s, before_s + frame_s))
            start_s = after_s
    return [*spans, Span(start_s, max(until_s, times_s[-1] + frame_s))]


def _smoothed(times_s: Times, values: npt.NDArray[np.float64], smooth_s: float) -> Any:
    """Return the Gaussian-weighted means of `values` (N, K) around each time."""
    if smooth_s <= 0 or len(times_s) < 2:
        return values
    out = np.empty_like(values)
    for i, t_s in enumerate(times_s):
        first, last = np.searchsorted(times_s, [t_s - 4 * smooth_s, t_s + 4 * smooth_s])
        weights = np.exp(-0.5 * ((times_s[first:last] - t_s) / smooth_s) ** 2)
        out[i] = weights @ values[first:last] / weights.sum()
    return out
