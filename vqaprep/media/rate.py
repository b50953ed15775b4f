"""The nominal rate of a video: the usual step from frame to frame, whatever was lost, paused or rounded."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.float64]

UNKNOWN_FPS = 25.0  # of raw streams and single pictures, which have no steps; ffmpeg assumes the same
LONGEST_HOLD = 4.5
"""Usual steps after which a frame is no longer held: what is longer is a gap, not a lost frame or two."""
ROUNDED_S = 1.1e-3
"""Two times rounded to a millisecond (Matroska, WebM, FLV, ASF) may be this much off their true distance."""

_COMMON_FPS = (
    5, 10, 12, 15, 20, 24000 / 1001, 24, 25, 30000 / 1001, 30, 48000 / 1001, 48, 50, 60000 / 1001, 60,
    90, 100, 120000 / 1001, 120, 144, 240000 / 1001, 240,
)  # fmt: skip
_LOOSE = 0.1  # share of the usual step by which steps of a constant rate may differ
_NEAR = 0.3  # of the usual step: nearness to a whole number of steps, after one frame or several
_LEAST_NEAR = 0.5  # share of such steps below which there is no clock to fit
_MOST_IRREGULAR = 0.01  # share of irregular steps that a constant rate may have
_CADENCE = 1.75  # a pulldown repeats fields: its longest step is 1.5 of its shortest; a lost frame makes that 2
_GRIDS_S = (1e-2, 1e-3)  # GIF counts hundredths, Matroska and FLV thousandths


class Rate(NamedTuple):
    """Frames per second, and whether their spacing varies otherwise than by gaps."""

    rate_fps: float
    is_vfr: bool


def nominal_rate(times_s: Times, *, average_fps: float = 0.0) -> Rate:
    """Return the rate of frames at `times_s` (N,), which never decrease; `average_fps` serves where no step is known.

    The usual step is the median one. A median of times rounded to milliseconds is as coarse as they are (17 ms
    would be 58.8 fps for 60), so the rate is a fit over all steps that are near whole multiples of the usual one. It
    becomes one of the common rates if that differs by no more than the rounding of the times explains.
    """
    all_steps_s = np.diff(times_s)
    steps_s = all_steps_s[all_steps_s > 0]
    if len(steps_s) == 0:
        return Rate(average_fps if average_fps > 0 else UNKNOWN_FPS, is_vfr=False)
    usual_s, turn = _usual_s(steps_s)
    near_s = steps_s[steps_s <= LONGEST_HOLD * usual_s]
    grid_s = _grid_s(near_s)
    for _ in range(2):  # the second time with a usual step that is no longer rounded
        usual_s, covered_s = _fitted_s(near_s[: len(near_s) // turn * turn], usual_s)
    held_s = all_steps_s[all_steps_s <= LONGEST_HOLD * usual_s]  # with frames of one time, which no rate has
    is_vfr = bool(np.mean(np.abs(held_s - usual_s) > _tolerance_s(usual_s, grid_s)) > _MOST_IRREGULAR)
    return Rate(_snapped(1 / usual_s, grid_s / covered_s), is_vfr)


def _usual_s(steps_s: Times) -> tuple[float, int]:
    """Return the median step, or the mean one of a pulldown, whose steps alternate, and how many steps a turn has.

    Of 24 frames shown as 60 fields (2, 3, 2, 3) the median is the step of a rate that the film never had.
    """
    usual_s = float(np.median(steps_s))
    is_regular = np.abs(steps_s - usual_s) <= _tolerance_s(usual_s)
    if is_regular.mean() >= 1 - _MOST_IRREGULAR:
        return usual_s, 1
    low_s, high_s = np.quantile(steps_s, [0.05, 0.95])
    if high_s > _CADENCE * low_s:
        return usual_s, 1
    for turn in (2, 3, 4, 5):
        if len(steps_s) < 2 * turn:
            break
        means_s = np.convolve(steps_s, np.full(turn, 1 / turn), mode="valid")
        mean_s = float(np.median(means_s))
        if np.mean(np.abs(means_s - mean_s) > _tolerance_s(mean_s) / turn) <= turn * _MOST_IRREGULAR:
            return mean_s, turn
    return usual_s, 1


def _fitted_s(steps_s: Times, usual_s: float) -> tuple[float, float]:
    """Return (seconds per step, seconds that the fit covers), counting each step as a whole multiple of the usual one.

    All steps count, even those that are far from whole: a late frame makes one step long and the next one short, and
    leaving out either would bend the rate.
    """
    multiples = np.rint(steps_s / usual_s)  # 0 for a frame that comes right after another, as hidden ones of VP9 may
    is_near = np.abs(steps_s - multiples * usual_s) <= max(_NEAR * usual_s, ROUNDED_S)
    if is_near.mean() < _LEAST_NEAR:
        return usual_s, usual_s
    covered_s = float(steps_s.sum())
    return covered_s / float(multiples.sum()), covered_s


def _grid_s(steps_s: Times) -> float:
    """Return the grid that all times lie on, 0 where there is none to be seen.

    Steps that are all equal show no rounding to hundredths: 25 fps lies on that grid by itself.
    """
    grids_s = _GRIDS_S if np.ptp(steps_s) > _GRIDS_S[1] / 2 else _GRIDS_S[1:]
    ticks = (steps_s / grid_s for grid_s in grids_s)
    is_on = [bool(np.all(np.abs(count - np.rint(count)) < 1e-3)) for count in ticks]
    return next((grid_s for grid_s, on in zip(grids_s, is_on, strict=True) if on), 0.0)


def _snapped(rate_fps: float, doubt: float) -> float:
    """Return the common rate next to `rate_fps` if it is no further than the share `doubt`, else `rate_fps`."""
    nearest = min(_COMMON_FPS, key=lambda common: abs(common - rate_fps))
    return float(nearest if abs(nearest / rate_fps - 1) <= doubt + 1e-5 else rate_fps)


def _tolerance_s(usual_s: float, grid_s: float = 0.0) -> float:
    """Return by how much steps of a constant rate may differ; never so much that a lost frame is one of them."""
    return _LOOSE * usual_s + max(ROUNDED_S, min(1.1 * grid_s, 0.4 * usual_s))
