"""The logs of a run: a CSV, TensorBoard, and lines on the console."""

import csv
import logging
import resource
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch

_log = logging.getLogger(__name__)
CURVE = "curve.csv"
_COLUMNS = ("phase", "epoch", "step", "name", "value")
_EVERY_S = 5.0


@dataclass
class Curve:
    """The losses of a run in long form: one row a step and name, appended; cut back on resume.

    `before` are the rows that the checkpoint holds, which stand in for a lost or damaged file.
    """

    run: Path
    step: int = 0
    before: str = ""

    def __post_init__(self) -> None:
        """Drop rows that are ahead of the checkpoint the run resumes from."""
        from torch.utils.tensorboard import SummaryWriter

        path = self.run / CURVE
        # Steps after the checkpoint are done again; without this the curve would hold them twice.
        kept = [row for row in (_whole(self.before) if self.before else _rows(path)) if int(row["step"]) <= self.step]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, _COLUMNS)
            writer.writeheader()
            writer.writerows(kept)
        self._board = SummaryWriter(str(self.run / "tensorboard"), purge_step=self.step + 1)

    def add(self, phase: str, epoch: int, step: int, values: dict[str, float]) -> None:
        """Append one row for each value."""
        with (self.run / CURVE).open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows((phase, epoch, step, name, f"{value:.9g}") for name, value in values.items())
        for name, value in values.items():
            self._board.add_scalar(f"{phase}/{name}", value, step)

    def last(self, phase: str) -> dict[str, float]:
        """Return the values of the last step by name; nothing where there is none."""
        rows = [row for row in _rows(self.run / CURVE) if row["phase"] == phase]
        return {row["name"]: float(row["value"]) for row in rows if row["step"] == rows[-1]["step"]}

    def close(self) -> None:
        """Write out what is buffered."""
        self._board.close()


@dataclass
class Meter:
    """Clips a second and the share of time spent waiting for data, since the last line."""

    total_steps: int
    clips: int = 0
    waited_s: float = 0.0
    began_s: float = field(default_factory=time.monotonic)
    first_s: float = field(default_factory=time.monotonic)
    steps: int = 0

    def count(self, clips: int, waited_s: float) -> None:
        """Count a step."""
        self.clips += clips
        self.waited_s += waited_s
        self.steps += 1

    def read(self) -> dict[str, float]:
        """Return clips a second, data-wait as a share, and peak memory in GB; start anew."""
        now_s = time.monotonic()
        # Two reads can fall into one tick of the clock.
        elapsed_s = max(now_s - self.began_s, 1e-9)
        memory = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else _resident_bytes()
        rates = {"clips_s": self.clips / elapsed_s, "data_wait": self.waited_s / elapsed_s, "memory_gb": memory / 1e9}
        self.clips, self.waited_s, self.began_s = 0, 0.0, now_s
        return rates

    def is_due(self) -> bool:
        """Return whether the console has been quiet for long enough."""
        return time.monotonic() - self.began_s > _EVERY_S

    def say(self, epoch: int, step: int, losses: dict[str, float]) -> None:
        """Write the console line."""
        rates = self.read()
        left_s = (time.monotonic() - self.first_s) / max(self.steps, 1) * (self.total_steps - step)
        named = "  ".join(f"{name} {value:.4g}" for name, value in losses.items())
        speed = f"{rates['clips_s']:.1f} clips/s  data-wait {rates['data_wait']:.0%}  {rates['memory_gb']:.1f} GB"
        _log.info("epoch %d  step %d/%d  %s  %s  %.0f s left", epoch, step, self.total_steps, named, speed, left_s)


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the whole rows of a curve; a cut or damaged line is left out: the run resumes without it."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    whole = _whole(text)
    if (num_lost := max(text.count("\n") - 1, int(bool(text))) - len(whole)) > 0:
        _log.warning("%s: %d rows are damaged and left out", path, num_lost)
    return whole


def _whole(text: str) -> list[dict[str, str]]:
    try:
        rows = list(csv.DictReader(text.splitlines()))
    except csv.Error:
        rows = []
    return [row for row in rows if set(row) == set(_COLUMNS) and None not in row.values() and row["step"].isdecimal()]


def _resident_bytes() -> int:
    # Linux counts in KiB.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
