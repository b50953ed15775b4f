"""Plan trim and crop of one interview, or only look at it, and print the most memory that took, in MB."""

import sys
from pathlib import Path

import numpy as np

from vqaprep.detect.watch import look_at
from vqaprep.media.probe import probe
from vqaprep.rows import Dropped, Video
from vqaprep.stages.crop import Crop
from vqaprep.stages.trim import Trim


def main() -> None:
    """Take a video, a folder for looks and, to plan, the participant's name from the command line."""
    path, cache, *names = sys.argv[1:]
    video = probe(path)
    if names:
        _plan(video, Path(cache), names[0])
    else:
        look_at(video, watch=None, cache=Path(cache))
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()  # getrusage counts the parent's too
    print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024)


def _plan(video: Video, cache: Path, subject: str) -> None:
    trim, crop, rng = Trim(auto=True, subject=subject), Crop(subject=subject), np.random.default_rng(0)
    seen = look_at(video, watch=crop.watch(), cache=cache)
    [kept] = trim(video, seen, rng)
    [row] = [kept] if isinstance(kept, Dropped) else crop(kept, seen, rng)
    if isinstance(row, Dropped):
        sys.exit(f"nothing to time: {row.reason}, {row.detail}")


if __name__ == "__main__":
    main()
