"""What a member of a tar says of its own size, read without decoding it, and held against the record of its sample.

A shard may come from anywhere. A few bytes can ask for gigabytes (zstd, JPEG), and the header of an npy file is Python
text that NumPy evaluates. So a header must be exactly what `codecs.encode` writes for the shape that the record says.
"""

import re
from collections.abc import Sequence
from math import prod

import zstandard

from vqaprep.errors import IntegrityError
from vqaprep.shards.settings import Codec

Shape = Sequence[int]
"""(T, H, W, 3)."""

EXTENSIONS: dict[Codec, str] = {"npy": "npy", "zstd": "npy.zst", "jpeg": "jpg"}
MOST_BYTES = 1 << 32
"""Pixels of one view in memory. Sixteen frames of 8K are 1.6 GB."""
HEAD_BYTES = 4096
"""As much of a member as `announced` needs."""

_NPY = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '\|u1', 'fortran_order': False, 'shape': "
    rb"\((\d{1,7}), (\d{1,7}), (\d{1,7}), (3)\), \}",
    re.DOTALL,
)
_SOF = (0xC0, 0xC1, 0xC2)
_NO_SIZE = (0x01, *range(0xD0, 0xDA))


def announced(
    head: memoryview, num_bytes: int, extension: str, *, num_frames: int, shape: Shape | None = None
) -> Shape | None:
    """Return the shape that a member of `num_bytes` holds by its first bytes; None where only decoding shows it.

    Raises:
        IntegrityError: the extension is not ours.
        ValueError: the member is not of this kind, or not of `num_frames` frames or of `shape`.
    """
    if extension == EXTENSIONS["npy"]:
        found = _npy_shape(bytes(head[:HEAD_BYTES]), num_bytes)
    elif extension == EXTENSIONS["zstd"]:
        _check_zstd(bytes(head[:HEAD_BYTES]), shape)
        return shape
    elif extension == EXTENSIONS["jpeg"]:
        found = _jpeg_shape(bytes(head[:HEAD_BYTES]), num_frames)
    else:
        raise IntegrityError(f"unknown member type {extension!r}; known: {', '.join(EXTENSIONS.values())}")
    if found[0] != num_frames or (shape is not None and found != tuple(shape)):
        wanted = f"{num_frames} frames" if shape is None else f"{tuple(shape)}"
        raise ValueError(f"it holds {found}, the record says {wanted}")
    if prod(found) > MOST_BYTES:
        raise ValueError(f"{found} are {prod(found)} bytes; at most {MOST_BYTES} are read")
    return found


def extension_of(member: str) -> str:
    """Return the extension of a member's name, such as `npy` or `npy.zst`.

    Raises:
        IntegrityError: it is not ours.
    """
    for extension in EXTENSIONS.values():
        if member.endswith(f".{extension}"):
            return extension
    raise IntegrityError(f"member {member!r} is of no known type; known: {', '.join(EXTENSIONS.values())}")


def npy_header(shape: Shape) -> bytes:
    """Return the header of an npy file (version 1.0) of uint8 `shape`, the same for any version of NumPy."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))}), }}"
    num_spaces = -(len(text) + 11) % 64  # the pixels begin at a multiple of 64
    padded = f"{text}{' ' * num_spaces}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


def _npy_shape(head: bytes, num_bytes: int) -> tuple[int, ...]:
    match = _NPY.match(head)
    found = tuple(map(int, match.groups())) if match else ()
    header = npy_header(found) if found else b""
    if not found or not head.startswith(header):
        raise ValueError("it has no header of uint8 frames (T, H, W, 3)")
    if num_bytes != len(header) + prod(found):
        raise ValueError(f"it has {num_bytes} bytes, and {found} frames need {len(header) + prod(found)}")
    return found


def _check_zstd(head: bytes, shape: Shape | None) -> None:
    size = zstandard.frame_content_size(head)
    if size < 0:
        raise ValueError("it does not say how large it is")
    if shape is None and size <= MOST_BYTES:
        return
    wanted = MOST_BYTES if shape is None else len(npy_header(shape)) + prod(shape)
    if size != wanted or size > MOST_BYTES:
        raise ValueError(f"it unpacks to {size} bytes; {wanted} are right")


def _jpeg_shape(head: bytes, num_frames: int) -> tuple[int, ...]:
    """Return the shape by the frame header (ITU-T T.81, B.2.2): segments before it are passed over by their length."""
    at = 2 if head.startswith(b"\xff\xd8\xff") else len(head)
    while at + 9 < len(head) and head[at] == 0xFF:
        kind = head[at + 1]
        if kind in _SOF:
            height, width = (int.from_bytes(head[at + first : at + first + 2]) for first in (5, 7))
            if head[at + 9] != 3 or not height or height % num_frames:
                break
            return num_frames, height // num_frames, width, 3
        at += 2 if kind in _NO_SIZE else 2 + int.from_bytes(head[at + 2 : at + 4])
    raise ValueError(f"it is no JPEG of {num_frames} frames in colour")
