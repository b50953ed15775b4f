"""Rows and looks made up for tests of decisions, and an engine that needs no process."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from vqaprep.engines import Done, Failed
from vqaprep.media.clock import Break
from vqaprep.media.look import Look
from vqaprep.rows import Clip, Video, as_clip


class Inline:
    """An engine in this very process; it counts the items it was given."""

    def __init__(self) -> None:
        self.worked: list[Any] = []

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        for index, item in enumerate(items):
            self.worked.append(item)
            yield Done(index, work(item))


def video(name: str = "v", **changes: Any) -> Video:
    """Return a row of 200 frames at 25 a second."""
    row = Video(
        video_id=name, uri=f"/videos/{name}.mp4", sha256=sha256(name.encode()).hexdigest(), num_bytes=1000,
        container="mp4", codec="h264", width_px=96, height_px=64, rate_fps=25.0, num_frames=200, duration_s=8.0,
    )  # fmt: skip
    return row.having(**changes)


def clip(name: str = "v", number: int = 0, **changes: Any) -> Clip:
    """Return a plain clip of four frames."""
    scene_id = f"{name}-{number:04d}"
    frames = tuple(range(4 * number, 4 * number + 4))
    labels = {"clip_id": f"{scene_id}-query-none", "scene_id": scene_id, "times_s": tuple(n / 25 for n in frames)}
    return as_clip(video(name), frames=frames, ticks=frames, **labels).having(**changes)


def look(
    num_frames: int = 200,
    *,
    cuts: Sequence[int] = (),
    gaps: Sequence[int] = (),
    still: Sequence[int] = (),
    times_s: Sequence[float] | None = None,
    motion: float = 5.0,
) -> Look:
    """Return a look at a picture that moves everywhere but in the `still` frames."""
    times = np.arange(num_frames) / 25.0 if times_s is None else np.asarray(times_s, float)
    moved = np.full(len(times), motion, np.float32)
    moved[[0, *still]] = 0
    breaks = np.zeros(len(times), np.uint8)
    breaks[list(cuts)] |= np.uint8(Break.CUT)
    breaks[list(gaps)] |= np.uint8(Break.GAP)
    return Look(times, moved, breaks)


def appearance(*shares: float) -> bytes:
    """Return what a face looks like: the roots of two histograms of the same length, one after the other."""
    return np.asarray(shares, "<f4").tobytes()


RED, BLUE = appearance(1, 0, 1, 0), appearance(0, 1, 0, 1)
"""Two faces that nobody takes for one."""
