"""Pass results from tasks on other machines to their coordinator, through a folder that all machines share."""

import os
import pickle
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from vqaprep.engines import Done, Failed

_HEAD = struct.Struct("<II")  # length and CRC-32: another machine may see a file's size before its bytes


@dataclass(frozen=True, slots=True)
class Raised:
    """A defect: the work, or the task around it, raised `error`."""

    error: Exception


Record = Done | Failed | Raised


@dataclass
class Results:
    """File of one task's records, written by one process alone; what was written survives its death."""

    path: Path
    _file: IO[bytes] | None = None

    def __enter__(self) -> "Results":
        self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, record: Record) -> None:
        """Append a record, on disk before this returns."""
        assert self._file is not None
        body = pickle.dumps(record)
        self._file.write(_HEAD.pack(len(body), zlib.crc32(body)) + body)
        self._file.flush()
        os.fsync(self._file.fileno())


def read(path: Path, offset: int = 0) -> tuple[list[Record], int]:
    """Return the whole records from byte `offset` on, and where the next one will begin."""
    records: list[Record] = []
    with path.open("rb") as file:
        file.seek(offset)
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            num_bytes, checksum = _HEAD.unpack(head)
            body = file.read(num_bytes)
            if not body or len(body) != num_bytes or zlib.crc32(body) != checksum:
                break
            records.append(pickle.loads(body))  # noqa: S301  written by ourselves, in a folder private to its owner
            offset = file.tell()
    return records, offset
