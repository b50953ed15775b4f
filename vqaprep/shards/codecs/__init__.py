"""How a view's pixels become bytes, and come back: one file per codec, found by its file name.

Another package adds its own by an entry point of the group `vqaprep.codecs`. Members are read by the extensions of
these codecs alone, and never unpickled.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vqaprep.errors import IntegrityError, MediaError
from vqaprep.packages.registry import Registry
from vqaprep.shards.headers import HEAD_BYTES, MOST_BYTES, Shape

Frames = npt.NDArray[np.uint8]
_PARTS = Registry(__name__, group="codecs", word="codec", called=lambda name: "CODEC")


@dataclass(frozen=True, slots=True)
class Codec:
    """One way of storing uint8 (T, H, W, 3) RGB frames.

    Attributes:
        extension: of the members that hold it, such as `npy.zst`; no other codec has it.
        encode: returns bytes that depend on the frames alone.
        decode: returns the frames of (bytes, number of frames, shape or None); the shape is the one announced.
        announce: returns the shape that a member says it holds, from (first bytes, its size, number of frames, shape
            that is wanted or None), without decoding it; None where only decoding shows it. It raises ValueError where
            the bytes are of another kind, so that a few bytes cannot ask for gigabytes.
        is_exact: whether the frames come back as they were.
        share: about how many bytes a byte of pixels takes; tars are sized by it.
        most_px: most columns that a frame may have, and rows that all frames of a view may have together.
    """

    extension: str
    encode: Callable[[Frames], bytes]
    decode: Callable[[memoryview, int, Shape | None], Frames]
    announce: Callable[[memoryview, int, int, Shape | None], Shape | None]
    is_exact: bool = True
    share: float = 1.0
    most_px: int | None = None


def names() -> tuple[str, ...]:
    """Return the name of every codec, in alphabetical order, without importing any."""
    return _PARTS.names()


def summaries() -> str:
    """Return a line for help: each codec of ours and what it is, as the first line of its file says."""
    first_lines = (
        (_file(name).read_text(encoding="utf-8").partition("\n")[0].strip('".'), name) for name in _PARTS.own_names()
    )
    return "; ".join(
        f"{name}: {line[:1].lower()}{line[1:]}" for line, name in sorted(first_lines, key=lambda one: one[1])
    )


@cache
def get(name: str) -> Codec:
    """Return the codec called `name`.

    Raises:
        InputError: no file of this folder and no other package has that name.
    """
    return _PARTS.load(name, Codec, "it must name a vqaprep.shards.codecs.Codec")


@cache
def extensions() -> dict[str, Codec]:
    """Return every codec by its extension, the longest extensions first."""
    known = {get(name).extension: get(name) for name in reversed(names())}
    return dict(sorted(known.items(), key=lambda one: -len(one[0])))


def extension_of(member: str) -> str:
    """Return the extension of a member's name, such as `npy` or `npy.zst`.

    Raises:
        IntegrityError: it is of no codec.
    """
    for extension in extensions():
        if member.endswith(f".{extension}"):
            return extension
    raise IntegrityError(f"member {member!r} is of no known type; known: {', '.join(sorted(extensions()))}")


def announced(
    head: memoryview, num_bytes: int, extension: str, *, num_frames: int, shape: Shape | None = None
) -> Shape | None:
    """Return the shape that a member of `num_bytes` holds by its first bytes; None where only decoding shows it.

    Raises:
        IntegrityError: the extension is of no codec.
        ValueError: the member is not of this kind, or not of `num_frames` frames or of `shape`.
    """
    found = _of(extension).announce(head[:HEAD_BYTES], num_bytes, num_frames, shape)
    if found is None:
        return None
    if found[0] != num_frames or (shape is not None and tuple(found) != tuple(shape)):
        wanted = f"{num_frames} frames" if shape is None else f"{tuple(shape)}"
        raise ValueError(f"it holds {found}, the record says {wanted}")
    if prod(found) > MOST_BYTES:
        raise ValueError(f"{found} are {prod(found)} bytes; at most {MOST_BYTES} are read")
    return found


def encode(frames: Frames, name: str) -> bytes:
    """Return uint8 (T, H, W, 3) `frames` as the bytes of a member.

    Raises:
        MediaError: `unsupported`, the codec holds no frames of this size.
    """
    if not fits(frames.shape, name):
        num_frames, height, width, _ = frames.shape
        what = f"{num_frames} frames of {width}x{height} px do not fit --codec {name}"
        raise MediaError("unsupported", f"{what}, of {get(name).most_px} px at most; use --codec delta")
    return get(name).encode(frames)


def fits(shape: Shape, name: str) -> bool:
    """Say whether the codec holds frames of (T, H, W, 3)."""
    num_frames, height_px, width_px, _ = shape
    most_px = get(name).most_px
    return most_px is None or max(num_frames * height_px, width_px) <= most_px


def decode(data: memoryview, extension: str, *, num_frames: int, shape: Shape | None = None) -> Frames:
    """Return the uint8 (T, H, W, 3) frames that `encode` stored; a plain npy shares the memory of `data`.

    Nothing is decompressed before its own header says `num_frames` and, where it is known, `shape`.

    Raises:
        IntegrityError: the extension is of no codec, the bytes are not what it says, or they hold another shape.
    """
    codec = _of(extension)
    try:
        found = announced(data, len(data), extension, num_frames=num_frames, shape=shape)
        frames = codec.decode(data, num_frames, found)
        wanted = shape if found is None else found
        if wanted is not None and frames.shape != tuple(wanted):
            raise ValueError(f"it holds {frames.shape}, and {tuple(wanted)} was announced")
        return frames
    except (ValueError, MemoryError) as error:
        raise IntegrityError(f"a {extension} member is damaged: {str(error) or type(error).__name__}") from error


def _of(extension: str) -> Codec:
    if extension not in extensions():
        raise IntegrityError(f"unknown member type {extension!r}; known: {', '.join(sorted(extensions()))}")
    return extensions()[extension]


def _file(name: str) -> Path:
    return Path(__file__).with_name(f"{name}.py")
