"""Turn a decoded picture, or only a window of it, into RGB, and one that lies on its side upright."""

from typing import Any

import av
import av.filter
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

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

    Only the window's surroundings are converted where that is known to change nothing: planar YUV of even
    width and height. Odd pictures take other routes through swscale than even windows do, and deep ones with
    coarser chroma are converted by the place of chroma, which a part does not know.
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


def upright(picture: Any) -> Any:
    """Return `picture` turned to how it is displayed, with the very samples of a file that stores it so.

    Its place of chroma goes with it, which a picture made of turned planes would lack: scaling heeds it.
    """
    turns = round(picture.rotation / 90) % 4
    if turns == 0:
        return picture
    graph = av.filter.Graph()
    graph.threads = 1
    last = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=picture.time_base
    )
    for name, how in _FILTERS[turns]:
        following = graph.add(name, how)
        last.link_to(following)
        last = following
    last.link_to(graph.add("buffersink"))
    graph.configure()
    graph.push(picture)
    return graph.pull()


_FILTERS = {1: [("transpose", "cclock")], 2: [("hflip", ""), ("vflip", "")], 3: [("transpose", "clock")]}


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
    part.colorspace, part.color_range = picture.colorspace, picture.color_range
    part.color_primaries, part.color_trc = picture.color_primaries, picture.color_trc
    return part


def _rows(plane: Any) -> Frames:
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
