"""Run a graph of ffmpeg-python in memory, in a process that may crash or hang alone."""

import subprocess
from typing import Any

from vqaprep.errors import MediaError
from vqaprep.errors.child import run_child

_TIMEOUT_S = 60.0  # under the usual stall limit, which would end the whole worker and blame the video


def piped(output: Any, given: bytes, *, purpose: str) -> bytes:
    """Return what a graph that reads `pipe:` and writes `pipe:` makes of `given`; `purpose` is for messages.

    Raises:
        MediaError: `timeout` or `crashed`, when ffmpeg did not end well.
    """
    import imageio_ffmpeg

    command = output.global_args("-v", "error").compile(cmd=imageio_ffmpeg.get_ffmpeg_exe())
    try:
        ended = run_child([str(word) for word in command], timeout_s=_TIMEOUT_S, given=given)
    except subprocess.TimeoutExpired as error:
        raise MediaError("timeout", f"{purpose} took over {_TIMEOUT_S:g} s") from error
    if ended.returncode:
        words = ended.stderr.decode(errors="replace").strip()[-500:]
        raise MediaError("crashed", f"{purpose}: ffmpeg ended with {ended.returncode}: {words}")
    return ended.stdout
