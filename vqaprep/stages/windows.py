"""The ground that clips are cut from: a video's honest stretches, their clock, and how much they move."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vqaprep.labels import Rates
from vqaprep.rows import Role, Video

if TYPE_CHECKING:
    from vqaprep.media.look import Look

STILL_MOTION = 0.02  # luma change under which a frame repeats the one before; compressed repeats stay under it
_EARLY_TICKS = 1e-3  # timestamps are rounded: a frame due at a tick must not be missed by a hair


@dataclass(frozen=True, slots=True)
class Window:
    """A clip to be: its number in the video, its role, its speeds and its ticks."""

    number: int
    role: Role
    rates: Rates
    ticks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """Ticks [start, stop) of one shot inside one usable span."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """Number of ticks."""
        return self.stop - self.start


@dataclass(frozen=True)
class Ground:
    """One video as windows see it."""

    video: Video
    look: "Look"

    @cached_property
    def frames(self) -> npt.NDArray[np.int64]:
        """Source frame shown at each tick: (num_ticks,), never decreasing.

        A constant-rate video has a tick a frame. A variable-rate one is resampled to its usual rate:
        tick k shows the last frame whose time is not after start + k / rate, so equal steps of ticks
        are equal stretches of time.
        """
        times_s = self.look.times_s
        if not self.video.is_vfr:
            return np.arange(len(times_s))
        num_ticks = int(np.floor((times_s[-1] - times_s[0]) * self.video.rate_fps + _EARLY_TICKS)) + 1
        due_s = times_s[0] + (np.arange(num_ticks) + _EARLY_TICKS) / self.video.rate_fps
        shown: npt.NDArray[np.int64] = np.maximum(np.searchsorted(times_s, due_s, side="right") - 1, 0)
        return shown

    @cached_property
    def segments(self) -> list[Segment]:
        """Stretches inside one usable span and one shot."""
        times_s = self.look.times_s[self.frames]
        place = np.full(len(times_s), -1)
        for number, span in enumerate(self.video.spans):
            place[(times_s >= span.start_s) & (times_s < span.end_s)] = number
        shot = np.cumsum(self.look.is_cut)[self.frames]
        breaks = np.flatnonzero((np.diff(place) != 0) | (np.diff(shot) != 0)) + 1
        edges = np.concatenate([[0], breaks, [len(times_s)]]).astype(int)
        return [Segment(int(a), int(b)) for a, b in pairwise(edges) if place[a] >= 0]

    @cached_property
    def longest(self) -> int:
        """Ticks of the longest segment; 0 when there is none."""
        return max((part.length for part in self.segments), default=0)

    def motion(self, ticks: tuple[int, ...]) -> tuple[float, float]:
        """Return (mean luma change a source frame, share of repeated frames) over the stretch of `ticks`."""
        stretch = self.frames[min(ticks) : max(ticks) + 1]
        if len(stretch) < 2:
            return 0.0, 1.0
        changes = self.look.motion[stretch[1:]]
        still = (np.diff(stretch) == 0) | (changes < STILL_MOTION)
        return float(changes.mean()), float(still.mean())
