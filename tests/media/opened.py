"""Say whether anybody opens a file, by asking the kernel (`inotify`, on Linux)."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ACCESS, _OPEN = 0x1, 0x20  # sys/inotify.h


@contextmanager
def nobody_opens(*paths: Path) -> Iterator[None]:
    """Fail when one of `paths` is opened or read inside the block, by whatever process and library."""
    if sys.platform != "linux":
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    try:
        for path in paths:
            assert libc.inotify_add_watch(watch, os.fsencode(path), _ACCESS | _OPEN) >= 0, path
        yield
        events = b""
        with suppress(BlockingIOError):
            events = os.read(watch, 1 << 16)
        assert not events, f"one of {', '.join(map(str, paths))} was opened"
    finally:
        os.close(watch)
