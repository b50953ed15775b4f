"""Identify the process that holds a folder, among all processes of this and other machines."""

import os
import socket
from pathlib import Path
from typing import Any

from vqaprep.errors import InputError


def me() -> dict[str, Any]:
    """Return an identity of this process that no other process has."""
    return {"host": socket.gethostname(), "machine": _machine(), "pid": os.getpid(), "began": _began(os.getpid())}


def is_alive(holder: dict[str, Any]) -> bool | None:
    """Say whether a process is alive; None if it belongs to another machine."""
    if holder.get("machine") is None or holder["machine"] != _machine():
        return None
    return holder.get("began") is not None and _began(holder["pid"]) == holder["began"]


def refusal(folder: Path, holder: dict[str, Any]) -> InputError:
    """Return the error that says who holds `folder`."""
    who = f"process {holder.get('pid', 'unknown')} on {holder.get('host', 'an unknown machine')}"
    return InputError(
        f"{folder} is being written by another run ({who}); wait for it or end it, then run this command again: "
        "it resumes"
    )


def _machine() -> str | None:
    """Return a name of the running kernel and of our view of its processes; None where it is not known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return None


def _began(pid: int) -> str | None:
    """Return when a living process of this machine began, in ticks since boot."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if words[0] in ("Z", "X") else words[19]
