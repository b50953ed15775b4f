"""The frames of a film by number, and tiny pictures of them, in which two films are compared to align them."""

from collections.abc import Iterator
from itertools import islice

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.media.decode import DecodedFrame, decode
from vqaprep.rows import Video

Thumbnails = npt.NDArray[np.float32]
"""float32 (N, 20, 36): luma less the mean of its picture, so that a change of brightness does not count."""

_WIDTH_PX, _HEIGHT_PX = 36, 20


def thumbnails(video: Video, *, most: int, ticks_fps: float | None = None) -> Thumbnails:
    """Return thumbnails of the first `most` frames of `numbered`."""
    pictures = [_thumbnail(frame) for frame in islice(numbered(video, ticks_fps), most)]
    return np.stack(pictures) if pictures else np.empty((0, _HEIGHT_PX, _WIDTH_PX), np.float32)


def numbered(video: Video, ticks_fps: float | None = None) -> Iterator[DecodedFrame]:
    """Yield the frames of a film in the order in which ffmpeg numbers them.

    With `ticks_fps` one per tick of that rate, as ffmpeg's `fps` filter gives them: the last frame whose time, rounded
    to ticks, is not later. Without it every stored frame.
    """
    frames = decode(video.uri, scanned=video)
    if ticks_fps is None:
        yield from frames
        return
    held: DecodedFrame | None = None
    first_s, tick = 0.0, 0
    for frame in frames:
        if held is None:
            first_s = frame.t_s
        else:
            due = round((frame.t_s - first_s) * ticks_fps)
            for _ in range(tick, due):
                yield held
            tick = max(tick, due)
        held = frame
    if held is not None:
        yield held


def _thumbnail(frame: DecodedFrame) -> npt.NDArray[np.float32]:
    gray = frame.small(4 * _WIDTH_PX, gray=True)
    small = cv2.resize(gray, (_WIDTH_PX, _HEIGHT_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(small - small.mean(), np.float32)
