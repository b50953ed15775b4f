"""Add lines to an object store, which cannot append: each batch is one object, written within seconds."""

from contextlib import suppress
from threading import Lock, Timer
from uuid import uuid4

from vqaprep.errors import VqaprepError
from vqaprep.storage.path import StorePath

_BATCH_LINES, _BATCH_S = 500, 5.0


class Batches:
    """Adds lines below `folder` under names that no other writer uses.

    A line is written within seconds, or at `close`. A crash before that loses it, and its work is done again.
    """

    def __init__(self, folder: StorePath) -> None:
        self._folder, self._writer, self._number = folder, uuid4().hex, 0
        self._waiting: list[str] = []
        self._timer: Timer | None = None
        self._lock = Lock()

    def add(self, line: str) -> None:
        """Queue a line, and write the queue when it is long.

        Raises:
            StorageError: the store does not take them.
        """
        with self._lock:
            self._waiting.append(line)
            if len(self._waiting) >= _BATCH_LINES:
                self._write()
            elif self._timer is None:
                self._timer = Timer(_BATCH_S, self._write_quietly)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """Write what waits.

        Raises:
            StorageError: the store does not take it.
        """
        with self._lock:
            self._write()

    def _write_quietly(self) -> None:
        """Write from the timer's thread; lines that the store does not take wait for the next call."""
        with self._lock, suppress(VqaprepError):
            self._write()

    def _write(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            (self._folder / f"{self._writer}-{self._number:06d}").write_text("".join(self._waiting))
            self._number, self._waiting = self._number + 1, []
