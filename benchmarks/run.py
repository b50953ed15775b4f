"""Print each promise about speed and size beside its baseline, measured in this run; `make bench` runs it.

Times are processor seconds, but for writing, which is wall time. The films are those of `vqaprep samples` where
they were fetched, else made ones.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.figures import show
from benchmarks.films import interviews
from benchmarks.reading import reading
from benchmarks.rendering import rendering, writing
from benchmarks.running import memory, resume_scan, start, time_a_video


def main() -> int:
    """Measure everything, print and store the table, and return 1 where a promise is broken."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rooms = [folder / part for part in ("render", "write", "memory", "time", "resume")]
        for room in rooms:
            room.mkdir()
        videos = interviews(folder)
        figures = [
            *rendering(videos, rooms[0]),
            writing(rooms[1]),
            *reading(videos[0], rooms[0] / "six-0-0"),
            memory(600, rooms[2]),
            time_a_video(100, rooms[3]),
            resume_scan(10_000, rooms[4]),
            start(),
        ]
    return show(figures, command="python -m benchmarks.run", name="bench")


if __name__ == "__main__":
    sys.exit(main())
