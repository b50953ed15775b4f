"""The clock of a video: which steps from frame to frame break it, and at which tick each frame is shown.

A tick is a place on a grid of `rate_fps` ticks a second. Ticks name places, times are the truth: within a stretch a
tick is one usual step after the last, and after a gap it is the one nearest to the frame's time, so that
start + tick / rate is a frame's time to half a tick wherever the rate holds.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import IntFlag
from typing import Self, TypeVar

from vqaprep.media.rate import LONGEST_HOLD, ROUNDED_S
from vqaprep.rows import Video


class Break(IntFlag):
    """Why the stretch before a frame ends there; several reasons may meet.

    No clip spans any of them. No face track spans any but `SKIP`: in so short a time nobody changes places unseen. The
    pictures before and after are compared as any two are, so that a cut or another layout there is a break by itself.
    """

    CUT = 1
    """The frame opens a shot."""
    GAP = 2
    """Time goes on by clearly more than the usual step, and by over half a second: a pause, an outage, a splice."""
    DAMAGE = 4
    """What came before the frame is damaged or lost to damage."""
    SKIP = 8
    """Frames are missing, or one comes too early: a few in a video of constant rate, more in one of variable rate."""


T = TypeVar("T")

_NO_BREAK = Break(0)  # looked up for each frame, and slow to make

NEW_VIEW = Break.CUT | Break.GAP | Break.DAMAGE
"""Breaks after which other people may be in view, who may look as alike as two tiles of one call."""

_OUTAGE_S = 0.5  # shorter holes are common where a third of all frames is lost, as in recordings of calls
_STEADY = 0.5  # of a step: far more than rounding, far less than a lost frame
_NEAR = 0.3  # of a step: nearness to a whole number of steps that counts as just that many
_SLIP = 0.75  # ticks that a frame's time may be before or after its tick; further off, a tick is repeated or left out
_LEAK = 1 / 16  # share of that lead which is forgotten a frame: a rate a little off must not add up to a slip


class Clock:
    """Ticks of the frames of one video, which are shown to it in order; a new one starts with the first frame."""

    def __init__(self, start_s: float, rate_fps: float, *, is_vfr: bool) -> None:
        self._start_s, self._rate_fps, self._is_vfr = start_s, rate_fps, is_vfr
        usual_s = 1 / rate_fps
        around_s = max(_STEADY * usual_s, ROUNDED_S)
        self._steady_s = (0.0, float("inf")) if is_vfr else (usual_s - around_s, usual_s + around_s)
        self._hold_s = max(LONGEST_HOLD * usual_s, ROUNDED_S)
        self._before_s: float | None = None
        self._tick, self._lead = -1, 0.0

    @classmethod
    def of(cls, video: Video) -> Self:
        """Return a clock for the frames of `video`, as `scan` described them."""
        return cls(video.start_s, video.rate_fps, is_vfr=video.is_vfr)

    def see(self, t_s: float) -> tuple[int, Break]:
        """Return the tick of the next frame, whose time is `t_s`, and how time broke before it: 0, `GAP` or `SKIP`."""
        why = self._break(t_s)
        if self._before_s is None or why:
            self._tick = max(self._tick + 1, round((t_s - self._start_s) * self._rate_fps))
            self._lead = 0.0
        elif self._is_vfr:
            self._tick += self._steps((t_s - self._before_s) * self._rate_fps)
        else:
            self._tick += 1
        self._before_s = t_s
        return self._tick, why

    def _break(self, t_s: float) -> Break:
        if self._before_s is None:
            return _NO_BREAK
        step_s = t_s - self._before_s
        if step_s > self._hold_s:
            return Break.GAP if step_s > _OUTAGE_S else Break.SKIP
        return _NO_BREAK if self._steady_s[0] <= step_s <= self._steady_s[1] else Break.SKIP

    def _steps(self, step: float) -> int:
        """Return by how many ticks a frame moves on whose time moved on by `step` of them.

        A step that is nearly whole counts as just that: where times are rounded to milliseconds, or the video starts
        between two ticks, rounding each time by itself would repeat and leave out ticks that the source has.
        """
        lead, whole = self._lead + step, max(1, round(step))
        is_whole = abs(step - whole) <= _NEAR and abs(lead - whole) <= _SLIP
        moved = whole if is_whole else max(0, round(lead))
        self._lead = (lead - moved) * (1 - _LEAK)
        return moved


def by_tick(frames: Iterable[T], clock: Clock, time_s: Callable[[T], float]) -> Iterator[tuple[int, T, Break]]:
    """Yield (tick, frame, how time broke before it) for each tick of each stretch: the last frame that came by then.

    A frame is held until the next one comes, but not over a break. A frame is left out if the next one has its tick.
    """
    held: tuple[int, T] | None = None
    opens = _NO_BREAK
    for frame in frames:
        tick, why = clock.see(time_s(frame))
        if held is not None:
            for place in range(held[0], held[0] + 1 if why else tick):
                yield place, held[1], opens
                opens = _NO_BREAK
        held = tick, frame
        if why:  # kept until a frame is shown: the one that opened the stretch may be left out
            opens |= why
    if held is not None:
        yield *held, opens
