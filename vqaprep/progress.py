"""Say how far the work is: a bar on a terminal, plain lines elsewhere, JSON lines where asked."""

import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from vqaprep.rows import Dropped

_log = logging.getLogger(__name__)
_LINE_EVERY_S = 10.0


@dataclass
class Progress:
    """Counts of one piece of work, shown as it goes."""

    title: str
    total: int
    done: int = 0
    reused: int = 0
    drops: Counter[str] = field(default_factory=Counter)
    started_s: float = field(default_factory=time.monotonic)
    _shown_s: float = 0.0
    _bar: Any = None

    def advance(self, dropped: "list[Dropped] | None" = None, *, by: int = 1) -> None:
        """Count `by` more items as done, and their drops."""
        self.done += by
        self.drops.update(d.reason for d in dropped or ())
        now_s = time.monotonic()
        if self._bar is not None:
            self._bar[0].update(self._bar[1], completed=self.done, drops=self.drops.total())
        elif now_s - self._shown_s > _LINE_EVERY_S:
            self._shown_s = now_s
            _log.info("%s", self)

    @property
    def rate(self) -> float:
        """Items a second, not counting those that an earlier run had done."""
        return (self.done - self.reused) / max(time.monotonic() - self.started_s, 1e-9)

    def __str__(self) -> str:
        left_s = (self.total - self.done) / self.rate if self.rate > 0 else float("inf")
        eta = f"{left_s:.0f} s left" if left_s < float("inf") else "starting"
        return f"{self.title}: {self.done}/{self.total} ({self.rate:.1f}/s, {eta}, {self.drops.total()} dropped)"


@contextmanager
def progress(title: str, total: int, *, reused: int = 0) -> Iterator[Progress]:
    """Show a `Progress` while the block runs, and one closing line."""
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
    seconds = time.monotonic() - shown.started_s
    reuse = f", {reused} already done" if reused else ""
    drops = "".join(f", {count} {reason}" for reason, count in shown.drops.most_common())
    _log.info("%s: %d in %.1f s%s%s", title, shown.done, seconds, reuse, drops)


def is_json() -> bool:
    """Return whether logs are written as JSON lines (`--log-json`)."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


class JsonLines(logging.Formatter):
    """One JSON object a log line: time, level, where from, message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON text."""
        entry = {"t": record.created, "level": record.levelname, "from": record.name, "message": record.getMessage()}
        return json.dumps(entry, ensure_ascii=False)
