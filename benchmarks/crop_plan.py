"""Plan trim and crop of one interview in a fresh process, and print the most memory it took, in MB."""

import sys
from pathlib import Path

import numpy as np

from vqaprep.detect.watch import look_at
from vqaprep.media.probe import probe
from vqaprep.rows import Dropped
from vqaprep.stages.crop import Crop
from vqaprep.stages.trim import Trim


def main() -> None:
    """Plan for the video and the participant named on the command line, with looks kept in the folder named last."""
    path, subject, cache = sys.argv[1:]
    trim, crop = Trim(auto=True, subject=subject), Crop(subject=subject)
    video, rng = probe(path), np.random.default_rng(0)
    seen = look_at(video, watch=crop.watch(), cache=Path(cache))
    [kept] = trim(video, seen, rng)
    [row] = [kept] if isinstance(kept, Dropped) else crop(kept, seen, rng)
    if isinstance(row, Dropped):
        sys.exit(f"nothing to time: {row.reason}, {row.detail}")
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()  # getrusage counts the parent's too
    print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024)


if __name__ == "__main__":
    main()
