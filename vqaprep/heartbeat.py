"""The stall clock of a worker process: the kernel ends it when work shows no sign of life."""

import signal

_stall_s = 0.0


def limit_stall(stall_s: float) -> None:
    """Let the kernel end this process when there is no heartbeat for `stall_s` seconds (0 = never).

    A timer signal with its default action works even while a native decoder holds the interpreter
    lock, which no Python thread could break.
    """
    global _stall_s  # noqa: PLW0603  one clock per worker process
    _stall_s = stall_s
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def heartbeat() -> None:
    """Say that work advances: start the stall clock anew."""
    if _stall_s:
        signal.setitimer(signal.ITIMER_REAL, _stall_s)


def rest() -> None:
    """Stop the stall clock: the process waits for its next item, or for a slow disk."""
    signal.setitimer(signal.ITIMER_REAL, 0)
