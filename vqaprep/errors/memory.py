"""Limit the memory of a worker process. Work is planned to fit; a wrong estimate costs one item.

The limit counts the program and the pictures of one video. Networks and the tar that is being filled come on top.
"""

import sys
from contextlib import suppress
from pathlib import Path

from vqaprep.errors import MediaError

DEFAULT_MB = 2000
PROGRAM_MB = 200  # Python with NumPy, PyAV and OpenCV
_SLACK = 1.25  # the kernel's limit over ours: an estimate may be a little wrong
_RESERVED_MB = 1500  # the kernel also counts what is reserved and never used: Arrow's allocator takes a gigabyte
_DECODED_BYTES_PER_PX = 1.5  # 8-bit 4:2:0
_RGB_BYTES_PER_PX = 3
# Pictures that a decoder keeps: level 6.2 of H.264 (table A-1) allows 696,320 macroblocks and 16 pictures; a few more
# are on their way in and out.
_KEPT_PX, _MOST_KEPT, _IN_FLIGHT = 696_320 * 16 * 16, 16, 4
_LITTLE_BYTES = 1 << 27

_limit_mb = DEFAULT_MB


def limit(megabytes: int) -> None:
    """Set the limit of this process."""
    global _limit_mb  # noqa: PLW0603  a process has one limit
    _limit_mb = megabytes


def room_bytes() -> int:
    """Return what the limit leaves for the pictures of one video."""
    return max(_limit_mb - PROGRAM_MB, 1) * 1_000_000


def decoding_bytes(width_px: int, height_px: int) -> int:
    """Estimate the peak memory of decoding pictures of this size and converting one of them to RGB."""
    num_px = width_px * height_px
    kept_px = min(_MOST_KEPT * num_px, _KEPT_PX) + _IN_FLIGHT * num_px
    return int(_DECODED_BYTES_PER_PX * kept_px + _RGB_BYTES_PER_PX * num_px)


def check_picture(width_px: int, height_px: int) -> None:
    """Refuse pictures that cannot be decoded within the limit, before memory is asked for.

    Raises:
        MediaError: `too_large`.
    """
    require(decoding_bytes(width_px, height_px), f"decoding {width_px}x{height_px} px")


def most_px() -> int:
    """Return about the most pixels that a picture may have to be decoded within the limit."""
    room = room_bytes()
    few = room / (_DECODED_BYTES_PER_PX * (_MOST_KEPT + _IN_FLIGHT) + _RGB_BYTES_PER_PX)
    many = (room - _DECODED_BYTES_PER_PX * _KEPT_PX) / (_DECODED_BYTES_PER_PX * _IN_FLIGHT + _RGB_BYTES_PER_PX)
    return int(max(few, many))


def is_short(num_bytes: int = 0) -> bool:
    """Say whether this process gets no memory for `num_bytes`, or for a little work.

    If there is no memory even for little work, a failed allocation proves nothing about the file. Otherwise the file
    asked for an absurd amount.
    """
    try:
        bytearray(max(num_bytes, _LITTLE_BYTES))  # it is never written to, so that it takes no real memory
    except MemoryError:
        return True
    return False


def require(num_bytes: int, purpose: str) -> None:
    """Refuse what takes more than the limit leaves.

    Raises:
        MediaError: `too_large`.
    """
    if num_bytes > room_bytes():
        raise MediaError("too_large", too_much(num_bytes, purpose))


def too_much(num_bytes: int, purpose: str) -> str:
    """Say what is needed, what is allowed, and the remedy."""
    needed_mb = num_bytes / 1e6 + PROGRAM_MB
    return f"{purpose} needs about {needed_mb:,.0f} MB; --max-memory-mb allows {_limit_mb:,}"


def guard(beside_mb: int | None) -> None:
    """Let the kernel refuse this process more memory than the limit, `beside_mb` for what comes on top, and slack.

    A wrong estimate then raises `MemoryError`, which costs an item, where the machine would kill some process. With
    None nothing is refused. Only Linux counts the memory that a process maps for itself, so it is only set there.
    """
    if sys.platform != "linux":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = hard if beside_mb is None else int(1e6 * (_SLACK * _limit_mb + _RESERVED_MB + beside_mb))
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def peak_bytes() -> int:
    """Return the most memory that this process held so far."""
    if Path("/proc/self/status").exists():  # on Linux `getrusage` counts what the parent held, too
        return _kilobytes("/proc/self/status", "VmHWM") * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def free_bytes() -> int | None:
    """Return the memory that new processes can take on this machine and in this control group; None where unknown."""
    limits = [_kilobytes("/proc/meminfo", "MemAvailable") * 1024] if Path("/proc/meminfo").exists() else []
    group = Path("/sys/fs/cgroup")
    with suppress(OSError, ValueError):  # no control group, or one without a limit: "max"
        limits.append(int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    return min(limits, default=None)


def _kilobytes(path: str, name: str) -> int:
    lines = Path(path).read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
