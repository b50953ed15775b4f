"""Hold a folder on a disk by a kernel lock. The lock ends with its process, also on network disks."""

import fcntl
import json
import logging
import os
from pathlib import Path
from typing import Any
from weakref import finalize

from vqaprep.storage.hold.holder import me, refusal

_log = logging.getLogger(__name__)


class LockedHold:
    """A lock on the file `path`; children that are forked do not share it.

    Raises:
        InputError: a run that is alive has it.
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        while True:
            self._file = path.open("a+", encoding="utf-8")
            finalize(self, self._file.close)
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, PermissionError) as error:
                raise refusal(path.parent, self._read()) from error
            except OSError as error:
                _log.warning(
                    "%s does not support locks (%s): make sure that no other run writes there", path.parent, error
                )
            if path.exists() and path.stat().st_ino == os.fstat(self._file.fileno()).st_ino:
                break  # else a run that ended just now took the file away
        self._file.truncate(0)
        os.write(self._file.fileno(), json.dumps(me()).encode())  # unbuffered: what fails now must not fail again later

    @property
    def is_over(self) -> bool:
        """Whether it was released."""
        return self._file.closed

    def release(self) -> None:
        """Let others have the folder."""
        if not self.is_over:
            self._path.unlink(missing_ok=True)
            self._file.close()

    def _read(self) -> dict[str, Any]:
        self._file.seek(0)
        try:
            holder = json.loads(self._file.read())
        except ValueError:
            return {}
        return holder if isinstance(holder, dict) else {}
