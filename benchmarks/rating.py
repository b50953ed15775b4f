"""How many comparisons chosen pairs need until every video is known to 0.25 on the five-grade scale.

Raters are simulated: quality is uniform from 1.2 to 4.8, a rater's noise has a deviation of 0.6, and the better video
of a pair is chosen by Thurstone's case V. The full design is every pair by 24 raters.
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np

from benchmarks.figures import table
from vqaprep.rating.choice import next_pairs
from vqaprep.rating.pairs import chance_of, fit_pairs
from vqaprep.settings.seeds import rng_for

_MOS_PER_JOD = 0.6 * 2**0.5 * 0.6744897501960817
_TARGET_MOS, _RATERS = 0.25, 24


@dataclass(frozen=True)
class Needed:
    """Comparisons until the widest interval is small enough: of chosen pairs, and of every pair in turn."""

    full: int
    chosen: int
    every: int
    inside: float
    """Share of the videos whose interval holds the truth, of chosen pairs."""


def main() -> int:
    """Print the table; return 1 where 20 videos or more need over 40 % of the full design."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=5, help="simulated tests of each size")
    options = parser.parse_args()
    rows, is_right = [], True
    for num in (12, 16, 20, 30, 40):
        runs = [simulated(num, copy) for copy in range(options.copies)]
        share = [run.chosen / run.full for run in runs]
        of_every = np.mean([run.chosen / run.every for run in runs])
        is_right &= num < 20 or max(share) <= 0.4
        rows.append([str(num), str(runs[0].full), f"{np.mean(share):.1%}", f"{max(share):.1%}", f"{of_every:.1%}",
                     f"{np.mean([run.inside for run in runs]):.1%}"])  # fmt: skip
    head = ("videos", "full design", "chosen", "most", "of every pair in turn", "intervals hold")
    print(table(head, rows))
    return int(not is_right)


def simulated(num: int, copy: int) -> Needed:
    """Return what one simulated test of `num` videos needs."""
    rng = rng_for(0, "rating", num, copy)
    quality = rng.uniform(1.2, 4.8, num) / _MOS_PER_JOD
    quality -= quality.mean()
    pairs = [(i, j) for i in range(num) for j in range(i)]
    full = len(pairs) * _RATERS
    wins, is_allowed = np.zeros((num, num)), ~np.eye(num, dtype=bool)
    while _widest(wins) > _TARGET_MOS:
        _compare(quality, next_pairs(wins, 2 * num, is_allowed=is_allowed), rng, wins)
    scale = fit_pairs(wins)
    every = np.zeros((num, num))
    while _widest(every) > _TARGET_MOS:
        _compare(quality, pairs, rng, every)
    inside = float(np.mean(np.abs(scale.quality - quality) <= scale.interval))
    return Needed(full, int(wins.sum()), int(every.sum()), inside)


def _widest(wins: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    return float(fit_pairs(wins).interval.max()) * _MOS_PER_JOD if wins.any() else float("inf")


def _compare(
    quality: np.ndarray[tuple[int], np.dtype[np.float64]],
    pairs: list[tuple[int, int]],
    rng: np.random.Generator,
    wins: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    for first, second in pairs:
        is_first = rng.random() < chance_of(quality[first] - quality[second])
        wins[(first, second) if is_first else (second, first)] += 1


if __name__ == "__main__":
    sys.exit(main())
