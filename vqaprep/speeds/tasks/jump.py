"""Classify jumps of speed by one or two, either way, in the middle of a clip."""

from vqaprep.speeds.labels import Labels, Order, Rates
from vqaprep.speeds.tasks._coarse_changes import JUMP_NAMES, POOL, choices, class_of
from vqaprep.speeds.tasks._task import Choices, Task


def _options(num_frames: int, pool: int, order: Order, jitter: int) -> Choices:
    every = choices(num_frames, is_flat=False, jitter=jitter)
    jumps = {rates: share for rates, share in every.items() if rates.change_index is not None}
    return {rates: share / sum(jumps.values()) for rates, share in jumps.items()}


def _label(rates: Rates, num_frames: int, pool: int) -> Labels:
    return Labels(class_of(rates.first, rates.second) - POOL, None)


def _names(pool: int) -> tuple[str, ...]:
    return JUMP_NAMES


TASK = Task(
    "jumps of speed by one or two in the middle, without constant speeds",
    "source 003, Table 3.1",
    ("pattern",),
    _options,
    _label,
    _names,
    has_place=False,
)
