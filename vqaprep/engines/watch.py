"""End a worker process whose work hangs, and count only the time in which it could run."""

import time
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import Any

from vqaprep.engines import Limits
from vqaprep.errors.heartbeat import Signs

_LOOK_EVERY_S = 0.25
_MOST_S = 4 * _LOOK_EVERY_S
"""A longer time between two looks means that this process, and its worker with it, could not run."""


class Watch:
    """A thread that watches the heartbeat of a process and kills it at a limit; it ends with the process.

    Seconds in which the worker is stopped, or in which this process does not come to look (both pause under
    Ctrl-Z, `docker pause` and `scontrol suspend`), are not counted. A sleeping computer stops the clock itself.
    """

    def __init__(self, process: Any, signs: Signs, limits: Limits) -> None:
        self.verdict: str | None = None
        """Why the process was killed."""
        self._process, self._signs, self._limits = process, signs, limits
        Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        signs, before = self._signs, (0, 0)
        worked_s = stalled_s = 0.0
        last_s = time.monotonic()
        while not wait([self._process.sentinel], timeout=_LOOK_EVERY_S):
            now_s = time.monotonic()
            passed_s, last_s = min(now_s - last_s, _MOST_S), now_s
            if not signs.is_working or _is_stopped(self._process.pid):
                passed_s = 0.0
            now = (signs.items, signs.beats)
            worked_s = worked_s + passed_s if now[0] == before[0] else 0.0
            stalled_s = stalled_s + passed_s if now == before and not signs.is_resting else 0.0
            before = now
            if self._is_over(worked_s, stalled_s):
                self._process.kill()
                return

    def _is_over(self, worked_s: float, stalled_s: float) -> bool:
        """Say whether a limit is over, and keep which."""
        stall_s, timeout_s = self._limits.stall_s, self._limits.timeout_s
        if 0 < stall_s <= stalled_s:
            self.verdict = f"no progress for {stall_s:g} s"
        elif worked_s >= timeout_s:
            self.verdict = f"killed after {timeout_s:g} s"
        return self.verdict is not None


def _is_stopped(pid: int) -> bool:
    """Say whether a signal or a debugger holds a process; False where the system does not say."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in ("T", "t")
