"""Run a program with a time limit. At the limit, the program and all processes that it started are killed."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any


def run_child(
    command: Sequence[str],
    *,
    timeout_s: float,
    given: bytes = b"",
    cwd: Path | None = None,
    stdout: IO[bytes] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run `command` with `given` on its standard input; return its exit status and what it wrote.

    Its standard output goes to `stdout` where that is a file.

    Raises:
        FileNotFoundError: there is no such program.
        subprocess.TimeoutExpired: it took longer; its whole process group was killed.
    """
    pipe = subprocess.PIPE
    child = subprocess.Popen(command, cwd=cwd, stdin=pipe, stdout=stdout or pipe, stderr=pipe, start_new_session=True)
    try:
        written, words = child.communicate(given, timeout=timeout_s)
    except BaseException:
        # A killed run must not leave it behind either, so any exception ends it.
        kill_group(child)
        raise
    return subprocess.CompletedProcess(command, child.returncode, written, words)


def kill_group(child: "subprocess.Popen[Any]") -> None:
    """Kill a child that leads a session of its own, and all that it started; wait until it is gone."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
