"""The clocks of a worker process: the kernel ends it when work shows no sign of life, or takes too long in all."""

import ctypes
import signal
import time

_SOON_S = 1e-3  # a timer of no length would never go off
_stall_s = 0.0
_timeout_s = 0.0
_end_s: ctypes.c_double = ctypes.c_double()


def limit(*, stall_s: float, timeout_s: float, end_s: ctypes.c_double) -> None:
    """Let the kernel end this process without a heartbeat for `stall_s` (0 = never), or `timeout_s` after `begin`.

    When `timeout_s` is over stands in `end_s`, on the monotonic clock: whoever shares that memory can tell the two.
    A timer signal with its default action works even while a native decoder holds the interpreter
    lock, which no Python thread could break; and no jump of the wall clock moves it.
    """
    global _stall_s, _timeout_s, _end_s
    _stall_s, _timeout_s, _end_s = stall_s, timeout_s, end_s
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def begin() -> None:
    """Start both clocks: an item of work begins, or a part of it that may take as long."""
    _end_s.value = time.monotonic() + _timeout_s
    heartbeat()


def heartbeat() -> None:
    """Say that work advances: start the stall clock anew."""
    if _timeout_s:
        left_s = _left_s()
        signal.setitimer(signal.ITIMER_REAL, min(_stall_s or left_s, left_s))


def rest() -> None:
    """Stop the stall clock: the work waits for a slow disk."""
    if _timeout_s:
        signal.setitimer(signal.ITIMER_REAL, _left_s())


def end() -> None:
    """Stop both clocks: the process waits for its next item."""
    signal.setitimer(signal.ITIMER_REAL, 0)


def _left_s() -> float:
    return max(_end_s.value - time.monotonic(), _SOON_S)
