"""Decide which frames make each clip, at which playback speeds, with which labels."""

import math
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import ClassVar

import numpy as np
from pydantic import model_validator

from vqaprep.detect.observations import Observations
from vqaprep.rows import Clip, Dropped, Role, Row, as_clip
from vqaprep.speeds import tasks
from vqaprep.speeds.labels import Rates, draw, recover, restart_ticks
from vqaprep.stages import Needs
from vqaprep.stages.speed_options import SpeedOptions
from vqaprep.stages.windows import Ground, Window, in_parts, side_by_side

_TRIES = 20  # rejected draws of a window before it is dropped

Found = tuple[list[Window], dict[int, tuple[str, str]]]
"""The windows, and (reason, detail) of each number that has none."""


class Speed(SpeedOptions):
    """Cut clips out of each video, with speed-change and localization labels where the task has them."""

    name: ClassVar[str] = "speed"
    step: ClassVar[int] = 4
    example: ClassVar[str] = "vqaprep speed 3-distort -o 4-speed --task fine --clips 20"

    @model_validator(mode="after")
    def _consistent(self) -> "Speed":
        orders = tasks.get(self.task).orders if self._draws else ()
        if self.order is not None and (len(orders) < 2 or self.order not in orders):
            allowed = ", ".join(orders) if len(orders) > 1 else "none"
            raise ValueError(f"order {self.order!r} does not suit task {self.task!r}; allowed: {allowed}")
        if self.pairs and not self._draws:
            raise ValueError(f"pairs need a task that draws speeds ({', '.join(tasks.names())}), not {self.task!r}")
        if self.spread and (self.task != "none" or self.interval != 1):
            raise ValueError("spread sets the interval of plain clips; leave task and interval out")
        if self.places != "side" and (self.clips is None or self._draws):
            raise ValueError(f"places {self.places!r} is for plain clips (task none or window) and a number of clips")
        if not self.look and self.task != "none":
            raise ValueError(f"task {self.task!r} needs motion; use --no-look with task none only")
        return self

    @property
    def _draws(self) -> bool:
        return self.task in tasks.names()

    def needs(self) -> Needs:
        """The windows depend on cuts, repeated frames and motion."""
        return "look" if self.look else "times"

    def __call__(self, row: Row, seen: Observations, rng: np.random.Generator) -> Iterable[Row | Dropped]:
        """Return the clips of `row` and the windows refused, or the one reason why it has no clip."""
        assert seen.look is not None
        ground = Ground(row, seen.look)
        if self.spread:  # source 001: ceil(n / 64) - 1 for clips of 64 frames
            apart = max(1, math.ceil(ground.longest.length / self.num_frames) - 1)
            return self.model_copy(update={"interval": apart, "spread": False})(row, seen, rng)
        windows, refused = self._drawn(ground, rng) if self._draws else self._plain(ground, rng)
        if not windows:
            return [Dropped(row.id, self.name, *self._why_none(ground))]
        drops = [Dropped(f"{_scene_id(row, n)}-{row.variant}", self.name, *why) for n, why in refused.items()]
        return [*(self._clip(ground, window) for window in windows), *drops]

    def _plain(self, ground: Ground, rng: np.random.Generator) -> Found:
        """Return windows at constant speed, and why those that cannot show others do not do for training."""
        rates, num_frames = Rates(self.interval, self.interval), self._frames_needed
        starts = self._starts(ground, rng)
        ticks = [rates.ticks(start, num_frames) for start in starts]
        if not ticks and self.task == "none" and self.short == "restart" and ground.longest.length > self.interval:
            again = restart_ticks(0, rates, num_frames, length=ground.longest.length)
            ticks = [tuple(ground.longest.start + tick for tick in again)]
        windows, refused = list[Window](), dict[int, tuple[str, str]]()
        for number, found in enumerate(ticks):
            if self.task == "window" and (why := self._refusal(ground, found)):
                refused[number] = (why, f"the window has not {self._limits}")
            else:
                windows.append(Window(number, "query", Rates(1, 1), found))
        return windows, refused

    def _starts(self, ground: Ground, rng: np.random.Generator) -> list[int]:
        if self.places == "side":
            span = Rates(self.interval, self.interval).span(self._frames_needed)
            return side_by_side(ground, span=span, overlap=self.overlap, most=self.clips)
        assert self.clips is not None
        # SampleFrames of MMAction2 counts frames times interval, also the interval after the last frame.
        covered = self._frames_needed * self.interval
        return in_parts(ground, covered=covered, num=self.clips, rng=rng if self.places == "random" else None)

    def _drawn(self, ground: Ground, rng: np.random.Generator) -> Found:
        """Return windows at drawn speeds and places, and why there are none for the numbers that lack them."""
        task = tasks.get(self.task)
        choices = task.options(self.num_frames, self.pool, self.order or task.orders[0], self.change_jitter)
        total = sum(part.length for part in ground.segments)
        roles: tuple[Role, ...] = ("query", "key") if self.pairs else ("query",)
        windows: list[Window] = []
        refused: dict[int, tuple[str, str]] = {}
        for number in range(self.clips or max(1, total // (2 * self.num_frames * self.interval))):
            scene = [self._draw(number, role, ground, choices=choices, rng=rng) for role in roles]
            whys = [outcome for outcome in scene if isinstance(outcome, Counter)]
            if whys:
                counts = ", ".join(f"{times} {reason}" for reason, times in whys[0].most_common())
                refused[number] = (whys[0].most_common(1)[0][0], f"no window of {_TRIES} tries would do: {counts}")
            else:
                windows += [found for found in scene if isinstance(found, Window)]
        return windows, refused

    def _draw(
        self, number: int, role: Role, ground: Ground, *, choices: dict[Rates, Fraction], rng: np.random.Generator
    ) -> Window | Counter[str]:
        """Return a window that shows its label; where the picture refuses each that is drawn, how often and why.

        One whose speed a lost frame disturbs is taken only if no try gives a better one.
        """
        refused, disturbed = Counter[str](), list[Window]()
        for _ in range(_TRIES):
            proposal = self._propose(ground, choices, rng)
            if proposal is None:
                return Counter({"too_short": 1})
            rates, ticks = proposal
            why = self._refusal(ground, ticks) if self._shows(ticks, rates) else "too_short"
            if why is not None:
                refused[why] += 1
                continue
            disturbed.append(Window(number, role, rates, ticks))
            if not ground.is_held(ticks):
                return disturbed[-1]
        # The first one, not the best: choosing among them would favour still pictures.
        return disturbed[0] if disturbed else refused

    def _propose(
        self, ground: Ground, choices: dict[Rates, Fraction], rng: np.random.Generator
    ) -> tuple[Rates, tuple[int, ...]] | None:
        """Draw a transform that fits, then a segment and a place in it, uniformly over all places."""
        if ground.longest.length < 2:
            return None
        free = self.start == "anywhere"
        # Frames that an interval apart count from both ends: n frames span (n - 1) x interval + 1 ticks.
        room = 10**9 if free else 1 + (ground.longest.length - 1) // self.interval
        rates = draw(choices, rng, num_frames=self.num_frames, length=room)
        if rates is None:
            if self.short == "drop":
                return None
            rates, free = Rates(1, 1), True
        scaled = rates.scaled(self.interval)
        span = scaled.span(self.num_frames)
        # A segment is drawn by its number of places, so that each place in the video is equally likely.
        places = np.asarray([part.length if free else max(0, part.length - span + 1) for part in ground.segments])
        part = ground.segments[rng.choice(len(places), p=places / places.sum())]
        # The number of starts is length - span + 1; `integers` excludes its end.
        offset = int(rng.integers(part.length if free else part.length - span + 1))
        ticks = restart_ticks(offset, scaled, self.num_frames, length=part.length)
        return rates, tuple(part.start + tick for tick in ticks)

    def _refusal(self, ground: Ground, ticks: tuple[int, ...]) -> str | None:
        """Return why the picture moves too little to show its speed; None if it moves enough."""
        motion, still = ground.motion(ticks)
        return "frozen" if still > self.max_still else "no_motion" if motion < self.min_motion else None

    @property
    def _limits(self) -> str:
        return f"motion {self.min_motion:g} with at most {self.max_still:.0%} repeated frames"

    def _shows(self, ticks: tuple[int, ...], rates: Rates) -> bool:
        """Say whether the ticks tell their speeds; a restart may fall on the change, or never get off."""
        try:
            return recover(ticks) == rates.scaled(self.interval)
        except ValueError:
            return False

    def _clip(self, ground: Ground, window: Window) -> Clip:
        row, rates = ground.video, window.rates
        scene_id, frames = _scene_id(row, window.number), ground.frames(window.ticks)
        named = tasks.label(rates, self.task, num_frames=self.num_frames, pool=self.pool)
        return as_clip(
            row,
            clip_id=f"{scene_id}-{window.role}-{row.variant}",
            scene_id=scene_id,
            role=window.role,
            frames=tuple(frames),
            ticks=window.ticks,
            times_s=tuple(ground.look.times_s[frames].tolist()),
            task=self.task,
            interval=self.interval,
            pool=self.pool,
            rate_first=rates.first,
            rate_second=rates.second,
            change_index=rates.change_index,
            speed_class=named.speed_class,
            localization_class=named.localization_class,
            motion=ground.motion(window.ticks)[0],
        )

    @property
    def _frames_needed(self) -> int:
        """Frames of a plain clip, or of a window that holds any drawn clip of the pool."""
        return Rates(self.pool, self.pool).span(self.num_frames) if self.task == "window" else self.num_frames

    def _why_none(self, ground: Ground) -> tuple[str, str]:
        needed = Rates(self.interval, self.interval).span(self._frames_needed)
        if ground.longest.length < needed:
            return ground.shortage(needed)
        motion, still = ground.motion((ground.longest.start, ground.longest.stop - 1))
        has = f"no window of {_TRIES} tries had {self._limits}; the longest stretch has {motion:.2f} and {still:.0%}"
        return "frozen" if still > self.max_still else "no_motion", has


def _scene_id(video: Row, number: int) -> str:
    return f"{video.video_id}-{number:04d}"
