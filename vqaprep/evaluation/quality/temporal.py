"""Features of neighbouring frames: changing noise, repeated blocks, freezes and jerks."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vqaprep.evaluation.quality.spatial import Numbers, Plane, block_deviation, locally_normalized

_TINY = 1e-2
_STILL = 0.02  # mean change of luma of a repeated frame: 0 but for a few pixels


def change_numbers(before: Plane, now: Plane, after: Plane) -> Numbers:
    """Describe the changes between three neighbouring frames (H, W), float32 luma in [0, 255]."""
    change, next_change = now - before, after - now
    numbers: Numbers = {}
    size = np.abs(change)
    numbers["change_mean"] = _log(float(size.mean()))
    for share, value in zip((50, 75, 90, 99), np.percentile(size[::2, ::2], (50, 75, 90, 99)), strict=True):
        numbers[f"change_p{share}"] = _log(float(value))
    numbers["change_none"] = float((size < 0.5).mean())
    deviation = block_deviation(change)
    numbers["block_none"] = float((deviation < 0.05).mean())
    for share, value in zip((1, 10, 25, 50, 90), np.percentile(deviation, (1, 10, 25, 50, 90)), strict=True):
        numbers[f"change_dev_p{share}"] = _log(float(value))
    # Texture that moves gives a change with the picture's spectrum, noise gives one that is rough everywhere.
    smooth = cv2.GaussianBlur(change, (5, 5), 1.0)
    numbers["change_rough"] = _log(float(np.abs(change - smooth).mean())) - numbers["change_mean"]
    detail = float(np.abs(now - cv2.GaussianBlur(now, (5, 5), 1.0)).mean())
    numbers["change_of_detail"] = _log(float(np.abs(change - smooth).mean())) - _log(detail)
    numbers["change_again"] = _log(float(np.abs(next_change).mean())) - numbers["change_mean"]
    numbers["change_turns"] = _correlation(change, next_change)
    numbers["change_swing"] = _log(float(np.abs(next_change - change).mean())) - numbers["change_mean"]
    normal = locally_normalized(change)
    power = float(np.square(normal).mean())
    numbers["change_shape"] = float(np.abs(normal).mean()) ** 2 / (power + 1e-6)
    numbers["change_power"] = power
    numbers["change_h"] = float((normal[:, :-1] * normal[:, 1:]).mean()) / (power + 1e-6)
    numbers["change_v"] = float((normal[:-1] * normal[1:]).mean()) / (power + 1e-6)
    return numbers | _block_numbers(size) | _flow_numbers(before, now)


def _block_numbers(size: Plane) -> Numbers:
    """How unevenly change is spread over blocks of 16 px, and its steps at their edges: lost packets leave both."""
    rows, columns = (side // 16 for side in size.shape)
    cut = size[: rows * 16, : columns * 16]
    blocks = cut.reshape(rows, 16, columns, 16).mean(axis=(1, 3)).ravel()
    numbers: Numbers = {}
    middle, high, top = np.percentile(blocks, (50, 90, 99))
    numbers["spread90"], numbers["spread99"] = (
        _log(float(high)) - _log(float(middle)),
        _log(float(top)) - _log(float(high)),
    )
    for axis, name in ((1, "h"), (0, "v")):
        steps = np.abs(np.diff(cut, axis=axis)).mean(axis=1 - axis)
        edges = steps[15::16]
        numbers[f"edge_{name}"] = _log(float(edges.mean())) - _log(float(steps.mean())) if len(edges) else 0.0
    return numbers


def _flow_numbers(before: Plane, now: Plane) -> Numbers:
    """Change that motion does not explain: noise and codecs leave it, a clean picture that moves does not."""
    scale = 0.5
    pictures = [cv2.resize(one, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for one in (before, now)]
    first, second = (np.clip(one, 0, 255).astype(np.uint8) for one in pictures)
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST).calc(second, first, None)  # type: ignore[call-overload]  # None is allowed
    rows, columns = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    moved = cv2.remap(pictures[0], columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR,
                      borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    left = np.abs(pictures[1] - moved)
    detail = np.abs(pictures[1] - cv2.GaussianBlur(pictures[1], (5, 5), 1.0))
    speed = cv2.magnitude(flow[..., 0], flow[..., 1])
    low, middle, high = np.percentile(left[::2, ::2], (25, 50, 90))
    numbers = {
        "left": _log(float(left.mean())),
        "left_of_detail": _log(float(left.mean())) - _log(float(detail.mean())),
    }
    numbers |= {"left_p25": _log(float(low)), "left_p50": _log(float(middle)), "left_p90": _log(float(high))}
    numbers |= {"speed": _log(float(speed.mean())), "speed_dev": _log(float(speed.std()))}
    return {f"flow_{name}": value for name, value in numbers.items()}


def rhythm_numbers(thumbnails_THW: NDArray[np.float32]) -> Numbers:
    """Describe about one second of thumbnails: frames that repeat, the longest freeze, jumps after it, pulsing."""
    steps = np.abs(np.diff(thumbnails_THW, axis=0)).mean(axis=(1, 2))
    if len(steps) < 2:
        return dict.fromkeys(_RHYTHM, 0.0)
    is_still = steps < _STILL
    moving = steps[~is_still]
    middle = float(np.median(moving)) if len(moving) else 0.0
    logs = np.log(steps + _TINY)
    longest = run = 0
    for still in is_still:
        run = run + 1 if still else 0
        longest = max(longest, run)
    values = (
        float(is_still.mean()), longest / len(steps), float(np.log(steps.max() + _TINY) - np.log(middle + _TINY)),
        float(logs.std()), float(np.log(middle + _TINY)), float(np.abs(np.diff(logs)).mean()),
        float(np.mean(steps < 0.25 * middle)), float(np.abs(np.diff(thumbnails_THW.mean(axis=(1, 2)))).mean()),
    )  # fmt: skip
    return dict(zip(_RHYTHM, values, strict=True))


_RHYTHM = ("still", "freeze", "jump", "uneven", "motion", "jerk", "slow", "flicker")


def _log(value: float) -> float:
    return float(np.log(value + _TINY))


def _correlation(one: Plane, other: Plane) -> float:
    top = float((one * other).mean())
    return top / (float(np.sqrt(np.square(one).mean() * np.square(other).mean())) + _TINY)
