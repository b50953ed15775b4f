"""Playback-speed labels: which frames a clip takes, which class that is, and back again.

A clip of K frames starts at tick t, runs at `rate_first` for `change_index` (m) frames, then at
`rate_second`:  tick_i = t + r1 min(i, m) + r2 max(i - m, 0).  Frame m is the first of the second part.
Constant speed has r1 = r2 and no m. Source 003, chapters 3 and 4; the pace task is source 001.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from typing import Literal

import numpy as np

Task = Literal["none", "pace", "coarse", "jump", "fine", "pattern", "window"]
Order = Literal["location", "class", "pattern", "flat"]


COARSE_POOL = 4
COARSE_JUMPS = (1, 2)  # the thesis says both "1 to 3" and "0 < j < 3"; its eight classes need {1, 2}


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


def label(rates: Rates, task: Task, *, num_frames: int, pool: int) -> Labels:
    """Return the labels of `rates` under `task`, whose speeds are 1..`pool`."""
    first, second = rates.first, rates.second
    if task == "pace":
        return Labels(first - 1, None)
    if task == "coarse":
        return Labels(_coarse_class(first, second), None)
    if task == "jump":
        return Labels(_coarse_class(first, second) - COARSE_POOL, None)
    if task in ("fine", "pattern"):
        low, high = change_range(num_frames)
        place = high - low + 1 if rates.change_index is None else rates.change_index - low
        fine = (first - 1) * pool + (second - 1)
        return Labels(fine if task == "fine" else _pattern(first, second), place)
    return Labels(None, None)


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


def options(task: Task, *, num_frames: int, pool: int, order: Order, jitter: int = 0) -> dict[Rates, Fraction]:
    """Return every transform of `task` with its probability; the probabilities sum to one.

    `order` says what is drawn first: `location` or `class` for the fine task (location-first gives
    every localization label the same share), `pattern` or `flat` for the coarse one. `jitter` moves
    the coarse change by up to so many frames around the middle. The jump task is the coarse one without
    constant speeds (Table 3.1 of source 003).
    """
    if task == "coarse":
        return _coarse_options(num_frames, flat=order == "flat", jitter=jitter)
    if task == "jump":
        every = _coarse_options(num_frames, flat=False, jitter=jitter)
        jumps = {rates: share for rates, share in every.items() if rates.change_index is not None}
        return {rates: share / sum(jumps.values()) for rates, share in jumps.items()}
    constants = [Rates(r, r) for r in range(1, pool + 1)]
    if task not in ("fine", "pattern"):
        return dict.fromkeys(constants, Fraction(1, pool))
    low, high = change_range(num_frames)
    pairs = [(a, b) for a, b in product(range(1, pool + 1), repeat=2) if a != b]
    changes = [Rates(a, b, m) for m in range(low, high + 1) for a, b in pairs]
    if order == "class":
        share = Fraction(1, pool**2)
        return dict.fromkeys(constants, share) | dict.fromkeys(changes, share / (high - low + 1))
    share = Fraction(1, high - low + 2)  # every place, and "nowhere"
    return dict.fromkeys(constants, share / pool) | {r: share / len(pairs) for r in changes}


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


def relabel(ticks: Sequence[int], task: Task, *, pool: int, interval: int = 1) -> tuple[Rates, Labels]:
    """Return the transform and labels that `ticks` themselves show, to be held against the stored ones.

    Raises:
        ValueError: the ticks are no transform at all, or not one of whole multiples of `interval`.
    """
    found = recover(ticks)
    if found.first % interval or found.second % interval:
        raise ValueError(f"steps {found.first} and {found.second} are not multiples of the interval {interval}")
    rates = Rates(found.first // interval, found.second // interval, found.change_index)
    return rates, label(rates, task, num_frames=len(ticks), pool=pool)


def _coarse_class(first: int, second: int) -> int:
    jump = abs(second - first)
    if jump == 0:
        return first - 1
    return COARSE_POOL + (jump - 1) + (0 if second > first else len(COARSE_JUMPS))


def _coarse_options(num_frames: int, *, flat: bool, jitter: int) -> dict[Rates, Fraction]:
    speeds = range(1, COARSE_POOL + 1)
    change_share = Fraction(1, 8) if flat else Fraction(1, 6)
    shares = {Rates(r, r): Fraction(1, 8) if flat else Fraction(1, 12) for r in speeds}
    middles = range(num_frames // 2 - jitter, num_frames // 2 + jitter + 1)
    for jump in COARSE_JUMPS:
        rises = [(a, b) for a, b in product(speeds, repeat=2) if b - a == jump]
        for pairs in (rises, [(b, a) for a, b in rises]):
            for (a, b), m in product(pairs, middles):
                shares[Rates(a, b, m)] = change_share / (len(pairs) * len(middles))
    return shares


def _pattern(first: int, second: int) -> int:
    """Return 0 for constant, 1 for speeding up, 2 for slowing down."""
    return 0 if first == second else (1 if second > first else 2)
