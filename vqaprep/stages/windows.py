"""The segments that clips may be cut from (inside one usable span and one shot), their clock and their motion."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vqaprep.media.clock import Break, Clock, by_tick
from vqaprep.rows import Role, Video
from vqaprep.speeds.labels import Rates, starts_in_parts

if TYPE_CHECKING:
    from vqaprep.media.look import Look

STILL_MOTION = 0.02  # luma change under which a frame repeats the one before; compressed repeats stay under it


@dataclass(frozen=True, slots=True)
class Window:
    """A clip to be: its number in the video, its role, its speeds and its ticks."""

    number: int
    role: Role
    rates: Rates
    ticks: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A stretch of one shot without a break, inside one usable span: ticks [start, stop), a source frame at each."""

    start: int
    frames: npt.NDArray[np.int64]
    """Source frame shown at each tick: (length,), never decreasing. Gaps are between segments and are never filled."""

    @property
    def length(self) -> int:
        """Number of ticks."""
        return len(self.frames)

    @property
    def stop(self) -> int:
        """Tick after the last."""
        return self.start + self.length


@dataclass(frozen=True)
class Ground:
    """One video as windows see it."""

    video: Video
    look: "Look"

    @cached_property
    def segments(self) -> list[Segment]:
        """Stretches inside one usable span that no cut, gap or damage breaks, by tick."""
        times_s = self.look.times_s
        ticks, frames = _frames_by_tick(self.look, self.video.start_s, self.video.rate_fps, self.video.is_vfr)
        place = np.full(len(frames), -1)
        for number, span in enumerate(self.video.spans):
            place[(times_s[frames] >= span.start_s) & (times_s[frames] < span.end_s)] = number
        # Each break opens a new stretch; the running count is the number of the stretch of a frame.
        stretch = np.cumsum(self.look.breaks != 0)[frames]
        opens = np.flatnonzero((np.diff(place) != 0) | (np.diff(stretch) != 0)) + 1
        edges = np.concatenate([[0], opens, [len(frames)]]).astype(int)
        return [Segment(int(ticks[a]), frames[a:b]) for a, b in pairwise(edges) if b > a and place[a] >= 0]

    def frames(self, ticks: Sequence[int]) -> list[int]:
        """Return the source frame shown at each of `ticks`, which all lie in one segment."""
        part = self._around(ticks)
        return [int(part.frames[tick - part.start]) for tick in ticks]

    def is_held(self, ticks: Sequence[int]) -> bool:
        """Say whether one of `ticks` repeats an earlier frame: the source lost the frame that was due there."""
        part = self._around(ticks)
        # The first tick of a segment has no earlier frame to repeat, and index -1 would compare it with the last.
        places = np.asarray([tick - part.start for tick in ticks if tick > part.start], np.int64)
        return bool(np.any(part.frames[places] == part.frames[places - 1]))

    @cached_property
    def longest(self) -> Segment:
        """The longest segment; one without a tick where there is none."""
        return max(self.segments, key=lambda part: part.length, default=Segment(0, np.zeros(0, np.int64)))

    def shortage(self, needed: int) -> tuple[str, str]:
        """Return the reason, and words for people, why no segment has `needed` ticks."""
        if not any(span.duration_s for span in self.video.spans):
            return "span_excluded", "nothing is left between head and tail"
        detail = f"the longest unbroken stretch has {self.longest.length} frames, a clip needs {needed}"
        kinds = {"shot_cut": Break.CUT, "gap": Break.GAP | Break.SKIP, "corrupt": Break.DAMAGE}
        counts = Counter({reason: int(np.count_nonzero(self.look.breaks & why)) for reason, why in kinds.items()})
        reason, num_breaks = counts.most_common(1)[0]
        if num_breaks == 0 or sum(part.length for part in self.segments) < needed:
            return "too_short", detail
        return reason, f"{detail}; it holds {', '.join(f'{num} {name}' for name, num in counts.items() if num)}"

    def motion(self, ticks: Sequence[int]) -> tuple[float, float]:
        """Return (mean luma change a source frame, share of repeated frames) over the stretch of `ticks`."""
        part = self._around(ticks)
        stretch = part.frames[min(ticks) - part.start : max(ticks) + 1 - part.start]
        if len(stretch) < 2:
            return 0.0, 1.0
        # Motion of a frame is its change from the frame before, which for the first lies outside the stretch.
        changes = self.look.motion[stretch[1:]]
        still = (np.diff(stretch) == 0) | (changes < STILL_MOTION)
        return float(changes.mean()), float(still.mean())

    def _around(self, ticks: Sequence[int]) -> Segment:
        # Segments are in the order of their ticks, so the one that holds a tick is the last to start at or before it.
        return self.segments[bisect_right(self.segments, min(ticks), key=lambda part: part.start) - 1]


def side_by_side(ground: Ground, *, span: int, overlap: float, most: int | None) -> list[int]:
    """Return the first ticks of windows of `span` ticks that follow each other and share the part `overlap`.

    Of more than `most`, so many spread over the video are taken.
    """
    # An overlap near 1 rounds to no step at all, which would never end.
    step = max(1, round(span * (1 - overlap)))
    # A window that starts at s ends at s + span - 1. The last start that fits is stop - span, and `range` excludes
    # its end.
    starts = [s for part in ground.segments for s in range(part.start, part.stop - span + 1, step)]
    if most is not None and len(starts) > most:
        # Spread over the whole video; the first ones alone would all show its beginning.
        starts = [starts[round(i)] for i in np.linspace(0, len(starts) - 1, most)]
    return starts


def in_parts(ground: Ground, *, covered: int, num: int, rng: np.random.Generator | None) -> list[int]:
    """Return the first ticks of `num` windows of `covered` ticks: one in each of as many equal parts of the video.

    Each is in the middle of its part, or drawn by `rng`.
    """
    places = [s for part in ground.segments for s in range(part.start, part.stop - covered + 1)]
    return [places[i] for i in starts_in_parts(len(places), num, rng)] if places else []


@lru_cache(maxsize=1)  # all variants of a video share its look
def _frames_by_tick(look: "Look", start_s: float, rate_fps: float, is_vfr: bool) -> npt.NDArray[np.int64]:
    """Return the ticks of all stretches and the source frame shown at each: (2, num_ticks)."""
    times_s = look.times_s
    clock = Clock(start_s, rate_fps, is_vfr=is_vfr)
    ticks_and_frames = [(tick, frame) for tick, frame, _ in by_tick(range(len(times_s)), clock, times_s.item)]
    return np.asarray(ticks_and_frames, np.int64).reshape(-1, 2).T
