"""How a view's pixels become bytes, and come back: by allow-listed extension, never by unpickling."""

import io

import cv2
import numpy as np
import numpy.typing as npt
import zstandard

from vqaprep.errors import IntegrityError
from vqaprep.shards.settings import Codec

Frames = npt.NDArray[np.uint8]

EXTENSIONS: dict[Codec, str] = {"npy": "npy", "zstd": "npy.zst", "jpeg": "jpg"}
JPEG_MAX_PX = 65500
BYTES_PER_SAMPLE: dict[Codec, float] = {"npy": 1.0, "zstd": 0.7, "jpeg": 0.2}  # for sizing tars only
_JPEG_QUALITY = 95
_ZSTD_LEVEL = 3


def encode(frames: Frames, codec: Codec) -> bytes:
    """Return uint8 (T, H, W, 3) `frames` as bytes; `jpeg` is one picture, frames one below the other."""
    if codec == "jpeg":
        strip = cv2.cvtColor(frames.reshape(-1, frames.shape[2], 3), cv2.COLOR_RGB2BGR)
        options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
        _, data = cv2.imencode(".jpg", strip, options)
        return data.tobytes()
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": frames.shape})
    plain = b"".join([head.getvalue(), np.ascontiguousarray(frames).data])
    return plain if codec == "npy" else zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(plain)


def decode(data: memoryview, extension: str, *, num_frames: int) -> Frames:
    """Return the uint8 (T, H, W, 3) frames that `encode` stored; a plain npy shares the memory of `data`.

    Raises:
        IntegrityError: the extension is not ours, or the bytes are not what it says.
    """
    try:
        if extension == EXTENSIONS["jpeg"]:
            strip = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            if strip is None:
                raise ValueError("no picture")
            frames = cv2.cvtColor(strip, cv2.COLOR_BGR2RGB)
            return np.asarray(frames.reshape(num_frames, -1, frames.shape[1], 3))
        if extension == EXTENSIONS["zstd"]:
            return _npy(memoryview(bytearray(zstandard.ZstdDecompressor().decompress(data))))
        if extension == EXTENSIONS["npy"]:
            return _npy(data)
    except (ValueError, cv2.error, zstandard.ZstdError) as error:
        raise IntegrityError(f"a {extension} member is damaged: {error}") from error
    raise IntegrityError(f"unknown member type {extension!r}; known: {', '.join(EXTENSIONS.values())}")


def _npy(data: memoryview) -> Frames:
    head = io.BytesIO(data[:4096])
    version = np.lib.format.read_magic(head)
    if version != (1, 0):
        raise ValueError(f"npy version {version}")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(head)
    if dtype != np.uint8 or is_fortran or len(shape) != 4:
        raise ValueError(f"{dtype} of shape {shape}")
    return np.frombuffer(data, np.uint8, offset=head.tell()).reshape(shape)
