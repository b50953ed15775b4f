"""Scorers: a number for the quality of a clip, without a reference. One file each, found by its file name.

Another package adds its own by an entry point of the group `vqaprep.scorers`.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vqaprep.errors import InputError
from vqaprep.packages.registry import Registry

_log = logging.getLogger(__name__)
Frames = npt.NDArray[np.uint8]
Apply = Callable[[Frames, float], float]
_PARTS = Registry(__name__, group="scorers", word="scorer", called=str)


@dataclass(frozen=True, slots=True)
class Scorer:
    """A no-reference scorer.

    `apply(frames, rate_fps)` scores a clip of neighbouring frames, uint8 (T, H, W, 3) RGB, and does not change it. It
    may return NaN where it is not defined, and loads its weights at its first call: `InputError` where they are not
    to be had. Sides are at least `least_px`.
    """

    name: str
    apply: Apply
    title: str
    better: Literal["higher", "lower"]
    citation: str
    summary: str
    least_px: int


def scorer(
    *, title: str, citation: str, better: Literal["higher", "lower"] = "higher", least_px: int = 1
) -> Callable[[Apply], Scorer]:
    """Make the function it decorates a `Scorer`, named and summarised by the function itself."""

    def wrap(function: Apply) -> Scorer:
        summary = (function.__doc__ or "").partition("\n")[0]
        return Scorer(function.__name__, function, title, better, citation, summary, least_px)

    return wrap


def names() -> tuple[str, ...]:
    """Return the name of every scorer, sorted, without importing any."""
    return _PARTS.names()


def get(name: str) -> Scorer:
    """Return the scorer called `name`.

    Raises:
        InputError: no file of this folder and no other package has a scorer of that name.
    """
    return _PARTS.load(name, Scorer, "decorate its function with @scorer(...)")


def all_for(side_px: int | None) -> dict[str, Scorer]:
    """Return every scorer that clips of this side (None: any) allow and whose weights are to be had."""
    allowed = {}
    for part in map(get, names()):
        if side_px is not None and side_px < part.least_px:
            _log.warning("%s is left out: clips are of %d px, it needs %d", part.title, side_px, part.least_px)
            continue
        try:
            part.apply(np.zeros((3, part.least_px, part.least_px, 3), np.uint8), 25.0)
        except InputError as error:
            _log.warning("%s is left out: %s", part.title, error)
            continue
        allowed[part.name] = part
    return allowed
