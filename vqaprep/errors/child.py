"""Run a program with a time limit. At the limit, the program and all processes that it started are killed."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path


def run_child(
    command: Sequence[str], *, timeout_s: float, given: bytes = b"", cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run `command` with `given` on its standard input; return its exit status and what it wrote.

    Raises:
        subprocess.TimeoutExpired: it took longer; its whole process group was killed.
    """
    pipe = subprocess.PIPE
    child = subprocess.Popen(command, cwd=cwd, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
    try:
        written, words = child.communicate(given, timeout=timeout_s)
    except BaseException:
        # A killed run must not leave it behind either, so any exception ends it.
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        raise
    return subprocess.CompletedProcess(command, child.returncode, written, words)
