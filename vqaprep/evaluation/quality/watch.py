"""Compute the features of each second of a video in one pass; memory does not depend on its length or size.

Of each second two moments are looked at, each in three neighbouring frames and in a few windows of native pixels
whose places change from second to second. The rhythm of all frames is read from thumbnails.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from vqaprep.errors import MediaError
from vqaprep.evaluation.quality.second import THUMBNAIL_PX, Frames, second_numbers, thumbnail
from vqaprep.evaluation.quality.spatial import Numbers
from vqaprep.media.convert import Rect
from vqaprep.media.damage import check_share
from vqaprep.media.decode import DecodedFrame, decode
from vqaprep.rows import Video

_WINDOW_PX = (512, 288)
"""Long and short side of a window: about what the scorer learned from."""
_WHOLE_PX = 640 * 360  # up to this size the whole picture is read
_MOST_WINDOWS = 3
LEAST_PX = 48
"""The shortest side of a picture: three octaves of a smaller one hold no block."""
_PICTURE_PX = 320
_MOST_HOLE_FRAMES, _MOST_HOLE_S = 4.5, 0.5  # a freeze is watched, an outage is not
_FEWEST = 8  # frames: fewer show no rhythm
_FULL_RANGE, _LIMITED_RANGE = 1.0, 255 / 219
_LUMA_FIRST = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray")


@dataclass
class Second:
    """About a second of video: [start_s, end_s), the numbers of each window, and the middle picture."""

    start_s: float
    end_s: float
    windows: list[Numbers]
    picture: Frames
    """(h, w, 3) RGB, 320 px wide."""


@dataclass
class _Open:
    """A second that is being watched; one that is not `wanted` is only counted."""

    start_s: float
    places: list[Rect]
    wanted: bool
    moments: dict[int, list[list[Frames]]] = field(default_factory=dict)
    thumbnails: list[NDArray[np.float32]] = field(default_factory=list)
    picture: Frames | None = None
    count: int = 0
    last_s: float = 0.0

    def see(self, frame: DecodedFrame, middles: list[int]) -> None:
        """Take what is needed of the next frame; pixels of the frames around `middles` alone."""
        if self.wanted:
            thumb = _thumbnail(frame)
            if self.thumbnails and thumb.shape != (shape := self.thumbnails[0].shape):  # the stream changed its size
                thumb = np.asarray(cv2.resize(thumb, shape[::-1], interpolation=cv2.INTER_AREA), np.float32)
            self.thumbnails.append(thumb)
            for middle in middles:
                if abs(self.count - middle) <= 1:
                    self.moments.setdefault(middle, []).append([frame.rgb(window) for window in self.places])
            if self.count == middles[0]:
                self.picture = frame.small(_PICTURE_PX)
        self.count += 1
        self.last_s = frame.t_s

    def closed(self) -> Iterator[Second]:
        """Yield the finished second, where it holds a whole moment."""
        whole = [moment for moment in self.moments.values() if len(moment) == 3]
        if not whole or self.picture is None:
            return
        thumbnails = np.stack(self.thumbnails)
        windows = [
            second_numbers([np.stack([pictures[n] for pictures in seen]) for seen in whole], thumbnails)
            for n in range(len(self.places))
        ]
        step_s = (self.last_s - self.start_s) / max(1, self.count - 1)
        yield Second(self.start_s, self.last_s + step_s, windows, self.picture)


def seconds_of(video: Video, *, every: int = 1) -> Iterator[Second]:
    """Yield the seconds of the usable spans of a video, or one of each `every`.

    A second holds no gap in time and no damaged frame. What is left at the end of a stretch counts when it holds one
    whole moment, a short video too.

    Raises:
        MediaError: the video cannot be decoded, its picture is too small, or too much of it is damaged.
    """
    if min(video.width_px, video.height_px) < LEAST_PX:
        raise MediaError("too_small", f"{video.width_px}x{video.height_px} px; {LEAST_PX} on each side are needed")
    rate_fps = video.rate_fps if 1 <= video.rate_fps <= 480 else 25.0
    # Neighbours are at most about 1/30 s apart at high rates, as in the clips that the scorer learned from.
    stride = max(1, round(rate_fps / 30))
    length = max(_FEWEST, round(rate_fps / stride))
    if video.num_frames:
        length = max(3, min(length, video.num_frames // stride))
    middles = moments_of(length)
    now, number = None, 0
    for frame, opens in _usable(video, rate_fps, stride):
        if opens and now is not None:
            yield from now.closed()
            now = None
        if now is None:
            now = _Open(frame.t_s, windows_of(frame.size_px, number), wanted=number % every == 0)
        now.see(frame, middles)
        if now.count == length:
            yield from now.closed()
            now, number = None, number + 1
    if now is not None:
        yield from now.closed()


def _usable(video: Video, rate_fps: float, stride: int) -> Iterator[tuple[DecodedFrame, bool]]:
    """Yield every `stride`-th frame that may be looked at, and whether it opens a stretch without a gap."""
    num_frames = num_damaged = count = 0
    place, before_s = -1, float("-inf")
    for frame in decode(video.uri, num_frames=video.num_frames, scanned=video):
        num_frames, num_damaged = num_frames + 1, num_damaged + frame.is_damaged
        span = next((n for n, one in enumerate(video.spans) if frame.t_s in one), -1)
        is_apart = frame.t_s - before_s > _MOST_HOLE_FRAMES / rate_fps + _MOST_HOLE_S
        before_s = frame.t_s
        if span != place or frame.is_damaged or is_apart:
            place, count = (-1 if frame.is_damaged else span), 0
        if span < 0 or frame.is_damaged:
            continue
        if count % stride == 0:
            yield frame, count == 0
        count += 1
    check_share(num_damaged, num_frames)


def moments_of(num_frames: int) -> list[int]:
    """Return the frames of a second of `num_frames` that are looked at, each with both neighbours."""
    return sorted({max(1, num_frames // 4), max(1, min(3 * num_frames // 4, num_frames - 2))})


def windows_of(size_px: tuple[int, int], number: int) -> list[Rect]:
    """Return windows of native pixels in second `number`: the whole of a small picture, else up to three cells."""
    width, height = size_px
    if width * height <= _WHOLE_PX:
        return [(0, 0, width, height)]
    long_px, short_px = _WINDOW_PX
    window = (long_px, short_px) if width >= height else (short_px, long_px)
    sides = tuple(min(side, most) // 2 * 2 for side, most in zip(window, size_px, strict=True))
    columns, rows = (-(-side // part) for side, part in zip(size_px, sides, strict=True))
    cells = columns * rows
    wanted = min(_MOST_WINDOWS, cells)
    # A step that has no factor in common with the number of cells visits all of them in turn.
    step = next(n for n in range(max(1, cells * 5 // 13), cells + 1) if np.gcd(n, cells) == 1)
    windows = []
    for n in range(wanted):
        row, column = divmod(step * (number * wanted + n) % cells, columns)
        left = 0 if columns == 1 else (width - sides[0]) * column // (columns - 1) // 2 * 2
        top = 0 if rows == 1 else (height - sides[1]) * row // (rows - 1) // 2 * 2
        windows.append((left, top, left + sides[0], top + sides[1]))
    return windows


def _thumbnail(frame: DecodedFrame) -> NDArray[np.float32]:
    """Return luma of a frame, thinned; of formats whose luma is a plane of bytes without any conversion."""
    picture = frame.picture
    if picture.format.name not in _LUMA_FIRST:
        return np.asarray(frame.small(THUMBNAIL_PX, gray=True), np.float32)
    plane = picture.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    is_full = "yuvj" in picture.format.name or int(picture.color_range) == 2
    return (thumbnail(luma) - (0 if is_full else 16)) * np.float32(_FULL_RANGE if is_full else _LIMITED_RANGE)
