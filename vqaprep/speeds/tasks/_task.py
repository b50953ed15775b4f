"""The type of a task that draws playback speeds, and functions that several tasks share."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from vqaprep.speeds.labels import Labels, Order, Rates, change_range

Choices = dict[Rates, Fraction]
"""Every transform of a task with its probability; the probabilities sum to one."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task that draws playback speeds 1 to a pool.

    `orders` are the ways to draw, the usual one first. `options(num_frames, pool, order, jitter)` gives the choices of
    a way, with the change moved by up to `jitter` frames where the task allows that. `label(rates, num_frames, pool)`
    gives the labels of a choice. `class_names(pool)` are the names of its speed classes by number. `has_place` says
    whether its clips are labelled with the frame of change.
    """

    summary: str
    citation: str
    orders: tuple[Order, ...]
    options: Callable[[int, int, Order, int], Choices]
    label: Callable[[Rates, int, int], Labels]
    class_names: Callable[[int], tuple[str, ...]]
    has_place: bool


def constants(pool: int) -> list[Rates]:
    """Return the constant speeds 1 to `pool`."""
    return [Rates(speed, speed) for speed in range(1, pool + 1)]


def placed_options(num_frames: int, pool: int, order: Order, jitter: int) -> Choices:
    """Return constant speeds, and changes between any two of the pool at any frame of the middle third.

    With order `location`, every localization label has the same share; with `class`, every pair of speeds.
    """
    low, high = change_range(num_frames)
    pairs = [(a, b) for a, b in product(range(1, pool + 1), repeat=2) if a != b]
    # Both ends of the middle third are places of change, hence the + 1.
    changes = [Rates(a, b, m) for m in range(low, high + 1) for a, b in pairs]
    if order == "class":
        share = Fraction(1, pool**2)
        return dict.fromkeys(constants(pool), share) | dict.fromkeys(changes, share / (high - low + 1))
    share = Fraction(1, high - low + 2)  # every place, and "nowhere"
    return dict.fromkeys(constants(pool), share / pool) | {r: share / len(pairs) for r in changes}


def place_of(rates: Rates, num_frames: int) -> int:
    """Return the localization class: the place in the middle third, or the number after the last for no change."""
    low, high = change_range(num_frames)
    return high - low + 1 if rates.change_index is None else rates.change_index - low
