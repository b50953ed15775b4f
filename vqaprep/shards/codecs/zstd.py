"""The same array, compressed with zstd at level 3: exact, about two thirds of the bytes."""

from math import prod

import zstandard

from vqaprep.shards.codecs import Codec, Frames
from vqaprep.shards.codecs.npy import of_npy, to_npy
from vqaprep.shards.headers import MOST_BYTES, Shape, npy_header

_LEVEL = 3


def unpacked(data: memoryview) -> memoryview:
    """Return what zstd bytes unpack to, no more than they announce.

    Raises:
        ValueError: they are damaged.
    """
    try:
        size = zstandard.frame_content_size(data)
        return memoryview(bytearray(zstandard.ZstdDecompressor().decompress(data, max_output_size=size)))
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def announce(head: memoryview, num_bytes: int, num_frames: int, shape: Shape | None) -> Shape | None:
    """Check the size that zstd bytes announce; they do not say more before they are unpacked.

    Raises:
        ValueError: it is not the size of an npy file of `shape`.
    """
    try:
        size = zstandard.frame_content_size(bytes(head))
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    if size < 0:
        raise ValueError("it does not say how large it is")
    wanted = MOST_BYTES if shape is None else len(npy_header(shape)) + prod(shape)
    if size > MOST_BYTES or (shape is not None and size != wanted):
        raise ValueError(f"it unpacks to {size} bytes; {wanted} are right")
    return shape


def _encode(frames: Frames) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL).compress(to_npy(frames))


CODEC = Codec(
    extension="npy.zst",
    encode=_encode,
    decode=lambda data, _num_frames, _shape: of_npy(unpacked(data)),
    announce=announce,
    share=0.7,
)
