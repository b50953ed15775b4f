"""Report progress: a bar on a terminal, plain lines elsewhere, JSON lines with --log-json."""

import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from vqaprep.engines import Done, Engine, Failed
from vqaprep.rows import Dropped

_log = logging.getLogger(__name__)
_LINE_EVERY_S = 10.0


@dataclass
class Progress:
    """Counts of one piece of work, displayed while it runs."""

    title: str
    total: int
    done: int = 0
    reused: int = 0
    drops: Counter[str] = field(default_factory=Counter)
    started_s: float = field(default_factory=time.monotonic)
    worker_s: float = 0.0
    """Seconds of work in all processes together."""
    _told_s: float = 0.0
    _bar: Any = None

    def advance(self, dropped: "list[Dropped] | None" = None, *, by: int = 1) -> None:
        """Count `by` more items as done, and their drops."""
        self.done += by
        self.drops.update(d.reason for d in dropped or ())
        if self._bar is not None:
            self._bar[0].update(self._bar[1], completed=self.done, drops=self.drops.total())
        now_s = time.monotonic()
        if now_s - self._told_s > _LINE_EVERY_S:
            self._told_s = now_s
            self._tell(str(self))

    @property
    def seconds(self) -> float:
        """Seconds since the work began."""
        return time.monotonic() - self.started_s

    @property
    def rate(self) -> float:
        """Items a second, not counting those that an earlier run had done."""
        return (self.done - self.reused) / max(self.seconds, 1e-9)

    @property
    def eta_s(self) -> float | None:
        """Seconds that are left at this rate; None before anything is done."""
        return (self.total - self.done) / self.rate if self.done > self.reused else None

    def record(self) -> dict[str, Any]:
        """Return what `run.json` keeps: items, drops, seconds of the wall clock and of all workers, and the rate."""
        return {
            "items": self.done,
            "reused": self.reused,
            "dropped": dict(self.drops.most_common()),
            "seconds": round(self.seconds, 3),
            "worker_s": round(self.worker_s, 3),
            "items_per_s": round(self.rate, 3),
        }

    def __str__(self) -> str:
        eta = "starting" if self.eta_s is None else f"{self.eta_s:.0f} s left"
        return f"{self.title}: {self.done}/{self.total} ({self.rate:.1f}/s, {eta}, {self.drops.total()} dropped)"

    def closing(self) -> str:
        """Return the last line of the work."""
        reuse = f", {self.reused} already done" if self.reused else ""
        drops = "".join(f", {count} {reason}" for reason, count in self.drops.most_common())
        return f"{self.title}: {self.done} in {self.seconds:.1f} s{reuse}{drops}"

    def _tell(self, message: str, *, is_drawn: bool = True) -> None:
        """Log how far the work is, for people and, as fields, for programs."""
        fields = {"title": self.title, "total": self.total, "eta_s": self.eta_s} | self.record()
        _log.info("%s", message, extra={"progress": fields, "is_drawn": is_drawn and self._bar is not None})


@contextmanager
def progress(title: str, total: int, *, reused: int = 0, ledger: dict[str, Any] | None = None) -> Iterator[Progress]:
    """Show a `Progress` while the block runs, then one closing line; its record goes into `ledger`."""
    shown = Progress(title, total, done=reused, reused=reused)
    if sys.stderr.isatty() and logging.getLogger().level <= logging.INFO and not is_json():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        dropped = TextColumn("{task.fields[drops]} dropped")
        with Bars(*columns, dropped, console=Console(stderr=True), transient=True) as bars:
            shown._bar = (bars, bars.add_task(title, total=total, completed=reused, drops=0))
            yield shown
    else:
        yield shown
    shown._tell(shown.closing(), is_drawn=False)
    if ledger is not None:
        ledger[title] = shown.record()


@dataclass(frozen=True)
class Metered:
    """An engine whose work is counted in `shown`: its seconds, and as reused what was done before it began."""

    engine: Engine
    shown: Progress

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        """Yield a result for each item, in the order of completion."""
        if not self.shown.worker_s:
            self.shown.reused, self.shown.started_s = self.shown.done, time.monotonic()
        for outcome in self.engine.map(work, items):
            if isinstance(outcome, Done):
                self.shown.worker_s += outcome.seconds
            yield outcome


def is_json() -> bool:
    """Return whether logs are written as JSON lines (`--log-json`)."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


class JsonLines(logging.Formatter):
    """One JSON object a log line: time, level, where from, message, and the fields of `Progress` where it is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON text."""
        entry = {"t": record.created, "level": record.levelname, "from": record.name, "message": record.getMessage()}
        state = getattr(record, "progress", None)
        return json.dumps(entry if state is None else entry | {"progress": state}, ensure_ascii=False)
