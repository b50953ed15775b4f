"""Transforms of playback speed: from a transform to the frames of a clip, and back. `tasks` gives the class.

A clip of K frames starts at tick t, runs at `rate_first` for `change_index` (m) frames, then at
`rate_second`:  tick_i = t + r1 min(i, m) + r2 max(i - m, 0).  Frame m is the first of the second part.
Constant speed has r1 = r2 and no m. Source 003, chapters 3 and 4; the pace task is source 001.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np

Order = Literal["location", "class", "pattern", "flat"]


@dataclass(frozen=True, slots=True)
class Rates:
    """A speed transform: source frames a clip frame before and after frame `change_index` (None: constant)."""

    first: int
    second: int
    change_index: int | None = None

    def span(self, num_frames: int) -> int:
        """Return how many source ticks a clip of `num_frames` covers, ends included."""
        m = 0 if self.change_index is None else self.change_index
        return self.first * m + self.second * (num_frames - 1 - m) + 1

    def scaled(self, interval: int) -> "Rates":
        """Return the same transform where speed 1 already takes every `interval`-th frame."""
        return Rates(self.first * interval, self.second * interval, self.change_index)

    def ticks(self, start: int, num_frames: int) -> tuple[int, ...]:
        """Return the clip's ticks from `start` on."""
        m = 0 if self.change_index is None else self.change_index
        return tuple(start + self.first * min(i, m) + self.second * max(i - m, 0) for i in range(num_frames))


@dataclass(frozen=True, slots=True)
class Labels:
    """The training labels of a transform; `None` where the task has no such label."""

    speed_class: int | None
    localization_class: int | None


def restart_ticks(start: int, rates: Rates, num_frames: int, *, length: int) -> tuple[int, ...]:
    """Return ticks that begin again at 0 (not modulo) when the next would leave [0, length)."""
    steps = np.diff(rates.ticks(0, num_frames))
    ticks = [start]
    for step in steps:
        following = ticks[-1] + int(step)
        ticks.append(following if following < length else 0)
    return tuple(ticks)


def starts_in_parts(num_starts: int, clips: int, rng: np.random.Generator | None = None) -> list[int]:
    """Return where clips begin: in the middle of as many equal parts of `num_starts` places, or anywhere in each.

    The test and (with `rng`) training rules of MMAction2's SampleFrames, as FAST-VQA uses them; a clip of K frames,
    every i-th of n, has n - K i + 1 places. Where parts would be empty, training draws among all places.
    """
    if rng is None:
        return [int((part + 0.5) * num_starts / clips) for part in range(clips)]
    if num_starts < clips:
        return sorted(rng.integers(num_starts, size=clips).tolist())
    length = num_starts // clips
    return [part * length + int(rng.integers(length)) for part in range(clips)]


def change_range(num_frames: int) -> tuple[int, int]:
    """Return the first and last frame at which the speed may change, both included (the middle third)."""
    return num_frames // 3, 2 * num_frames // 3


def draw(choices: dict[Rates, Fraction], rng: np.random.Generator, *, num_frames: int, length: int) -> Rates | None:
    """Draw a transform whose span fits `length` ticks, or None when none does.

    Transforms that do not fit are left out before the draw, so long videos keep the stated shares.
    """
    fitting = [(r, float(p)) for r, p in choices.items() if r.span(num_frames) <= length]
    if not fitting:
        return None
    shares = np.asarray([p for _, p in fitting])
    return fitting[rng.choice(len(fitting), p=shares / shares.sum())][0]


def recover(ticks: Sequence[int]) -> Rates:
    """Return the transform that made `ticks`; a step back to an earlier tick (a restart) is skipped.

    Raises:
        ValueError: the ticks change speed more than once, or never advance.
    """
    steps = [(i, b - a) for i, (a, b) in enumerate(pairwise(ticks)) if b > a]
    if not steps:
        raise ValueError(f"no step forward in {list(ticks)}")
    changes = [i for (_, before), (i, after) in pairwise(steps) if after != before]
    if len(changes) > 1:
        raise ValueError(f"speed changes {len(changes)} times in {list(ticks)}")
    first, second = steps[0][1], steps[-1][1]
    return Rates(first, second, changes[0] if changes else None)
