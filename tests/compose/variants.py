"""Make files that show the frames of another one in odd ways: rotation flags, edit lists, late starts, gaps."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import imageio_ffmpeg

CUT_S = 2.0
"""What the edit list leaves out at the start: whole seconds, so that looks fall on the same frames."""


@dataclass(frozen=True)
class Variant:
    """A file made of another one: `head_s` of its frames are left out at the start, some more may lack."""

    path: Path
    head_s: float = 0.0


def variants(plain: Path, folder: Path) -> dict[str, Variant]:
    """Write every variant of `plain`, 25 frames a second and coded without loss, to `folder`; return them by name."""
    return {name: make(plain, folder) for name, make in _MAKERS.items()}


def lossless(source: Path, target: Path, *options: object, pix_fmt: str = "yuv420p") -> Path:
    """Encode the frames of `source` without loss, with B-frames and a key frame every 1.2 seconds."""
    return _ffmpeg("-i", source, *options, *_LOSSLESS, "-pix_fmt", pix_fmt, target)


def turned(plain: Path, folder: Path, *, degrees: int) -> Variant:
    """Store the frames of `plain` turned clockwise, and flag that they are displayed counter-clockwise so far."""
    lying = lossless(plain, folder / f"lying-{degrees}.mp4", "-vf", _CLOCKWISE[degrees])
    flag = "-display_rotation:v:0", degrees
    return Variant(_ffmpeg(*flag, "-i", lying, "-c", "copy", folder / f"turned-{degrees}.mp4"))


_CLOCKWISE = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}
_LOSSLESS = "-c:v", "libx264", "-qp", 0, "-preset", "veryfast", "-bf", 3, "-g", 30
_LOOKS_AT = "eq(mod(n,25),0)+eq(mod(n,25),13)"  # the first frames of each half second


def _thinned(plain: Path, folder: Path, *, kept: str, name: str) -> Variant:
    return Variant(lossless(plain, folder / f"{name}.mp4", "-vf", f"select='{kept}'", "-fps_mode", "vfr"))


def _late(plain: Path, folder: Path) -> Variant:
    return Variant(_ffmpeg("-i", plain, "-c", "copy", folder / "late.ts"))


def _edit_listed(plain: Path, folder: Path) -> Variant:
    return Variant(_ffmpeg("-ss", CUT_S, "-i", plain, "-c", "copy", folder / "cut.mp4"), head_s=CUT_S)


def _ffmpeg(*arguments: Any) -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    subprocess.run(command, check=True)
    return Path(arguments[-1])


_MAKERS: MappingProxyType[str, Callable[[Path, Path], Variant]] = MappingProxyType(
    {
        "rotation flag, 90": lambda plain, folder: turned(plain, folder, degrees=90),
        "rotation flag, 180": lambda plain, folder: turned(plain, folder, degrees=180),
        "rotation flag, 270": lambda plain, folder: turned(plain, folder, degrees=270),
        "transport stream, late start": _late,
        "edit list": _edit_listed,
        "variable rate": lambda plain, folder: _thinned(
            plain, folder, kept=f"{_LOOKS_AT}+not(eq(mod(n,7),3)+eq(mod(n,5),4))", name="varying"
        ),
        "variable rate, looked-at frames gone": lambda plain, folder: _thinned(
            plain, folder, kept="not(eq(mod(n,25),0)*gt(n,0)+eq(mod(n,7),3))", name="gone"
        ),
    }
)
