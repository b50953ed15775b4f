"""Films in any container and codec, as bytes."""

import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.films import Frames


def film(
    container: str,
    shown: Sequence[Frames],
    *,
    coder: str = "libx264",
    pix_fmt: str = "yuv420p",
    rate: Fraction | int = 25,
    times: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 1000),
    options: dict[str, str] | None = None,
    muxer: dict[str, str] | None = None,
    aspect: Fraction | None = None,
    has_sound: bool = False,
) -> bytes:
    """Return a film of RGB pictures at `times` (in steps of `time_base`), or at 25 frames a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film"
        with av.open(str(path), "w", format=container, container_options=muxer or {}) as out:
            stream: Any = out.add_stream(coder, rate=rate)
            stream.height, stream.width = shown[0].shape[:2]
            stream.pix_fmt, stream.options = pix_fmt, options or {}
            stream.codec_context.thread_count = 1
            stream.codec_context.time_base = time_base
            if aspect is not None:
                stream.codec_context.sample_aspect_ratio = aspect
            sound: Any = out.add_stream("aac", rate=16000) if has_sound else None
            for number, pixels in enumerate(shown):
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts = times[number] if times else int(number / 25 / time_base)
                frame.time_base = time_base
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
            if sound is not None:
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
                silence.sample_rate, silence.pts = 16000, 0
                out.mux(sound.encode(silence))
                out.mux(sound.encode(None))
        return path.read_bytes()
