"""The tasks that draw playback speeds: how they may be drawn, and what their classes are called."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from vqaprep.speeds.labels import COARSE_JUMPS, COARSE_POOL, Order, change_range


@dataclass(frozen=True, slots=True)
class DrawnTask:
    """What a task that draws speeds is made of.

    `orders` are the ways to draw, the usual one first. `class_names` are the names of its speed classes, by number,
    for speeds of 1 to a pool. `has_place` says whether its clips are labelled with the frame of change.
    """

    orders: tuple[Order, ...]
    class_names: Callable[[int], tuple[str, ...]]
    has_place: bool


def num_classes(task: str, pool: int) -> int:
    """Return the number of speed classes of `task`; 0 for one that draws no speeds."""
    return len(DRAWN_TASKS[task].class_names(pool)) if task in DRAWN_TASKS else 0


def speed_name(task: str, pool: int, number: int) -> str:
    """Return what a speed class means, such as `1 then 3`; the number itself where that is unknown."""
    names = DRAWN_TASKS[task].class_names(pool) if task in DRAWN_TASKS else ()
    return names[number] if 0 <= number < len(names) else str(number)


def place_name(num_frames: int, number: int) -> str:
    """Return the frame at which a localization class says the speed changes, or `no change`."""
    low, high = change_range(num_frames)
    return f"frame {low + number}" if number <= high - low else "no change"


def _constant_names(pool: int) -> tuple[str, ...]:
    return tuple(str(speed) for speed in range(1, pool + 1))


def _jump_names(pool: int) -> tuple[str, ...]:
    return tuple(f"{jump} {way}" for way in ("faster", "slower") for jump in COARSE_JUMPS)


def _coarse_names(pool: int) -> tuple[str, ...]:
    return _constant_names(COARSE_POOL) + _jump_names(pool)


def _fine_names(pool: int) -> tuple[str, ...]:
    pairs = product(range(1, pool + 1), repeat=2)
    return tuple(str(first) if first == second else f"{first} then {second}" for first, second in pairs)


def _pattern_names(pool: int) -> tuple[str, ...]:
    return ("constant", "faster", "slower")


DRAWN_TASKS: dict[str, DrawnTask] = {
    "pace": DrawnTask(("location",), _constant_names, has_place=False),
    "coarse": DrawnTask(("pattern", "flat"), _coarse_names, has_place=False),
    "jump": DrawnTask(("pattern",), _jump_names, has_place=False),
    "fine": DrawnTask(("location", "class"), _fine_names, has_place=True),
    "pattern": DrawnTask(("location", "class"), _pattern_names, has_place=True),
}
"""The tasks that draw speeds, by name; the names of classes are in the order of their numbers."""
