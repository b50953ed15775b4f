"""Work that goes well, dies or hangs as its name says; in a module of its own, so that workers can import it."""

import ctypes
import os
import signal

from vqaprep.rows import Dropped, Row, Video


def small(name: str) -> list[Row | Dropped]:
    """Do next to nothing, and answer as `scan` does."""
    made = Video(video_id=name, uri=f"/videos/{name}.mp4", sha256=name, num_bytes=1, container="mp4", codec="h264",
                 width_px=640, height_px=360, rate_fps=25.0, num_frames=250, duration_s=10.0)  # fmt: skip
    return [made]


def faulty(name: str) -> list[Row | Dropped]:
    """Do as `small`, unless the name begins with a fault: `sigkill`, `segfault` or `hang`."""
    if name.startswith("sigkill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("segfault"):
        ctypes.string_at(0)
    if name.startswith("hang"):
        while True:
            ctypes.PyDLL(None).pause()  # in native code, and holding the interpreter's lock
    return small(name)
