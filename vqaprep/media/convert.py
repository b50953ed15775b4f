"""Convert a decoded picture, or only a window of it, to RGB."""

from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

from vqaprep.errors import MediaError

Frames = npt.NDArray[np.uint8]
Rect = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels, right and bottom excluded."""

_GRID_PX = 16  # whole samples of subsampled chroma, and whole vectors of the converter
_BYTES_PER_SAMPLE = {
    **dict.fromkeys(("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"), 1),
    "yuv444p10le": 2,
}


def rgb_of(picture: Any, converter: VideoReformatter, *, window: Rect | None = None) -> Frames:
    """Return `picture`, or the `window` of it, as uint8 (H, W, 3) RGB, unturned; exactly the same pixels either way.

    Where the picture `is_plain`, only the window's surroundings are converted.
    """
    if window is None:
        return _converted(picture, converter)
    left, top, right, bottom = window
    width, height = picture.width, picture.height
    if not is_plain(picture):
        return _converted(picture, converter)[top:bottom, left:right]
    first_x, first_y = (max(start - _GRID_PX, 0) // _GRID_PX * _GRID_PX for start in (left, top))
    last_x, last_y = (-(-(end + _GRID_PX) // _GRID_PX) * _GRID_PX for end in (right, bottom))
    part = _cut_out(picture, (first_x, first_y, min(last_x, width), min(last_y, height)))
    return _converted(part, converter)[top - first_y : bottom - first_y, left - first_x : right - first_x]


def is_plain(picture: Any) -> bool:
    """Say whether converting a part of `picture` gives the pixels that ffmpeg gives there: planar YUV of even sides.

    Odd pictures take other routes through swscale than even windows do. Deep ones with coarser chroma are converted
    by the place of chroma, and interlaced ones field by field; a part knows neither.
    """
    is_even = picture.width % 2 == picture.height % 2 == 0
    return is_even and picture.format.name in _BYTES_PER_SAMPLE and not picture.interlaced_frame


def reformatted(picture: Any, converter: VideoReformatter, **how: Any) -> Frames:
    """Return a picture in another format or size.

    Raises:
        MediaError: `unsupported`, libswscale knows no way; one is a picture of two fields that has one row.
    """
    try:
        # Left to itself swscale starts a thread a core for every picture.
        return np.asarray(converter.reformat(picture, threads=1, **how).to_ndarray(), np.uint8)
    except av.error.FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        shape = f"{picture.width}x{picture.height} px in {picture.format.name}"
        raise MediaError("unsupported", f"a picture of {shape} cannot be converted: {error.strerror}") from error


def _converted(picture: Any, converter: VideoReformatter) -> Frames:
    return reformatted(picture, converter, format="rgb24")


def _cut_out(picture: Any, at: Rect) -> Any:
    """Return a copy of the part of `picture` that lies at even `at`, with its colour properties."""
    left, top, right, bottom = at
    part = av.VideoFrame(right - left, bottom - top, picture.format.name)
    num_bytes = _BYTES_PER_SAMPLE[picture.format.name]
    for source, target in zip(picture.planes, part.planes, strict=True):
        x, y = left * source.width // picture.width, top * source.height // picture.height
        rows = _rows(source)[y : y + target.height, x * num_bytes : (x + target.width) * num_bytes]
        _rows(target)[:, : target.width * num_bytes] = rows
    part.colorspace, part.color_range = picture.colorspace, picture.color_range
    part.color_primaries, part.color_trc = picture.color_primaries, picture.color_trc
    return part


def _rows(plane: Any) -> Frames:
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
