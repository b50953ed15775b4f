"""An array of NumPy as it is: exact, and nothing to unpack."""

import re
from math import prod

import numpy as np

from vqaprep.shards.codecs import Codec, Frames
from vqaprep.shards.headers import Shape, npy_header

_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '\|u1', 'fortran_order': False, 'shape': "
    rb"\((\d{1,7}), (\d{1,7}), (\d{1,7}), (3)\), \}",
    re.DOTALL,
)


def to_npy(frames: Frames) -> bytes:
    """Return `frames` as an npy file."""
    return b"".join([npy_header(frames.shape), np.ascontiguousarray(frames).data])


def of_npy(data: memoryview) -> Frames:
    """Return the frames of an npy file, which share its memory.

    Raises:
        ValueError: it is no such file.
    """
    found = _announce(data[:128], len(data), 0, None)
    return np.frombuffer(data, np.uint8, offset=len(npy_header(found))).reshape(found)


def _announce(head: memoryview, num_bytes: int, num_frames: int, shape: Shape | None) -> tuple[int, ...]:
    start = bytes(head)
    match = _HEADER.match(start)
    found = tuple(map(int, match.groups())) if match else ()
    header = npy_header(found) if found else b""
    if not found or not start.startswith(header):
        raise ValueError("it has no header of uint8 frames (T, H, W, 3)")
    if num_bytes != len(header) + prod(found):
        raise ValueError(f"it has {num_bytes} bytes, and {found} frames need {len(header) + prod(found)}")
    return found


CODEC = Codec(
    extension="npy",
    encode=to_npy,
    decode=lambda data, _num_frames, _shape: of_npy(data),
    announce=_announce,
)
