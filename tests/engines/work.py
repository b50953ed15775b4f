"""Work that goes well, fails, dies and hangs; in a module of its own, so that worker processes can import it."""

import ctypes
import os
import signal
import threading
import time
from pathlib import Path

from vqaprep.errors.heartbeat import begin, heartbeat


def square(number: int) -> int:
    """Do well."""
    return number**2


def fail_at_two(number: int) -> int:
    """Have a defect."""
    if number == 2:
        raise ZeroDivisionError("a defect of ours")
    return number


def time_out_at_two(number: int) -> int:
    """Have the error of a slow network."""
    if number == 2:
        raise TimeoutError("a slow network")
    return number


def take_gigabytes(num_gb: int) -> int:
    """Ask for memory; none of it is touched."""
    return len(bytearray(num_gb << 30))


def crash_at_two(number: int) -> int:
    """Crash as a native decoder does."""
    if number == 2:
        ctypes.string_at(0)
    return number


def die_at_two(number: int) -> int:
    """Be killed as the kernel does when memory runs out."""
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_once_at_two(place: tuple[str, int]) -> int:
    """Be killed at item 2, the first time that it is done."""
    folder, number = place
    if number == 2 and not (seen := Path(folder, "seen")).exists():
        seen.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def beat(place: tuple[str, int]) -> int:
    """Show a sign of life now and then, for a second and a half in all."""
    folder, number = place
    Path(folder, f"{number}-{os.getpid()}").touch()
    for _ in range(30):
        time.sleep(0.05)
        heartbeat()
    return number


def hang_at_two(number: int) -> int:
    """Never come back."""
    if number == 2:
        while True:
            time.sleep(60)
    return number


def take_parts(num_parts: int) -> int:
    """Take half of the time limit for each part, then hang after the third."""
    for part in range(num_parts):
        begin()
        time.sleep(60 if part == 3 else 0.5)
    return num_parts


def wait_for_the_last(place: tuple[str, int]) -> int:
    """Do item 0 only after item 4 has begun."""
    folder, number = place
    if number == 4:
        Path(folder, "last").touch()
    while number == 0 and not Path(folder, "last").exists():
        time.sleep(0.01)
    return number


def threads_of_libraries(_: None) -> str:
    """Return how many threads native libraries are told to use."""
    return os.environ["OMP_NUM_THREADS"]


def own_process(_: int) -> int:
    """Return the number of the process that works."""
    return os.getpid()


def note_process(place: tuple[str, int]) -> int:
    """Leave the number of the process that works, and wait for ever."""
    Path(place[0], f"{os.getpid()}").touch()
    while True:
        time.sleep(60)


def lose_the_worker_once(place: tuple[str, int]) -> int:
    """Take down the worker that this process is a child of, the first time that item 2 is done."""
    folder, number = place
    if number == 2 and not (seen := Path(folder, "seen")).exists():
        seen.touch()
        _kill_parent()
    return number


def lose_the_worker_at_two(number: int) -> int:
    """Take down the worker that this process is a child of, each time."""
    if number == 2:
        _kill_parent()
    return number


def _kill_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    while True:
        time.sleep(60)


def leave_a_thread(_: int) -> None:
    """Do well, and keep the process from ending as a library's thread may."""
    threading.Thread(target=time.sleep, args=(600,)).start()


def leave_soon(_: int) -> None:
    """Do well, and die a moment later, without an item."""
    threading.Timer(0.05, os._exit, (1,)).start()


class Torn:
    """An item that can be sent and not be read, as where a package is of another version."""

    def __reduce__(self) -> tuple[type[int], tuple[str]]:
        return int, ("torn",)
