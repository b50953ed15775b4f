"""Turn a decoded picture, or only a window of it, into RGB, and one that lies on its side upright."""

from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

Frames = npt.NDArray[np.uint8]
Rect = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels, right and bottom excluded."""

_GRID_PX = 16  # whole samples of subsampled chroma, and whole vectors of the converter
_BYTES_PER_SAMPLE = {
    **dict.fromkeys(("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"), 1),
    **dict.fromkeys(("yuv420p10le", "yuv422p10le", "yuv444p10le"), 2),
}


def rgb_of(picture: Any, converter: VideoReformatter, *, window: Rect | None = None) -> Frames:
    """Return `picture`, or the `window` of it, as uint8 (H, W, 3) RGB, unturned; exactly the same pixels either way.

    Only the window's surroundings are converted where that is known to change nothing: planar YUV of even
    width and height. Odd pictures take other routes through swscale than even windows do.
    """
    if window is None:
        return _converted(picture, converter)
    left, top, right, bottom = window
    width, height = picture.width, picture.height
    if picture.format.name not in _BYTES_PER_SAMPLE or width % 2 or height % 2:
        return _converted(picture, converter)[top:bottom, left:right]
    first_x, first_y = (max(start - _GRID_PX, 0) // _GRID_PX * _GRID_PX for start in (left, top))
    last_x, last_y = (-(-(end + _GRID_PX) // _GRID_PX) * _GRID_PX for end in (right, bottom))
    part = _part(picture, (first_x, first_y, min(last_x, width), min(last_y, height)))
    return _converted(part, converter)[top - first_y : bottom - first_y, left - first_x : right - first_x]


def upright(picture: Any, converter: VideoReformatter) -> Any:
    """Return `picture` as it is displayed, with the very samples of a file that stores it so.

    Anything but planar YUV whose chroma is shared by squares is RGB afterwards.
    """
    turns = round(picture.rotation / 90) % 4
    if turns == 0:
        return picture
    if picture.format.name not in _BYTES_PER_SAMPLE or "422" in picture.format.name:
        return av.VideoFrame.from_ndarray(turned(rgb_of(picture, converter), turns), "rgb24")
    size_px = (picture.height, picture.width) if turns % 2 else (picture.width, picture.height)
    whole, num_bytes = av.VideoFrame(*size_px, picture.format.name), _BYTES_PER_SAMPLE[picture.format.name]
    for source, target in zip(picture.planes, whole.planes, strict=True):
        _samples(target, num_bytes)[:] = turned(_samples(source, num_bytes), turns)
    _copy_colours(picture, whole)
    return whole


def turned(samples: Frames, turns: int) -> Frames:
    """Return a picture or a plane of one turned counter-clockwise by quarters."""
    codes = (None, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)
    code = codes[turns % 4]
    return samples if code is None else np.asarray(cv2.rotate(samples, code), samples.dtype)


def _converted(picture: Any, converter: VideoReformatter) -> Frames:
    # Left to itself swscale starts a thread a core for every picture.
    return np.asarray(converter.reformat(picture, format="rgb24", threads=1).to_ndarray(), np.uint8)


def _part(picture: Any, at: Rect) -> Any:
    """Return a copy of the part of `picture` that lies at even `at`, with its colour properties."""
    left, top, right, bottom = at
    part = av.VideoFrame(right - left, bottom - top, picture.format.name)
    num_bytes = _BYTES_PER_SAMPLE[picture.format.name]
    for source, target in zip(picture.planes, part.planes, strict=True):
        x, y = left * source.width // picture.width, top * source.height // picture.height
        rows = _rows(source)[y : y + target.height, x * num_bytes : (x + target.width) * num_bytes]
        _rows(target)[:, : target.width * num_bytes] = rows
    _copy_colours(picture, part)
    return part


def _copy_colours(source: Any, target: Any) -> None:
    target.colorspace, target.color_range = source.colorspace, source.color_range
    target.color_primaries, target.color_trc = source.color_primaries, source.color_trc


def _samples(plane: Any, num_bytes: int) -> Any:
    """Return the samples of `plane`, (h, w), without what fills up its rows."""
    rows = _rows(plane)[:, : plane.width * num_bytes]
    return rows if num_bytes == 1 else rows.view(np.uint16)


def _rows(plane: Any) -> Frames:
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
