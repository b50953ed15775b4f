"""Classify every pair of speeds of the pool, and the frame at which the speed changes."""

from itertools import product

from vqaprep.speeds.labels import Labels, Rates
from vqaprep.speeds.tasks._task import Task, place_of, placed_options


def _label(rates: Rates, num_frames: int, pool: int) -> Labels:
    return Labels((rates.first - 1) * pool + (rates.second - 1), place_of(rates, num_frames))


def _names(pool: int) -> tuple[str, ...]:
    pairs = product(range(1, pool + 1), repeat=2)
    return tuple(str(first) if first == second else f"{first} then {second}" for first, second in pairs)


TASK = Task(
    "every pair of speeds, and the place of change",
    "source 003, section 3.4",
    ("location", "class"),
    placed_options,
    _label,
    _names,
    has_place=True,
)
