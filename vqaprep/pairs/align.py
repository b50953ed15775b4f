"""Find which frame of the reference each frame of a distorted film shows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vqaprep.pairs.side import Side
from vqaprep.pairs.thumbnails import Thumbnails, thumbnails

_MOST_LOOKED_S = 60.0  # one offset holds for a whole film, so its first minute finds it
_SAME_RATE = 1e-3
_LEAST_OVERLAP = 0.5
_NOISE = 0.05  # squared levels: coding makes copies of one picture differ by about this much
_CLEAR = 1.02
"""How much larger the error beside the best offset is, at least, where the best is certain. A still film has 1.00; the
flattest of the films tried that move, a slow flight at low quality, has 1.03."""


@dataclass(frozen=True)
class Pair:
    """Two films and how their frames are paired: i of the distorted one with i + `offset` of the reference.

    Attributes:
        distorted: the film that is measured.
        reference: what it was before it was damaged.
        offset: in frames of the reference's rate; positive where the distorted film starts later in the scene.
        by: `number` where both films have the same frames, `time` where one has another rate or lacks frames.
        is_certain: whether the offsets beside it fit clearly worse; a still film gives no certainty. True where only
            one was tried.
        errors: mean squared difference of thumbnails by offset, as tried.
    """

    distorted: Side
    reference: Side
    offset: int
    by: str
    is_certain: bool
    errors: dict[int, float]

    @property
    def ticks_fps(self) -> float | None:
        """Return the rate of the ticks at which both films are compared, or None where stored frames are."""
        return self.reference.video.rate_fps if self.by == "time" else None

    @property
    def is_scaled(self) -> bool:
        """Say whether the distorted film is scaled, or its range of values changed, before it is compared."""
        one, other = self.distorted, self.reference
        return one.size_px != other.size_px or one.is_full_range != other.is_full_range

    def words(self) -> list[str]:
        """Say how the films are compared: offset, size, rate."""
        sign, rate_fps = "-" if self.offset < 0 else "+", self.reference.video.rate_fps
        place = f"frame i {sign} {abs(self.offset)} of the reference ({self.offset / rate_fps:+.3f} s)"
        lines = [f"frame i of the distorted film is compared with {place}"]
        if self.is_scaled:
            sizes = "{} x {} to {} x {} px".format(*self.distorted.size_px, *self.reference.size_px)
            lines.append(f"the distorted film is scaled from {sizes}, bicubic")
        if self.by == "time":
            why = "the films have different rates, or frames are missing"
            lines.append(f"frames are paired by their times at {rate_fps:.5g} fps: {why}")
        return lines


def align(distorted: Side, reference: Side, *, search_s: float) -> Pair:
    """Return the pair with the offset of least error, up to `search_s` seconds either way."""
    by, rate_fps = pairing(distorted, reference), reference.video.rate_fps
    most = round((_MOST_LOOKED_S + search_s) * rate_fps)
    ticks_fps = None if by == "number" else rate_fps
    films = [thumbnails(side.video, most=most, ticks_fps=ticks_fps) for side in (distorted, reference)]
    errors = errors_of(*films, most=round(search_s * rate_fps))
    best = min(errors, key=lambda offset: (errors[offset], abs(offset)))
    beside = [errors[other] for other in (best - 1, best + 1) if other in errors]
    as_good = _CLEAR * errors[best] + _NOISE
    is_certain = len(errors) == 1 or (bool(beside) and min(beside) > as_good)
    # A film in which little moves fits nearly as well anywhere: then the films as they are, are the likeliest pair.
    if not is_certain and errors[0] <= as_good:
        best = 0
    return Pair(distorted, reference, best, by, is_certain, errors)


def fixed(distorted: Side, reference: Side, offset: int) -> Pair:
    """Return the pair with the offset that a person gave."""
    return Pair(distorted, reference, offset, pairing(distorted, reference), True, {})


def pairing(distorted: Side, reference: Side) -> str:
    """Return whether frames are paired by `number` or by `time`.

    By number where both have one rate, and as many frames or none missing: then time stamps that a container rounded
    do no harm. Else a frame that was dropped would shift all that follow.
    """
    one, other = distorted.video, reference.video
    has_same_rate = abs(one.rate_fps / other.rate_fps - 1) < _SAME_RATE
    is_regular = not any(video.is_vfr or video.num_gaps for video in (one, other))
    return "number" if has_same_rate and (is_regular or one.num_frames == other.num_frames) else "time"


def errors_of(distorted: Thumbnails, reference: Thumbnails, *, most: int) -> dict[int, float]:
    """Return the mean squared difference over the frames that overlap, by offset from -`most` to `most`.

    Offsets that leave less than half of the shorter film are not tried; 0 always is.
    """
    least = max(1, round(_LEAST_OVERLAP * min(len(distorted), len(reference))))
    one, other = (film.reshape(len(film), -1) for film in (distorted, reference))
    squares = [np.concatenate(([0.0], np.cumsum((film.astype(np.float64) ** 2).sum(1)))) for film in (one, other)]
    errors = {}
    for offset in range(-most, most + 1):
        start, num = max(0, -offset), _overlap(len(one), len(other), offset)
        if num < (least if offset else 1):
            continue
        a, b = one[start : start + num], other[start + offset : start + offset + num]
        energy = sum(
            float(total[first + num] - total[first])
            for total, first in zip(squares, (start, start + offset), strict=True)
        )
        # Squares of float32 sums may differ in the last digits, so a perfect fit could come out below 0.
        errors[offset] = max(0.0, energy - 2 * _dot(a, b)) / (num * one.shape[1])
    return errors


def _dot(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    return float(np.einsum("nk,nk->n", a, b).astype(np.float64).sum())


def _overlap(num_distorted: int, num_reference: int, offset: int) -> int:
    """Return how many frames of the distorted film have a partner."""
    return max(0, min(num_distorted, num_reference - offset) - max(0, -offset))
