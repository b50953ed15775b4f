"""Decode a video once, from its first frame to its last: the reference that names every frame.

Container indices seek to wrong frames in open-GOP, stream-copied and transport-stream files, so a
frame's name is its place in presentation order of one sequential decode, and its time its own (`timeline`).
"""

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

from vqaprep.errors import MediaError
from vqaprep.errors.heartbeat import heartbeat
from vqaprep.media.container import open_stream
from vqaprep.media.convert import Frames, Rect
from vqaprep.media.damage import marked
from vqaprep.media.decord_frames import pictures_of
from vqaprep.media.deinterlace import Timed, deinterlaced
from vqaprep.media.display import Display, Filters, Orientation, displayed_px, has_shape
from vqaprep.media.source_bytes import SourceBytes, open_source
from vqaprep.media.streams import pixel_aspect
from vqaprep.media.timeline import Timeline
from vqaprep.rows import Deinterlace, Video


class DecodedFrame:
    """One decoded frame: place in presentation order, time, and the picture still in decoder format.

    Attributes:
        index: place in presentation order, from 0.
        t_s: presentation time.
        is_damaged: whether damage reaches it; clips, faces and scores leave it out.
        picture: as stored; `rgb` and `small` give it as displayed.
    """

    __slots__ = ("_display", "_turn", "index", "is_damaged", "picture", "t_s")

    def __init__(self, index: int, t_s: float, picture: Any, *, turn: Filters, display: Display) -> None:
        self.index, self.t_s, self.picture = index, t_s, picture
        self._turn, self._display = turn, display
        self.is_damaged = False

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the displayed picture, the same for all frames of a video."""
        return self._display.size_px

    def rgb(self, window: Rect | None = None) -> Frames:
        """Return the displayed picture, or the `window` of it, as uint8 (H, W, 3) RGB."""
        return self._display.rgb(self.picture, self._turn, window)

    def scaled(self, size_px: tuple[int, int]) -> Frames:
        """Return the displayed picture scaled to `size_px`, width and height, as uint8 (H, W, 3) RGB."""
        return self._display.scaled(self.picture, self._turn, size_px)

    def small(self, width_px: int, *, gray: bool = False) -> Frames:
        """Return the displayed picture scaled to about `width_px`: (h, w) if `gray`, else (h, w, 3)."""
        return self._display.small(self.picture, self._turn, width_px, gray=gray)


def decode(uri: str, *, num_frames: int | None = None, scanned: Video | None = None) -> Generator[DecodedFrame]:
    """Yield every frame of `uri` in presentation order.

    Args:
        uri: local path or `fsspec` address.
        num_frames: what `scan` counted; fewer decoded frames raise `truncated`.
        scanned: the row that `scan` made of it, which says which stream is read and at which size; other bytes raise
            `changed` before the first frame. Without it the file is read as `scan` would.

    Raises:
        MediaError: `unreadable`, `no_video`, `corrupt`, `changed` or `truncated`, with the decoder's own words, or
            `unsupported` where the picture changes its proportions.
    """
    index = 0
    with ExitStack() as opened:
        source = opened.enter_context(open_source(uri))
        if scanned is not None:
            source.check(scanned)
        container, stream = opened.enter_context(open_stream(source, None if scanned is None else scanned.stream_index))
        shower = Shower(stream, scanned)
        damaged: list[bool] = []
        deinterlace = scanned.deinterlace if scanned else "off"
        if scanned is not None and scanned.decoder == "decord":
            timed = pictures_of(source, container, stream, damaged, start_s=scanned.start_s)
        else:
            timed = _timed(source, container, stream, damaged, deinterlace=deinterlace)
        for t_s, picture in timed:
            frame = shower.frame(index, t_s, picture)
            frame.is_damaged = _is_damaged(damaged, index, deinterlace)
            if frame.is_damaged and scanned and scanned.on_damage == "drop":
                raise MediaError("corrupt", f"frame {index} is damaged; scan --on-damage skip uses what is sound")
            yield frame
            index += 1
        source.check_same()
    is_sound = not any(damaged)  # packets that are lost to damage give no frames
    if is_sound and num_frames is not None and index < num_frames - max(_TAIL_FRAMES, _LOOSE * num_frames):
        raise MediaError("truncated", f"{index} of {num_frames} frames could be decoded")


_TAIL_FRAMES = 2  # open-GOP ends and codec delay legitimately cost a frame or two
_LOOSE = 0.1  # packets that hold no picture of their own (hidden, not coded) are counted by scan, where it cannot know


def _is_damaged(damaged: list[bool], index: int, deinterlace: Deinterlace) -> bool:
    """Say whether frame `index` is made of damaged pictures; one that is deinterlaced is made of three."""
    place = index // 2 if deinterlace == "field" else index
    return damaged[place] if deinterlace == "off" else any(damaged[max(place - 1, 0) : place + 2])


def _timed(
    source: SourceBytes, container: Any, stream: Any, damaged: list[bool], *, deinterlace: Deinterlace
) -> Iterator[Timed]:
    """Yield time and picture of every frame, as stored or deinterlaced; note in `damaged` which stored ones are."""
    if deinterlace != "off":
        yield from deinterlaced(_timed(source, container, stream, damaged, deinterlace="off"), deinterlace)
        return
    timeline = Timeline(stream)
    for picture, is_damaged in marked(container, stream):
        heartbeat()
        if source.is_local:
            source.check_same()
        damaged.append(is_damaged)
        yield timeline.see(picture), picture


class Shower:
    """Shows the pictures of one decode, each turned as its matrix says, at the size of the video.

    A picture may change its size: it is scaled, as ffmpeg and players do. It may not change its displayed proportions.
    """

    def __init__(self, stream: Any, scanned: Video | None) -> None:
        self._aspect = Fraction(1) if scanned and scanned.pixels == "stored" else pixel_aspect(stream)
        self._display = None if scanned is None else Display((scanned.width_px, scanned.height_px))
        self._orientation = Orientation()
        self._fitting: set[tuple[int, int, Filters]] = set()

    def frame(self, index: int, t_s: float, picture: Any) -> DecodedFrame:
        """Return the frame of the next picture."""
        turn = self._orientation.turn(picture)
        if self._display is None:
            self._display = Display(displayed_px(picture, turn, self._aspect))
        if (key := (picture.width, picture.height, turn)) not in self._fitting:
            self._check(index, displayed_px(picture, turn, self._aspect), self._display.size_px)
            self._fitting.add(key)
        return DecodedFrame(index, t_s, picture, turn=turn, display=self._display)

    def _check(self, index: int, size_px: tuple[int, int], wanted_px: tuple[int, int]) -> None:
        if not has_shape(size_px, wanted_px):
            found_size, wanted = ("{}x{}".format(*size) for size in (size_px, wanted_px))
            raise MediaError("unsupported", f"frame {index} is {found_size}, which has other proportions than {wanted}")
