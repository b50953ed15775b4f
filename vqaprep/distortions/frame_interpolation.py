"""Frame interpolation: frames left out and guessed again from their neighbours."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import av.filter
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.errors import MediaError
from vqaprep.media.encode import coded_rate, rgb_of, yuv_of


@distortion(
    strengths=(2, 3, 4),
    unit="rate_divisor",
    citation="ST-VQRL distortion set, rate / 2, 3, 4 and ffmpeg minterpolate back",
    is_temporal=True,
    lead_in_frames=4,
    margin_px=32,
    copies=2.0,
    bytes_per_px=320,
)
def frame_interpolation(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Keep one frame in `strength` and fill the gaps by motion compensation (minterpolate, its defaults).

    The last frame is a kept one. Frames before the first kept one show that one.

    Raises:
        MediaError: `unsupported`, at a frame rate that the filter cannot count in.
    """
    step = round(strength)
    kept = np.arange((len(frames) - 1) % step, len(frames), step)
    # The filter works two frames behind and drops what is unfinished at the end: show it the last frame thrice.
    pictures = list(_filled(frames[[*kept, kept[-1], kept[-1]]], step, source.rate_fps))
    pictures = [pictures[0]] * int(kept[0]) + pictures
    if len(pictures) < len(frames):
        raise MediaError("unsupported", f"minterpolate gave {len(pictures)} of {len(frames)} frames")
    return rgb_of(pictures[: len(frames)], frames.shape)


def _filled(frames: Frames, step: int, rate_fps: float) -> Iterator[Any]:
    """Yield `frames` and the `step` - 1 pictures between each two, as yuv420p pictures."""
    rate = coded_rate(rate_fps)
    pictures = list(yuv_of(frames))
    graph = _graph(pictures[0], rate, step / rate)
    for picture in pictures:
        graph.push(picture)
        yield from _ready(graph)
    graph.push(None)
    yield from _ready(graph)


def _graph(picture: Any, rate: Fraction, gap_s: Fraction) -> Any:
    graph: Any = av.filter.Graph()
    graph.threads = 1
    entry = graph.add_buffer(width=picture.width, height=picture.height, format=picture.format, time_base=gap_s)
    graph.link_nodes(entry, graph.add("minterpolate", f"fps={rate}"), graph.add("buffersink"))
    graph.configure()
    return graph


def _ready(graph: Any) -> Iterator[Any]:
    while True:
        try:
            yield graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
