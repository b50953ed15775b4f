"""Write the face video of a crop, and the contact sheet that shows how the face was chosen, for people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.media.convert import Frames
from vqaprep.media.decode import DecodedFrame, decode
from vqaprep.media.film import write_film
from vqaprep.rows import Box, TrackPoint, Video
from vqaprep.storage.durable import durable


def box_at(track: Sequence[TrackPoint], t_s: float) -> Box:
    """Return the crop at `t_s`: linear between the points around it, the nearest point's box outside."""
    times = np.array([point.t_s for point in track])
    sides = [[getattr(point, name) for point in track] for name in ("x_px", "y_px", "w_px", "h_px")]
    return Box(*(float(np.interp(t_s, times, values)) for values in sides))


def cut_out(rgb: Frames, box: Box, size_px: int) -> Frames:
    """Return `box` of an RGB picture, uint8 (H, W, 3), scaled to (size_px, size_px, 3), exact to a part of a pixel."""
    side_px = max(size_px, ceil(box.w_px))  # shrink in two steps: one sample a pixel would alias
    scale = box.w_px / side_px
    shift = scale / 2 - 0.5  # pixel centres lie at halves
    matrix = np.array([[scale, 0, box.x_px + shift], [0, scale, box.y_px + shift]], np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    square = cv2.warpAffine(rgb, matrix, (side_px, side_px), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    if side_px > size_px:
        square = cv2.resize(square, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return np.asarray(square, np.uint8)


def render_crop(video: Video, target: Path, *, size_px: int) -> int:
    """Write the usable frames of `video`, cropped to size_px x size_px, as near-lossless H.264; return their number.

    Holes are left out, so the file plays without them; within a stretch the frames keep their spacing.

    Raises:
        MediaError: the source cannot be decoded.
    """
    assert video.crop_track is not None
    track = video.crop_track
    cut = ((f.t_s, cut_out(f.rgb(), box_at(track, f.t_s), size_px)) for f in usable_frames(video))
    return write_film(target, cut, rate_fps=video.rate_fps)


def usable_frames(video: Video) -> Iterator[DecodedFrame]:
    """Yield the frames in the usable spans of `video`.

    Raises:
        MediaError: the video cannot be decoded, or its picture changes its shape.
    """
    for frame in decode(video.uri, num_frames=video.num_frames, scanned=video):
        if not frame.is_damaged and any(frame.t_s in span for span in video.spans):
            yield frame


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to outline on the contact sheet."""

    t_s: float
    box: Box
    kind: Literal["chosen", "rejected", "caption", "crop", "reading"]
    text: str = ""


def contact_sheet(video: Video, target: Path, marks: Sequence[Mark], *, title: str, times_s: Sequence[float]) -> None:
    """Write a PNG of the frames at `times_s` with their marks.

    Chosen faces are green, rejected ones red, captions blue, the crop white, and tiles that a caption may name yellow.
    The sheet shows faces; put it where only those who may see them can.
    """
    tiles = [_tile(frame, marks, video.width_px) for frame in _at(video, times_s)]
    blank = np.full_like(tiles[0], 24) if tiles else np.full((180, _TILE_PX, 3), 24, np.uint8)
    tiles += [blank] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[i : i + _COLUMNS]) for i in range(0, len(tiles), _COLUMNS)]
    head = np.full((40, _TILE_PX * _COLUMNS, 3), 24, np.uint8)
    _write(head, title, (8, 27), (255, 255, 255))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    ok, png = cv2.imencode(".png", np.vstack([head, *rows])[..., ::-1])
    assert ok
    with durable(target) as temporary:
        temporary.write_bytes(png.tobytes())


_COLUMNS, _TILE_PX = 3, 480
_HIGHEST_TILES = 4  # times their width: a picture of a few columns would become one of a hundred thousand rows
_COLORS = {"chosen": (0, 210, 0), "rejected": (230, 0, 0), "caption": (60, 130, 255), "crop": (255, 255, 255),
           "reading": (255, 210, 0)}  # fmt: skip


def _at(video: Video, times_s: Sequence[float]) -> Iterator[DecodedFrame]:
    """Yield the first frame at or after each of `times_s`."""
    waiting = sorted(times_s)
    for frame in decode(video.uri, num_frames=video.num_frames, scanned=video):
        if waiting and frame.t_s >= waiting[0] - 1e-6:
            waiting.pop(0)
            yield frame


def _tile(frame: DecodedFrame, marks: Sequence[Mark], width_px: int) -> Frames:
    small = frame.small(_TILE_PX)
    height_px = round(small.shape[0] * _TILE_PX / small.shape[1])
    size_px = _TILE_PX, min(max(height_px, 1), _HIGHEST_TILES * _TILE_PX)
    picture = np.asarray(cv2.resize(small, size_px), np.uint8)
    for mark in marks:
        if abs(mark.t_s - frame.t_s) < 1e-6:
            _outline(picture, mark, _TILE_PX / width_px)
    _write(picture, f"{frame.t_s:.2f} s", (6, 20), (255, 255, 255))
    return picture


def _outline(picture: npt.NDArray[Any], mark: Mark, scale: float) -> None:
    x, y = round(mark.box.x_px * scale), round(mark.box.y_px * scale)
    corner = x + round(mark.box.w_px * scale), y + round(mark.box.h_px * scale)
    cv2.rectangle(picture, (x, y), corner, _COLORS[mark.kind], 1 if mark.kind in ("crop", "caption", "reading") else 2)
    if mark.text:
        _write(picture, mark.text, (x, max(12, y - 5)), _COLORS[mark.kind])


def _write(picture: npt.NDArray[Any], text: str, place: tuple[int, int], color: tuple[int, int, int]) -> None:
    plain = text.encode("ascii", "replace").decode()
    for x, y, ink in ((place[0] + 1, place[1] + 1, (0, 0, 0)), (*place, color)):
        cv2.putText(picture, plain, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, 1, cv2.LINE_AA)
