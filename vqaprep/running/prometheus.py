"""Progress as a text file that the node exporter of Prometheus reads (its textfile collector)."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vqaprep.errors import InputError
from vqaprep.storage.durable import durable

_GAUGES = {
    "total": ("vqaprep_items_planned", "Items of a step"),
    "items": ("vqaprep_items_done", "Items of a step that are done, also by earlier runs"),
    "reused": ("vqaprep_items_reused", "Items of a step that an earlier run had done"),
    "items_per_s": ("vqaprep_items_per_second", "Items of a step done in a second of this run"),
    "seconds": ("vqaprep_step_seconds", "Seconds that this run has worked on a step"),
    "worker_s": ("vqaprep_worker_seconds", "Seconds of work on a step in all processes together"),
}


class MetricsFile(logging.Handler):
    """Log handler that writes every progress record to `path`, as a whole file each time.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._steps: dict[str, Mapping[str, Any]] = {}
        try:
            self._write()
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror}; choose another --metrics-file") from error

    def emit(self, record: logging.LogRecord) -> None:
        """Store the fields of a progress record; a failing disk is logged and does not stop the run."""
        state = getattr(record, "progress", None)
        if state is None:
            return
        self._steps[state["title"]] = state
        try:
            self._write()
        except OSError:
            self.handleError(record)

    def _write(self) -> None:
        with durable(self._path) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in _lines(self._steps)), encoding="utf-8")


def _lines(steps: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of the text format: each gauge described, then its value for every step."""
    for field, (name, about) in _GAUGES.items():
        yield from _about(name, about)
        yield from (f"{name}{_labels(step=step)} {state[field]}" for step, state in steps.items())
    name = "vqaprep_rows_dropped"
    yield from _about(name, "Rows of a step that do not go on, by reason")
    for step, state in steps.items():
        yield from (f"{name}{_labels(step=step, reason=why)} {num}" for why, num in state["dropped"].items())


def _about(name: str, about: str) -> tuple[str, str]:
    return f"# HELP {name} {about}.", f"# TYPE {name} gauge"


def _labels(**values: str) -> str:
    escaped = {
        name: value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for name, value in values.items()
    }
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped.items()) + "}"
