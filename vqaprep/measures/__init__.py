"""Measures of damage: how far a distorted clip is from its reference. One file per measure, found by its file name.

Another package adds its own by an entry point of the group `vqaprep.measures`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vqaprep.packages.registry import Registry

Frames = npt.NDArray[np.uint8]
Apply = Callable[[Frames, Frames, float], float]
Damages = Literal["pixels", "time"]
_PARTS = Registry(__name__, group="measures", word="measure", called=str)


@dataclass(frozen=True, slots=True)
class Measure:
    """A full-reference measure.

    `apply(reference, distorted, rate_fps)` compares two clips, uint8 (T, H, W, 3) RGB of one shape, and changes
    neither. It may return infinity for equal clips. `model` is the trained model that gives the number, for measures
    that have one; records of samples name it. `digits` after the point are shown to people. `damages` says what it
    notices: wrong pixels, or pictures at wrong times.
    """

    name: str
    apply: Apply
    title: str
    unit: str
    better: Literal["higher", "lower"]
    citation: str
    summary: str
    model: str | None
    digits: int
    damages: Damages

    def as_text(self, value: float) -> str:
        """Return a value as people read it, such as `PSNR 31.4 dB`."""
        return f"{self.title} {value:.{self.digits}f} {self.unit}".rstrip()


def measure(
    *,
    title: str,
    citation: str,
    unit: str = "",
    better: Literal["higher", "lower"] = "higher",
    model: str | None = None,
    digits: int = 3,
    damages: Damages = "pixels",
) -> Callable[[Apply], Measure]:
    """Make the function it decorates a `Measure`, named and summarised by the function itself."""

    def wrap(function: Apply) -> Measure:
        summary = (function.__doc__ or "").partition("\n")[0]
        return Measure(function.__name__, function, title, unit, better, citation, summary, model, digits, damages)

    return wrap


def names() -> tuple[str, ...]:
    """Return the name of every measure, sorted, without importing any."""
    return _PARTS.names()


def get(name: str) -> Measure:
    """Return the measure called `name`.

    Raises:
        InputError: no file of this folder and no other package has a measure of that name.
    """
    return _PARTS.load(name, Measure, "decorate its function with @measure(...)")
