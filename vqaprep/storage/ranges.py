"""A file that is read by ranges as they are needed."""

import errno
import io
import os
from collections.abc import Callable
from typing import Any

_BLOCK_BYTES, _NUM_BLOCKS = 1 << 21, 8


class Ranges(io.RawIOBase):
    """An object read by ranges, of which the last few blocks are kept: players jump back and forth."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        super().__init__()
        self._read, self._size, self._at = read, size, 0
        self._blocks: dict[int, bytes] = {}

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, and return it; like a file, refuse one before the start."""
        at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if at < 0:
            raise OSError(errno.EINVAL, "Invalid argument")
        self._at = at
        return at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with what the block at this place holds of it; return the number of bytes."""
        if self._at >= self._size:
            return 0
        number, start = divmod(self._at, _BLOCK_BYTES)
        data = self._block(number)[start : start + len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _block(self, number: int) -> bytes:
        data = self._blocks.pop(number, None)
        if data is None:
            if len(self._blocks) == _NUM_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            start = number * _BLOCK_BYTES
            data = self._read(start, min(_BLOCK_BYTES, self._size - start))
        self._blocks[number] = data  # the newest comes last
        return data
