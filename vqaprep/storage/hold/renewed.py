"""Hold a folder in a store by a lease: the owner renews an object, and other runs watch that object.

Clocks of machines are never compared: an owner is alive if its object changes while we watch, or if it is a living
process of this machine.
"""

import _thread
import json
import logging
import time
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from vqaprep.errors import StorageError, VqaprepError
from vqaprep.storage import StorePath
from vqaprep.storage.hold.holder import is_alive, me, refusal

_log = logging.getLogger(__name__)
RENEW_S, WATCH_S, SETTLE_S = 5.0, 20.0, 1.0


class RenewedHold:
    """The object `path`, ours as long as a thread of this process renews it.

    When another run has taken it (we were cut off for long), the main thread is interrupted.

    Raises:
        InputError: a run that is alive has it, or the store refuses us.
        StorageError: the store cannot be reached.
    """

    def __init__(self, path: StorePath) -> None:
        self._path, self._me, self._number = path, me() | {"owner": uuid4().hex}, 0
        self._over = Event()
        self._take()
        self._thread = Thread(target=self._renew, daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether it was released."""
        return self._over.is_set()

    def release(self) -> None:
        """Let others have the folder."""
        if self.is_over:
            return
        self._over.set()
        self._thread.join()
        try:
            if self._is_ours():
                self._path.unlink(missing_ok=True)
        except VqaprepError as error:
            _log.debug("%s stays behind: %s", self._path, error)

    def _take(self) -> None:
        holder = self._read()
        if holder is None and self._create():
            return
        if holder is not None:
            self._outlive(holder)
        self._write()
        time.sleep(SETTLE_S)  # two runs may both think that they took over: the last one to write has it
        if not self._is_ours():
            raise refusal(self._path.parent, self._read() or {})

    def _create(self) -> bool:
        """Write the object if there is none; return False where the store cannot tell."""
        try:
            self._path.create(self._words())
        except FileExistsError:
            raise refusal(self._path.parent, self._read() or {}) from None
        except StorageError:
            return False
        return True

    def _outlive(self, holder: dict[str, Any]) -> None:
        """Wait until the holder is dead or has released the folder."""
        alive = is_alive(holder)
        if alive:
            raise refusal(self._path.parent, holder)
        if alive is None:
            _log.info("%s: watching for %g s whether its run is alive", self._path.parent, WATCH_S)
            until_s = time.monotonic() + WATCH_S
            while time.monotonic() < until_s:
                time.sleep(SETTLE_S)
                now = self._read()
                if now is None:
                    return
                if now != holder:
                    raise refusal(self._path.parent, now)
        _log.warning("%s: the run that wrote there is dead; taking over", self._path.parent)

    def _renew(self) -> None:
        while not self._over.wait(RENEW_S):
            try:
                if not self._is_ours():
                    _log.error("%s was taken over by another run; this one ends", self._path.parent)
                    _thread.interrupt_main()
                    return
                self._write()
            except VqaprepError as error:
                _log.debug("not renewed: %s", error)

    def _is_ours(self) -> bool:
        return bool((self._read() or {}).get("owner") == self._me["owner"])

    def _write(self) -> None:
        self._number += 1
        self._path.write_bytes(self._words())

    def _words(self) -> bytes:
        return json.dumps(self._me | {"number": self._number}).encode()

    def _read(self) -> dict[str, Any] | None:
        try:
            record = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            return {}
        return record if isinstance(record, dict) else {}
