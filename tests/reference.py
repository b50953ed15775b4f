"""What ffmpeg shows of a file: the pixels that ours are held against."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from tests.films import Frames, ffmpeg


def shown_by_ffmpeg(path: Path, size_px: tuple[int, int], *, filters: str = "null", stream: str = "0:V:0") -> Frames:
    """Return all frames of a file, turned upright, as (N, H, W, 3) RGB; they must have `size_px`, width and height."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-v", "error", "-nostdin", "-i", str(path), "-map", stream, "-fps_mode", "passthrough"]
    command += ["-vf", filters, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    found = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(found, np.uint8).reshape(-1, size_px[1], size_px[0], 3)


def run_ffmpeg(*arguments: object) -> Path:
    """Run ffmpeg; return the last argument, the file that it writes."""
    ffmpeg(*map(str, arguments))
    return Path(str(arguments[-1]))
