"""Small items on each engine, by the hundred and by the thousand: what an item costs, and whether that stays so."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.cluster.scaling import PLAIN, Cost, measure
from benchmarks.figures import Figure, table

_ENGINES = (PLAIN, "local", "ray", "slurm")


def costs(folder: Path, *, most: int) -> list[Cost]:
    """Measure a hundredth, a quarter, a half and all of `most` items on each engine. Slurm has to be there."""
    numbers = (most // 100, most // 4, most // 2, most)
    return [measure(engine, number, folder / f"{engine}{number}") for engine in _ENGINES for number in numbers]


def flat(found: Sequence[Cost]) -> list[Figure]:
    """Return whether an item takes longer among more items, the memory of one more, and what a resumed run takes."""
    figures = []
    for engine in _ENGINES[1:]:
        *_, some, many = [cost for cost in found if cost.engine == engine]
        each_ms = 1e3 * some.seconds / some.num_items
        growth = many.seconds / many.num_items / (some.seconds / some.num_items)
        beside = f"at {some.num_items:,} ({each_ms:.2f} ms)"
        figures.append(Figure(f"time an item on {engine}, {many.num_items:,} of them", growth, beside, most=1.1))
        kb = 1e3 * (many.peak_mb - some.peak_mb) / (many.num_items - some.num_items)
        figures.append(Figure(f"memory of one more item on {engine}", kb, "the caller's peak", "kB", most=10))
        figures.append(Figure(f"resume scan on {engine}", many.resume_s, f"{many.num_items:,} items", "s", most=5))
    return figures


def costs_table(found: Sequence[Cost]) -> str:
    """Return each measurement, and the time of an item beside that of plain `concurrent.futures`."""
    plain = {cost.num_items: cost.seconds for cost in found if cost.engine == PLAIN}
    rows = [
        [c.engine, f"{c.num_items:,}", f"{c.seconds:.1f}", f"{1e3 * c.seconds / c.num_items:.2f}",
         f"{c.seconds / plain[c.num_items]:.1f}", f"{c.resume_s:.2f}", f"{c.peak_mb:.0f}"]
        for c in found
    ]  # fmt: skip
    return table(("engine", "items", "s in all", "ms an item", "x futures", "resume scan s", "caller's peak MB"), rows)
