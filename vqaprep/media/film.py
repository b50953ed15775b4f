"""Write frames as a film for people to watch; nothing downstream reads it."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from vqaprep.durable import durable
from vqaprep.errors import MediaError
from vqaprep.media.convert import Frames

_TIME_BASE = Fraction(1, 90_000)
_CRF = "12"  # close to lossless to the eye


def write_film(target: Path, frames: Iterable[tuple[float, Frames]], *, rate_fps: float) -> int:
    """Write (t_s, uint8 (H, W, 3) RGB) frames of one size as near-lossless H.264; return their number.

    Longer holes between frames are closed, so that the film plays without them.

    Raises:
        MediaError: `too_short` when there is no frame.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    num_frames, pts, before_s = 0, 0, 0.0
    with durable(target) as temporary, av.open(str(temporary), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", options={"crf": _CRF, "preset": "fast"})
        stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
        stream.time_base = stream.codec_context.time_base = _TIME_BASE
        for t_s, rgb in frames:
            picture = av.VideoFrame.from_ndarray(_even(rgb))
            if num_frames == 0:
                stream.width, stream.height = picture.width, picture.height
            else:
                pts += max(1, round(min(t_s - before_s, 2 / rate_fps) / _TIME_BASE))
            picture.pts, picture.time_base, before_s = pts, _TIME_BASE, t_s
            container.mux(stream.encode(picture))
            num_frames += 1
        if num_frames == 0:
            raise MediaError("too_short", "no frame lies in a usable stretch")
        container.mux(stream.encode(None))
    return num_frames


def _even(rgb: Frames) -> Frames:
    """Repeat the last row and column where 4:2:0 needs an even size."""
    return np.pad(rgb, ((0, rgb.shape[0] % 2), (0, rgb.shape[1] % 2), (0, 0)), mode="edge")
