"""Classify the constant speed of a clip."""

from fractions import Fraction

from vqaprep.speeds.labels import Labels, Order, Rates
from vqaprep.speeds.tasks._task import Choices, Task, constants


def _options(num_frames: int, pool: int, order: Order, jitter: int) -> Choices:
    return dict.fromkeys(constants(pool), Fraction(1, pool))


def _label(rates: Rates, num_frames: int, pool: int) -> Labels:
    return Labels(rates.first - 1, None)


def _names(pool: int) -> tuple[str, ...]:
    return tuple(str(speed) for speed in range(1, pool + 1))


TASK = Task("constant speeds 1 to the pool", "source 001", ("location",), _options, _label, _names, has_place=False)
