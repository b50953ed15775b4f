"""The worst frames of a pair, side by side, and whether one picture is shifted against the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from vqaprep.pairs.align import Pair
from vqaprep.pairs.side import Side
from vqaprep.pairs.thumbnails import numbered

Frames = npt.NDArray[np.uint8]
_APART_S = 1.0
_LOOK_PX = 480
_MARGIN_PX = 24  # larger shifts are seen by anyone
_CLEARLY = 0.02  # of correlation: coding noise moves the peak of flat pictures, but raises it by less


@dataclass(frozen=True)
class Moment:
    """A frame of both films, RGB (H, W, 3) at one size."""

    frame: int
    t_s: float
    value: float
    distorted: Frames
    reference: Frames


def worst_frames(frames: pd.DataFrame, measure: str, *, num: int) -> list[int]:
    """Return the rows with the lowest values, at least a second apart, worst first."""
    chosen: list[int] = []
    times_s = frames["t_s"].to_numpy(np.float64)
    for row in np.argsort(frames[measure].to_numpy(np.float64), kind="stable").tolist():
        if all(abs(times_s[row] - times_s[other]) >= _APART_S for other in chosen):
            chosen.append(row)
        if len(chosen) == num:
            break
    return chosen


def moments(pair: Pair, frames: pd.DataFrame, measure: str, rows: Sequence[int]) -> list[Moment]:
    """Decode both films as far as needed and return the pictures of `rows`, in that order."""
    table = frames.iloc[list(rows)]
    of_test = dict(_pictures(pair.distorted, pair.ticks_fps, set(table["frame"].tolist())))
    of_reference = dict(_pictures(pair.reference, pair.ticks_fps, set(table["reference_frame"].tolist())))
    columns = (table[name].tolist() for name in ("frame", "reference_frame", "t_s", measure))
    return [
        Moment(frame, t_s, value, of_test[frame], of_reference[other])
        for frame, other, t_s, value in zip(*columns, strict=True)
        if frame in of_test and other in of_reference
    ]


def shift_px(seen: Sequence[Moment], width_px: int) -> tuple[int, int] | None:
    """Return how far right and down the distorted pictures lie from the reference, in pixels of the reference.

    The middle of each reference picture is searched around its place in the distorted one. None where the pictures
    lie on each other, or where no shift fits clearly better. A shift means that one film was cropped or padded.
    """
    shifts = [_shift(moment) for moment in seen]
    if not shifts or any(shift != shifts[0] for shift in shifts) or shifts[0] == (0, 0):
        return None
    scale = width_px / seen[0].reference.shape[1]
    return round(shifts[0][0] * scale), round(shifts[0][1] * scale)


def _shift(moment: Moment) -> tuple[int, int]:
    size = moment.reference.shape[1], moment.reference.shape[0]
    fitted = cv2.resize(moment.distorted, size, interpolation=cv2.INTER_AREA)
    margin = min(_MARGIN_PX, min(size) // 4)
    middle = moment.reference[margin:-margin, margin:-margin]
    fits = cv2.matchTemplate(fitted, middle, cv2.TM_CCOEFF_NORMED)
    down, right = np.unravel_index(int(fits.argmax()), fits.shape)
    if fits[down, right] - fits[margin, margin] < _CLEARLY:
        return 0, 0
    return int(right) - margin, int(down) - margin


def _pictures(side: Side, ticks_fps: float | None, wanted: set[int]) -> Iterator[tuple[int, Frames]]:
    width_px = min(_LOOK_PX, side.size_px[0])
    for number, frame in enumerate(numbered(side.video, ticks_fps)):
        if number in wanted:
            yield number, np.ascontiguousarray(frame.small(width_px))
        if number >= max(wanted):
            return
