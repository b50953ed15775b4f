"""Convert a stored picture to how players display it: rotated, with square pixels, at one size for all frames."""

import struct
from fractions import Fraction
from functools import cache
from math import atan2, degrees, floor, hypot
from typing import Any

import av
import av.filter
import numpy as np
from av.sidedata.sidedata import Type
from av.video.reformatter import Interpolation, VideoReformatter

from vqaprep.media.convert import Frames, Rect, is_plain, reformatted, rgb_of

Filters = tuple[tuple[str, str], ...]
"""Filters of libavfilter in their order, with their arguments."""

_QUARTER_TURNS: dict[int, Filters] = {
    0: (),
    1: (("transpose", "cclock"),),
    2: (("hflip", ""), ("vflip", "")),
    3: (("transpose", "clock"),),
}
_SAME_SHAPE = 0.03  # encoders that scale round sides to whole blocks; a face 3 % too wide is not seen as such


class Display:
    """Shows the pictures of one decode at `size_px`, the displayed width and height."""

    def __init__(self, size_px: tuple[int, int]) -> None:
        self.size_px = size_px
        self._converter = VideoReformatter()
        self._graphs: dict[tuple[Any, ...], Any] = {}

    def rgb(self, picture: Any, turn: Filters, window: Rect | None = None) -> Frames:
        """Return a picture, or the `window` of it, as uint8 (H, W, 3) RGB: the very pixels that ffmpeg gives.

        The quick way is taken where it is known to give the same pixels, so that common videos cost nothing extra.
        """
        stored_px = self.size_px[::-1] if _is_lying(turn) else self.size_px
        has_size = (picture.width, picture.height) == stored_px
        is_kept = not (_is_lying(turn) and "422" in picture.format.name)  # `transpose` takes no 4:2:2
        if has_size and is_kept and is_plain(picture):
            return rgb_of(self.upright(picture, turn), self._converter, window=window)
        scale = () if has_size else (("scale", f"{self.size_px[0]}:{self.size_px[1]}:flags=bicubic"),)
        whole = np.asarray(self._through((*turn, *scale, ("format", "rgb24")), picture).to_ndarray(), np.uint8)
        left, top, right, bottom = window or (0, 0, *self.size_px)
        return whole[top:bottom, left:right]

    def scaled(self, picture: Any, turn: Filters, size_px: tuple[int, int]) -> Frames:
        """Return a picture scaled from the decoder's planes straight to (width, height): uint8 (H, W, 3) RGB.

        Each sample is the mean over its area, bicubic where the picture is enlarged. That costs a quarter of scaling
        the RGB picture of full size, and is nearer to the exact mean: nothing is rounded in between.
        """
        # Of a picture that is flagged as two fields swscale would scale each by itself, and leave combs.
        as_frame = (("setfield", "prog"),) if picture.interlaced_frame else ()
        whole = self.upright(picture, (*turn, *as_frame))
        is_smaller = size_px[0] <= whole.width and size_px[1] <= whole.height
        kernel = Interpolation.AREA if is_smaller else Interpolation.BICUBIC
        # Without these flags swscale halves the width of chroma again, and rounds down.
        kernel |= Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
        how = {"width": size_px[0], "height": size_px[1], "interpolation": kernel}
        return reformatted(whole, self._converter, format="gbrp", **how)  # the pixels of `rgb24`, in less time

    def small(self, picture: Any, turn: Filters, width_px: int, *, gray: bool = False) -> Frames:
        """Return a picture scaled to about `width_px`, never enlarged: (h, w) if `gray`, else (h, w, 3)."""
        scale = min(1.0, width_px / self.size_px[0])
        width, height = (max(2, round(side * scale)) for side in self.size_px)
        how = {"width": width, "height": height, "format": "gray" if gray else "rgb24", "interpolation": "AREA"}
        return reformatted(self.upright(picture, turn), self._converter, **how)

    def upright(self, picture: Any, turn: Filters) -> Any:
        """Return `picture` turned to how it is displayed, with the very samples of a file that stores it so.

        Its place of chroma goes with it, which a picture made of turned planes would lack: scaling heeds it.
        """
        return self._through(turn, picture) if turn else picture

    def _through(self, filters: Filters, picture: Any) -> Any:
        key = filters, picture.width, picture.height, picture.format.name
        if key not in self._graphs:
            self._graphs[key] = _graph(picture, filters)
        self._graphs[key].push(picture)
        return self._graphs[key].pull()


class Orientation:
    """How the pictures of one decode are turned: asks a picture for its matrix only where that may have changed."""

    def __init__(self) -> None:
        self._turn: Filters | None = None
        self._angle = 0

    def turn(self, picture: Any) -> Filters:
        """Return what turns the next picture upright, as `turn_of` says."""
        angle = picture.rotation  # costs nothing, unlike `turn_of`
        # An angle of 0 is that of a picture without a matrix, too, which is turned as the one before. Only key pictures
        # bring a matrix that puts an end to that.
        is_new = angle != self._angle if angle else bool(self._turn) and picture.key_frame
        if self._turn is None or is_new:
            self._turn = turn_of(picture, self._turn or ())
            self._angle = angle if angle or not self._turn else self._angle
        return self._turn


def turn_of(picture: Any, before: Filters = ()) -> Filters:
    """Return what turns `picture` upright: exactly what ffmpeg does, for every display matrix.

    A matrix of the container comes with every picture. One of an H.264 or HEVC stream comes with some key frames and
    lasts until another comes, so that a picture without any is turned as the one `before` it.
    """
    try:
        kinds = list(_miniature(picture).side_data)
    except ValueError:
        # PyAV lists no side data of a frame with a kind that it does not know, such as the view of a stereo video
        # (MV-HEVC). The angle can still be asked for; that the picture is mirrored cannot.
        return _QUARTER_TURNS[round(picture.rotation / 90) % 4]
    for data in kinds:
        if data.type is Type.DISPLAYMATRIX:
            return _turn(bytes(data))
    return before


def words_of(turn: Filters) -> str:
    """Return how a picture is turned, as the manifest says it: the names of ffmpeg's filters, or `upright`."""
    return ", ".join(f"{name} {arguments}".strip() for name, arguments in turn) or "upright"


def displayed_px(picture: Any, turn: Filters, aspect: Fraction) -> tuple[int, int]:
    """Return width and height of `picture` turned upright, with pixels of `aspect` (width over height) made square.

    The displayed height is kept and the width cut to a whole number, as by ffmpeg's `scale=iw*sar:ih`.
    """
    width, height = picture.width, picture.height
    if _is_lying(turn):
        width, height, aspect = height, width, 1 / aspect
    return int(width * (aspect.numerator / aspect.denominator)) or width, height


def has_shape(size_px: tuple[int, int], other_px: tuple[int, int]) -> bool:
    """Say whether two sizes have the same proportions, so that scaling one to the other deforms nothing."""
    return abs(size_px[0] * other_px[1] / (size_px[1] * other_px[0]) - 1) <= _SAME_SHAPE


@cache
def _turn(matrix: bytes) -> Filters:
    """Return the filters that ffmpeg inserts for a display matrix (configure_input_video_filter, ffmpeg_filter.c).

    A matrix that turns nothing, holds only zeros, or is degenerate asks for none. An angle between right angles is
    turned by, in a picture of the same size with black corners.
    """
    a, b, _, c, d, *_ = struct.unpack("=9i", matrix)
    across, down = hypot(a, c), hypot(b, d)
    if across == 0 or down == 0:
        return ()
    angle = round(degrees(atan2(b / down, a / across)))
    angle -= 360 * floor(angle / 360 + 0.9 / 360)
    if angle == 90:
        return (("transpose", "cclock_flip" if c > 0 else "clock"),)
    if angle == 270:
        return (("transpose", "clock_flip" if c < 0 else "cclock"),)
    if angle == 180:
        return _flips(across=a < 0, down=d < 0)
    if angle > 1:
        return (("rotate", f"{angle}*PI/180"),)
    return _flips(across=False, down=angle == 0 and d < 0)


def _miniature(picture: Any) -> Any:
    """Return a tiny picture with the side data of `picture`.

    PyAV's side data and its picture refer to each other, so a picture that was asked for it stays in memory until
    Python next looks for such cycles. That may be gigabytes later: the decoder's whole pool of pictures stays with it.
    """
    graph = _graph(picture, (("scale", "16:16:flags=neighbor"),))
    graph.push(picture)
    return graph.pull()


def _flips(*, across: bool, down: bool) -> Filters:
    return tuple((name, "") for name, is_wanted in (("hflip", across), ("vflip", down)) if is_wanted)


def _is_lying(turn: Filters) -> bool:
    """Say whether width and height change places."""
    return any(name == "transpose" for name, _ in turn)


def _graph(picture: Any, filters: Filters) -> Any:
    graph = av.filter.Graph()
    graph.threads = 1
    last = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=picture.time_base
    )
    # `vflip` turns no rows over, it counts them from the last one up. A part of such a picture is read by its memory
    # (`convert`), which would still be upside down, so a copy puts the rows in the order in which they are shown.
    in_order = (("copy", ""),) if any(name == "vflip" for name, _ in filters) else ()
    for name, arguments in (*filters, *in_order):
        following = graph.add(name, arguments)
        last.link_to(following)
        last = following
    last.link_to(graph.add("buffersink"))
    graph.configure()
    return graph
