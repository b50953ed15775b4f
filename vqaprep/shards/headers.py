"""The header of npy files, and the largest size of a member, for all codecs.

A shard may come from anywhere. A few bytes can ask for gigabytes (zstd, JPEG), and the header of an npy file is Python
text that NumPy evaluates. So a header must be exactly what a codec writes for the shape that the record says.
"""

from collections.abc import Sequence

Shape = Sequence[int]
"""(T, H, W, 3)."""

MOST_BYTES = 1 << 32
"""Pixels of one view in memory. Sixteen frames of 8K are 1.6 GB."""
HEAD_BYTES = 4096
"""As much of a member as `Codec.announce` needs."""


def npy_header(shape: Shape) -> bytes:
    """Return the header of an npy file (version 1.0) of uint8 `shape`, the same for any version of NumPy."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))}), }}"
    num_spaces = -(len(text) + 11) % 64  # the pixels begin at a multiple of 64
    padded = f"{text}{' ' * num_spaces}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded
