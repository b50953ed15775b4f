"""Decode a video once, from its first frame to its last: the only way frames are ever identified.

Container indices seek to wrong frames in open-GOP, stream-copied and transport-stream files, so a
frame's name is its place in presentation order of one sequential decode, and its time its own (`timeline`).
"""

from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from av.video.reformatter import VideoReformatter

from vqaprep.errors import MediaError
from vqaprep.heartbeat import heartbeat
from vqaprep.media.container import open_stream
from vqaprep.media.convert import Frames, Rect, rgb_of, upright
from vqaprep.media.source_bytes import open_source
from vqaprep.media.timeline import Timeline
from vqaprep.rows import Video


@dataclass(frozen=True, slots=True)
class DecodedFrame:
    """One decoded frame: place in presentation order, time, and the picture still in decoder format."""

    index: int
    t_s: float
    picture: Any
    converter: VideoReformatter = field(default_factory=VideoReformatter, repr=False, compare=False)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the displayed picture."""
        width, height = self.picture.width, self.picture.height
        return (height, width) if self.picture.rotation % 180 else (width, height)

    def check_size(self, width_px: int, height_px: int) -> None:
        """Refuse a displayed picture of another size.

        Raises:
            MediaError: `unsupported`.
        """
        if self.size_px != (width_px, height_px):
            found = "{}x{}".format(*self.size_px)
            raise MediaError("unsupported", f"frame {self.index} is {found}, not {width_px}x{height_px}")

    def rgb(self, window: Rect | None = None) -> Frames:
        """Return the displayed picture, or the `window` of it, as uint8 (H, W, 3) RGB, rotation applied, no scaling."""
        return rgb_of(upright(self.picture), self.converter, window=window)

    def small(self, width_px: int, *, gray: bool = False) -> Frames:
        """Return the displayed picture scaled to about `width_px`: (h, w) if `gray`, else (h, w, 3)."""
        picture = upright(self.picture)
        scale = min(1.0, width_px / picture.width)
        size = max(2, round(picture.width * scale)), max(2, round(picture.height * scale))
        layout = "gray" if gray else "rgb24"
        small = self.converter.reformat(
            picture, width=size[0], height=size[1], format=layout, interpolation="AREA", threads=1
        )
        return np.asarray(small.to_ndarray(), np.uint8)


def decode(uri: str, *, num_frames: int | None = None, scanned: Video | None = None) -> Generator[DecodedFrame]:
    """Yield every frame of `uri` in presentation order.

    Args:
        uri: local path or `fsspec` address.
        num_frames: what `scan` counted; fewer decoded frames raise `truncated`.
        scanned: the row that `scan` made of it; other bytes raise `changed` before the first frame.

    Raises:
        MediaError: `unreadable`, `no_video`, `corrupt`, `changed` or `truncated`, with the decoder's own words.
    """
    index, converter = 0, VideoReformatter()
    with ExitStack() as opened:
        source = opened.enter_context(open_source(uri))
        if scanned is not None:
            source.check(scanned)
        container, stream = opened.enter_context(open_stream(source))
        timeline = Timeline(stream)
        for picture in container.decode(stream):
            heartbeat()
            if source.is_local:
                source.check_same()
            if picture.is_corrupt:
                raise MediaError("corrupt", f"frame {index} is flagged corrupt by the decoder")
            yield DecodedFrame(index, timeline.see(picture), picture, converter)
            index += 1
        source.check_same()
    if num_frames is not None and index < num_frames - _TAIL_FRAMES:
        raise MediaError("truncated", f"{index} of {num_frames} frames could be decoded")


_TAIL_FRAMES = 2  # open-GOP ends and codec delay legitimately cost a frame or two
