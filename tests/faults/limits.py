"""Low limits, full and read-only disks, closed streams and odd environments, each around one command."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.project import content
from vqaprep.storage import remove_tree

ROOT = Path(__file__).parents[2]
SCAN = ("scan", "films", "-o", "out", "--workers", "2")
TRIM = ("trim", "scan", "-o", "out")
_NATIVE = 128 + 6, 128 + 11  # what a limit of memory or stack may do to native code, which then says so itself
_PLAIN = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@dataclass(frozen=True)
class Limit:
    """`before` is what a shell does first, `after` what it adds to the command, such as `2>&-`; `env` is set.

    `codes` are the exit codes that may be; `words` must be among those on standard error, where the code is not 0.
    With `mount`, `before` runs as root in a mount namespace of its own.
    """

    name: str
    before: str = ""
    after: str = ""
    env: tuple[tuple[str, str | None], ...] = ()
    codes: tuple[int, ...] = (0,)
    words: tuple[str, ...] = ()
    command: tuple[str, ...] = SCAN
    mount: bool = False
    is_cheap: bool = False
    is_out_lost: bool = False
    """Whether OUT was on a disk that goes with the process."""


def _limits() -> list[Limit]:
    ended = (0, 1, 2)
    found = [Limit(f"{number} open files", f"ulimit -n {number}", codes=ended) for number in (256, 64, 32, 20, 12)]
    found += [Limit("16 open files", "ulimit -n 16", codes=ended, command=TRIM, is_cheap=True)]
    found += [Limit(f"{kb} kB of memory", f"ulimit -v {kb}", codes=(*ended, *_NATIVE, 126, 127))
              for kb in (4_000_000, 1_000_000, 500_000, 200_000)]  # fmt: skip
    found += [
        Limit(f"files of {number} blocks", f"ulimit -f {number}", codes=(1,), words=("ulimit -f unlimited",),
              command=TRIM, is_cheap=number == 1)
        for number in (0, 1)
    ]  # fmt: skip
    found += [
        Limit("a stack of 256 kB", "ulimit -s 256", codes=(*ended, *_NATIVE)),
        Limit("no core, no locked memory", "ulimit -c 0 -l 0"),
        Limit("5 processes", "ulimit -u 5", codes=ended),
        Limit("standard output closed", after=">&-", codes=(0, 1)),
        Limit("standard error closed", after="2>&-"),
        Limit("standard input closed", after="<&-"),
        Limit("all streams closed", after="<&- >&- 2>&-", codes=(0, 1), command=TRIM, is_cheap=True),
        Limit("standard output full", after=">/dev/full", codes=(1,), words=("standard output",)),
        Limit("standard error full", after="2>/dev/full"),
        Limit("nobody reads standard output", after="| true", codes=(0, 1, 141)),
        Limit("nobody reads standard error", after="2>&1 >/dev/null | true", codes=(0, 1, 141)),
        Limit("no HOME", env=(("HOME", None),)),
        Limit("no HOME and no cache", env=(("HOME", None), ("VQAPREP_CACHE", None))),
        Limit("a HOME that is not there", env=(("HOME", "/nowhere"), ("VQAPREP_CACHE", None)), mount=True,
              before="mount -t tmpfs -o ro none /mnt; export HOME=/mnt", codes=(0, 2)),
        Limit("an ASCII locale", env=tuple(_PLAIN.items())),
        Limit("a locale that is not there", env=(("LC_ALL", "xx_YY.KOI9"),), command=TRIM),
        Limit("another time zone", env=(("TZ", "Nowhere/Else"),), command=TRIM),
        Limit("umask 000", "umask 000"),
        Limit("umask 777", "umask 777"),
        Limit("a dumb terminal", env=(("TERM", "dumb"), ("COLUMNS", "1")), command=TRIM),
        Limit("no terminal", env=(("TERM", None), ("COLUMNS", "0"))),
        Limit("RANK of another program", env=(("RANK", "1"), ("WORLD_SIZE", "2"))),
        Limit("a working folder that was removed", "mkdir gone; cd gone; rmdir ../gone", codes=(1, 2),
              command=TRIM, is_cheap=True),
        Limit("no folder for temporary files", env=(("TMPDIR", "/nowhere"),), codes=(0, 1)),
        Limit("a full disk for temporary files", "mount -t tmpfs -o size=4k none /mnt; export TMPDIR=/mnt; "
              "head -c 4096 /dev/zero >/mnt/full", codes=(0, 1), mount=True),
        Limit("a read-only disk for OUT", "mkdir -p out; mount -t tmpfs -o ro none out", codes=(2,),
              words=("out",), mount=True, is_out_lost=True, command=TRIM, is_cheap=True),
        Limit("a full disk for OUT", "mkdir -p out; mount -t tmpfs -o size=16k none out", codes=(1,),
              words=("the disk is full", "resumes"), mount=True, is_out_lost=True),
        Limit("a full disk for the cache", "mkdir -p small; mount -t tmpfs -o size=4k none small; "
              "head -c 4096 /dev/zero >small/full; export VQAPREP_CACHE=$PWD/small", mount=True),
        Limit("no /dev/shm", "mount -t tmpfs -o ro,size=4k none /dev/shm", codes=(0, 2),
              words=("--engine inline",), mount=True),
        Limit("no /proc", "umount -l /proc", codes=(0, 1), mount=True),
    ]  # fmt: skip
    return found


LIMITS = _limits()


def problems(limit: Limit, whole: dict[str, bytes]) -> list[str]:
    """Run the command of `limit` in the current folder under it, and again without it; return what is wrong."""
    remove_tree(Path("out"))
    limited = run(limit.command, limit)
    said = limited.stderr
    found = [f"exit {limited.returncode}"] * (limited.returncode not in limit.codes)
    found += ["a traceback"] * ("Traceback" in said)
    found += ["called unexpected"] * ("does not expect" in said)
    if limited.returncode not in (0, *_NATIVE, 126, 127, 141) and "2>" not in limit.after:
        found += [f"nothing says {word!r}" for word in limit.words or ("vqaprep: ",) if word not in said]
    if limit.is_out_lost:
        remove_tree(Path("out"))
    if limit.name == "umask 777" and Path("out").exists():
        subprocess.run(["chmod", "-R", "u+rwX", "out"], check=True)
    again = run(limit.command, Limit("none"))
    found += [f"then exit {again.returncode}: {again.stderr[-200:]}"] * bool(again.returncode)
    now = content(Path("out"))
    found += [f"{name} differs" for name in sorted(whole.keys() | now.keys()) if whole.get(name) != now.get(name)]
    return found


def run(command: Sequence[str], limit: Limit) -> "subprocess.CompletedProcess[str]":
    """Run a command in a shell under a limit."""
    line = f'{limit.before}\n"$0" -m vqaprep "$@" {limit.after}'
    shell = ["unshare", "-m", "sh", "-c"] if limit.mount else ["sh", "-c"]
    environment: dict[str, str | None] = {
        **os.environ, "PYTHONPATH": str(ROOT), "VQAPREP_CACHE": str(Path("cache").absolute()), **dict(limit.env)
    }  # fmt: skip
    known = {name: value for name, value in environment.items() if value is not None}
    return subprocess.run(
        [*shell, line, sys.executable, *command],
        capture_output=True, text=True, check=False, env=known, timeout=300, errors="replace",
    )  # fmt: skip


def can_mount() -> bool:
    """Say whether this user may mount disks of its own."""
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
