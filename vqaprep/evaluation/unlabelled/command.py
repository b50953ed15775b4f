"""Any program as a scorer: it is given a video file and prints a number."""

import re
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Literal

from vqaprep.errors import InputError
from vqaprep.errors.child import run_child
from vqaprep.evaluation.scorers import Frames, Scorer

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_TIMEOUT_S = 300.0
_PLACE = "{video}"


def command_scorer(words: str) -> Scorer:
    """Return the scorer of `NAME=COMMAND`, in which {video} is the file; the last number that it prints is the score.

    A `-` before the name says that lower is better, as for BRISQUE.

    Raises:
        InputError: no name, no command, or no {video} in it.
    """
    name, equals, command = words.partition("=")
    if not equals or not name.strip("- ") or _PLACE not in command:
        raise InputError(f"--command {words!r}: write NAME=COMMAND with {_PLACE} where the file goes")
    better: Literal["higher", "lower"] = "lower" if name.startswith("-") else "higher"
    title = name.strip("- ")

    def apply(frames: Frames, rate_fps: float) -> float:
        with tempfile.TemporaryDirectory() as folder:
            video = Path(folder, "clip.mkv")
            _write(frames, rate_fps, video)
            return _printed(title, [word.replace(_PLACE, str(video)) for word in shlex.split(command)])

    return Scorer(title, apply, title, better, command, f"The last number that `{command}` prints.", 1)


def _printed(title: str, command: list[str]) -> float:
    try:
        done = run_child(command, timeout_s=_TIMEOUT_S)
    except FileNotFoundError as error:
        raise InputError(f"scorer {title}: there is no program {command[0]!r}") from error
    except subprocess.TimeoutExpired as error:
        raise InputError(f"scorer {title} took more than {_TIMEOUT_S:.0f} s for one clip") from error
    text = done.stdout.decode(errors="replace")
    numbers = _NUMBER.findall(text)
    if done.returncode or not numbers:
        printed = text.strip()[-80:] or done.stderr.decode(errors="replace").strip()[-200:]
        raise InputError(f"scorer {title} ended with {done.returncode} and printed no number but {printed!r}")
    return float(numbers[-1])


def _write(frames: Frames, rate_fps: float, video: Path) -> None:
    """Write frames without loss but for 4:2:0, which all video is."""
    import imageio_ffmpeg

    height, width = frames.shape[1:3]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{rate_fps:.6g}", "-i", "-"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *raw, "-c:v", "ffv1", "-pix_fmt", "yuv420p", str(video)]
    done = run_child(command, timeout_s=_TIMEOUT_S, given=frames.tobytes())
    if done.returncode:
        raise InputError(f"ffmpeg could not write a clip: {done.stderr.decode(errors='replace')[-200:]}")
