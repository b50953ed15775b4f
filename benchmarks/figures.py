"""What a measurement is, and how it is taken and shown."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from vqaprep.engines import Done, Failed
from vqaprep.storage.durable import write_json

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One promise: `value` (a ratio to `baseline`, or in `unit`), and what it may be at most or must be at least."""

    name: str
    value: float | None
    baseline: str
    unit: str = "x"
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the promise holds; what was not measured breaks none."""
        if self.value is None:
            return True
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    def row(self) -> list[str]:
        """Return the cells of its row."""
        shown = self.note if self.value is None else f"{self.value:.3g} {self.unit}"
        promise = "" if self.most is None else f"at most {self.most:g}"
        promise = promise if self.least is None else f"at least {self.least:g}"
        kept = "" if not promise or self.value is None else ("yes" if self.is_kept else "NO")
        return [self.name, shown, self.baseline, promise, kept]


class Inline:
    """An engine in this very process."""

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        """Yield the result of each item at once."""
        for i, item in enumerate(items):
            yield Done(i, work(item))


def cpu_s(work: Callable[[], Any]) -> float:
    """Return the processor seconds of `work` and its children: other load on the machine hardly counts."""
    before = _used_s()
    work()
    return _used_s() - before


def ffmpeg(*arguments: str) -> None:
    """Run the bundled ffmpeg; raise when it fails."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with columns of even width."""
    cells = [list(head), ["-" * len(name) for name in head], *map(list, rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in cells)


def print_figures(figures: list[Figure]) -> list[Figure]:
    """Say at once what was found, and return it: the next proof may take minutes."""
    for figure in figures:
        print(" ".join(figure.row()), file=sys.stderr, flush=True)
    return figures


def show(figures: Sequence[Figure], *, command: str, name: str, more: str = "") -> int:
    """Print the table and what is `more`, store both in `results`, and return 1 where a promise is broken."""
    text = table(("figure", "measured", "beside", "promise", "kept"), [figure.row() for figure in figures])
    text = f"{text}\n\n{more}" if more else text
    print(text)
    RESULTS.mkdir(exist_ok=True)
    machine = f"{len(os.sched_getaffinity(0))} cores; load {os.getloadavg()[0]:.1f} at the end"
    (RESULTS / f"{name}.md").write_text(f"`{command}` on {machine}.\n\n{text}\n", encoding="utf-8")
    values = [json.loads(json.dumps(asdict(figure) | {"kept": figure.is_kept})) for figure in figures]
    write_json(RESULTS / f"{name}.json", {"command": command, "machine": machine, "figures": values})
    return int(not all(figure.is_kept for figure in figures))


def _used_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)
