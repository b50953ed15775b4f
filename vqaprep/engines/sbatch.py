"""Call sbatch, squeue, scancel and scontrol, with retries for a busy controller."""

import logging
import os
import re
import shlex
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from vqaprep.engines import Needs
from vqaprep.errors import InputError, VqaprepError

_log = logging.getLogger(__name__)
_PATIENCE_S = 600.0
_PAUSE_S = 1.0
_GONE_S = 300.0
_AWAY = ("Unable to contact slurm controller", "timed out", "Connection refused", "temporarily unable")
_TOO_MANY = "SubmitJob"  # AssocMaxSubmitJobLimit, QOSMaxSubmitJobPerUserLimit and their like
_OURS = ("array", "clusters", "job-name", "output", "error", "parsable", "requeue", "no-requeue", "wrap", "chdir")
# What work needs is left to the user where one of these says it otherwise.
_SAID_BY = {"cpus-per-task": ("cpus",), "mem": ("mem",), "gpus": ("gpus", "gres")}


class Listed(NamedTuple):
    """A task that waits or runs: its array, its index, its state, and why it waits."""

    job: int
    task: int
    state: str
    reason: str


def options(given: Sequence[str]) -> tuple[str, ...]:
    """Return `partition=long` as `--partition=long`.

    Raises:
        InputError: no `=`, no name of an option, or one that is set here.
    """
    for option in given:
        key, _, value = option.partition("=")
        if not value or not re.fullmatch(r"[a-z][a-z-]+", key):
            raise InputError(f"--slurm {option!r} is not KEY=VALUE; give an option of sbatch, such as partition=long")
        if key in _OURS:
            raise InputError(f"--slurm {option!r}: {key} is set by vqaprep; leave it out")
    return tuple(f"--{option}" for option in given)


def needed(needs: Needs, given: Sequence[str]) -> list[str]:
    """Return the sbatch options for `needs`, without those that the user has `given`."""
    wanted = {"cpus-per-task": -(-needs.cpus // 1), "mem": needs.memory_mb, "gpus": -(-needs.gpus // 1)}
    unsaid = {key for key, by in _SAID_BY.items() if not any(g.startswith(f"--{word}") for g in given for word in by)}
    return [f"--{key}={value:.0f}" for key, value in wanted.items() if value and key in unsaid]


def max_tasks() -> int:
    """Return how many tasks an array may have here.

    Raises:
        InputError: Slurm is not here, or allows no arrays.
    """
    try:
        config = _run_patiently("scontrol", "show", "config")
    except _RefusedError as error:
        raise InputError(f"--engine slurm: {error}; run on a node that submits jobs") from error
    limits = re.findall(r"(?:^MaxArraySize\s*=\s*|max_array_tasks=)(\d+)", config, flags=re.MULTILINE)
    smallest = min((int(limit) for limit in limits), default=0)
    if not smallest:
        raise InputError("this Slurm allows no job arrays (MaxArraySize is 0); use --engine local inside a job")
    return smallest


def submit(command: Sequence[str], *, name: str, num_tasks: int, throttle: int, log: Path, given: Sequence[str]) -> int:
    """Submit `command` as an array of tasks 0 to `num_tasks` - 1, `throttle` at a time; return its job id.

    Raises:
        TooManyError: the user may not have so many jobs at a time.
        InputError: Slurm refuses it, in its own words.
    """
    words = ["sbatch", "--parsable", "--requeue", "--open-mode=append", f"--job-name={name}"]
    words += [f"--array=0-{num_tasks - 1}%{throttle}", f"--output={str(log).replace('%', '%%')}/%A_%a.log", *given]
    while True:
        try:
            return int(_run([*words, f"--wrap=exec {shlex.join(command)}"]).partition(";")[0])
        except _AwayError as error:
            _log.warning("%s; asking again", error)
            end(name)  # it may have been taken all the same
        except _RefusedError as error:
            kind = TooManyError if _TOO_MANY in str(error) else InputError
            raise kind(f"Slurm refuses the job array: {error}; see --slurm") from error


def queued(name: str) -> list[Listed]:
    """Return our waiting and running tasks whose job name begins with `name`."""
    lines = _run_patiently(
        "squeue", f"--user={os.getuid()}", "--array", "--noheader", "--format=%j|%F|%K|%T|%r"
    ).splitlines()
    parts = [line.split("|", 4) for line in lines if line.startswith(name)]
    return [Listed(int(job), int(task), state, reason) for _, job, task, state, reason in parts]


def let_end(name: str) -> None:
    """Wait until what runs of our arrays has ended, and cancel what waits: there is nothing left to do."""
    if waiting := [f"{one.job}_{one.task}" for one in queued(name) if one.state == "PENDING"]:
        cancel(*waiting)
    end_s = time.monotonic() + _GONE_S
    while queued(name):
        if time.monotonic() > end_s:
            end(name)
        time.sleep(_PAUSE_S)


def end(name: str) -> None:
    """Cancel the arrays whose job name begins with `name`, and wait until nothing of them runs.

    Raises:
        VqaprepError: something still runs after minutes.
    """
    jobs = sorted({listed.job for listed in queued(name)})
    if not jobs:
        return
    _log.info("cancelling Slurm jobs %s", ", ".join(map(str, jobs)))
    cancel(*map(str, jobs))
    end_s = time.monotonic() + _GONE_S
    while left := queued(name):
        if time.monotonic() > end_s:
            nodes = sorted({f"{listed.job}_{listed.task}" for listed in left})
            raise VqaprepError(f"Slurm tasks {', '.join(nodes)} do not end; end them, then run the same command again")
        time.sleep(_PAUSE_S)


def cancel(*jobs: str) -> None:
    """Cancel jobs or tasks; those that are gone already are fine."""
    subprocess.run(["scancel", "--quiet", *jobs], check=False, capture_output=True)


def set_throttle(job: int, throttle: int) -> None:
    """Let another number of an array's tasks run at a time."""
    with suppress(_RefusedError):  # it complains of each task that is through, and sets the number
        _run_patiently("scontrol", "update", f"JobId={job}", f"ArrayTaskThrottle={throttle}")


def how_ended(job: int, task: int) -> str:
    """Return Slurm's record of how a task ended, such as `FAILED, exit code 0:9, on n17`."""
    try:
        record = _run_patiently("scontrol", "--oneliner", "show", "job", f"{job}_{task}")
    except _RefusedError:
        return "forgotten by Slurm"
    fields = dict(word.split("=", 1) for word in record.split() if "=" in word)
    return f"{fields.get('JobState')}, exit code {fields.get('ExitCode')}, on {fields.get('NodeList')}"


class TooManyError(InputError):
    """Slurm allows this user fewer tasks, waiting ones counted."""


class _AwayError(VqaprepError):
    """The controller does not answer."""


class _RefusedError(VqaprepError):
    """The controller answers no."""


def _run_patiently(*command: str) -> str:
    """Return the output of a command; retry for minutes while the controller is unavailable or restarts."""
    end_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return _run(command)
        except _AwayError as error:
            if time.monotonic() > end_s:
                raise
            _log.warning("%s; asking again", error)
            time.sleep(10 * _PAUSE_S)


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise InputError(f"--engine slurm needs {command[0]} on PATH; run on a node that submits jobs") from error
    if done.returncode == 0:
        return done.stdout
    words = " ".join(done.stderr.split())
    kind = _AwayError if any(sign in words for sign in _AWAY) else _RefusedError
    raise kind(words if words.startswith(command[0]) else f"{command[0]}: {words}")
