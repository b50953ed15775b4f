"""Classify constant, faster and slower, and the frame at which the speed changes."""

from vqaprep.speeds.labels import Labels, Rates
from vqaprep.speeds.tasks._task import Task, place_of, placed_options


def _label(rates: Rates, num_frames: int, pool: int) -> Labels:
    pattern = 0 if rates.first == rates.second else (1 if rates.second > rates.first else 2)
    return Labels(pattern, place_of(rates, num_frames))


def _names(pool: int) -> tuple[str, ...]:
    return ("constant", "faster", "slower")


TASK = Task(
    "constant, faster or slower, and the place of change",
    "source 003, section 4.4",
    ("location", "class"),
    placed_options,
    _label,
    _names,
    has_place=True,
)
