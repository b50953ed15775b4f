"""Changes of speed by one or two in the middle of a clip, either way (source 003, section 3.5.2)."""

from fractions import Fraction
from itertools import product

from vqaprep.speeds.labels import Rates
from vqaprep.speeds.tasks._task import Choices

POOL = 4
JUMPS = (1, 2)  # the thesis says both "1 to 3" and "0 < j < 3"; its eight classes need {1, 2}
JUMP_NAMES = tuple(f"{jump} {way}" for way in ("faster", "slower") for jump in JUMPS)


def class_of(first: int, second: int) -> int:
    """Return the class: constant speeds, then jumps upwards, then jumps downwards."""
    jump = abs(second - first)
    if jump == 0:
        return first - 1
    return POOL + (jump - 1) + (0 if second > first else len(JUMPS))


def choices(num_frames: int, *, is_flat: bool, jitter: int) -> Choices:
    """Return all transforms; `is_flat` gives each class the same share, else each pattern of change has it."""
    speeds = range(1, POOL + 1)
    change_share = Fraction(1, 8) if is_flat else Fraction(1, 6)
    shares = {Rates(r, r): Fraction(1, 8) if is_flat else Fraction(1, 12) for r in speeds}
    middles = range(num_frames // 2 - jitter, num_frames // 2 + jitter + 1)
    for jump in JUMPS:
        rises = [(a, b) for a, b in product(speeds, repeat=2) if b - a == jump]
        for pairs in (rises, [(b, a) for a, b in rises]):
            for (a, b), m in product(pairs, middles):
                shares[Rates(a, b, m)] = change_share / (len(pairs) * len(middles))
    return shares
