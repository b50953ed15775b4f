"""Write frames as a video for people, with the same bytes each time; no later step reads it."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from vqaprep.errors import MediaError
from vqaprep.media.convert import Frames
from vqaprep.media.encode import SAME_BYTES_X264, as_yuv
from vqaprep.storage.durable import durable

_TIME_BASE = Fraction(1, 90_000)
_LONGEST_HOLE_S = 3600.0  # MP4 counts the length of a frame in 32 bits
_CRF = "12"  # close to lossless to the eye
_MOST_PX = 4096  # of a side: few players show more, and x264 keeps dozens of pictures


def write_film(target: Path, frames: Iterable[tuple[float, Frames]], *, rate_fps: float) -> int:
    """Write (t_s, uint8 (H, W, 3) RGB) frames of one size as near-lossless H.264; return their number.

    Longer holes between frames are closed, so that the film plays without them. Pictures over 4096 px are reduced.

    Raises:
        MediaError: `too_short` when there is no frame, `unsupported` when the encoder refuses them.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    num_frames, pts, before_s, to_yuv = 0, 0, 0.0, VideoReformatter()
    hole_s = min(2 / rate_fps, _LONGEST_HOLE_S)
    # Without "bitexact" the muxer may write the time and its own version.
    with (
        durable(target) as temporary,
        av.open(str(temporary), "w", "mp4", options={"fflags": "+bitexact"}) as container,
    ):
        stream = _stream(container)
        for t_s, rgb in frames:
            shown = _reduced(rgb)
            height_px, width_px = (size_px + size_px % 2 for size_px in shown.shape[:2])  # 4:2:0 needs even sizes
            # Left to itself the encoder converts colours by paths that read beyond the picture.
            picture = as_yuv(shown, to_yuv, width_px=width_px, height_px=height_px)
            if num_frames == 0:
                stream.width, stream.height = width_px, height_px
            else:
                pts += max(1, round(min(t_s - before_s, hole_s) / _TIME_BASE))
            picture.pts, picture.time_base, before_s = pts, _TIME_BASE, t_s
            container.mux(stream.encode(picture))
            num_frames += 1
        if num_frames == 0:
            raise MediaError("too_short", "no frame lies in a usable stretch")
        container.mux(stream.encode(None))
    return num_frames


def _stream(container: Any) -> Any:
    stream = container.add_stream("libx264", options={"crf": _CRF, "preset": "fast"} | SAME_BYTES_X264)
    stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
    stream.codec_context.colorspace, stream.codec_context.color_range = Colorspace.ITU709, ColorRange.MPEG
    stream.time_base = stream.codec_context.time_base = _TIME_BASE
    return stream


def _reduced(rgb: Frames) -> Frames:
    """Return a picture at no more than `_MOST_PX` a side."""
    scale = _MOST_PX / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    size = max(2, round(rgb.shape[1] * scale)), max(2, round(rgb.shape[0] * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
