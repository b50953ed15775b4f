"""Classify four constant speeds, and jumps by one or two either way in the middle of a clip."""

from vqaprep.speeds.labels import Labels, Order, Rates
from vqaprep.speeds.tasks._coarse_changes import JUMP_NAMES, POOL, choices, class_of
from vqaprep.speeds.tasks._task import Choices, Task


def _options(num_frames: int, pool: int, order: Order, jitter: int) -> Choices:
    return choices(num_frames, is_flat=order == "flat", jitter=jitter)


def _label(rates: Rates, num_frames: int, pool: int) -> Labels:
    return Labels(class_of(rates.first, rates.second), None)


def _names(pool: int) -> tuple[str, ...]:
    return tuple(str(speed) for speed in range(1, POOL + 1)) + JUMP_NAMES


TASK = Task(
    "four constant speeds, and jumps by one or two in the middle",
    "source 003, section 3.5.2",
    ("pattern", "flat"),
    _options,
    _label,
    _names,
    has_place=False,
)
