"""How a view's pixels become bytes, and come back: by allow-listed extension, never by unpickling."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import zstandard

from vqaprep.errors import IntegrityError, MediaError
from vqaprep.shards.headers import EXTENSIONS, Shape, announced, npy_header
from vqaprep.shards.settings import Codec

Frames = npt.NDArray[np.uint8]

JPEG_MAX_PX = 65500
BYTES_PER_SAMPLE: dict[Codec, float] = {"npy": 1.0, "zstd": 0.7, "jpeg": 0.2}  # for sizing tars only
_JPEG_QUALITY = 95
_ZSTD_LEVEL = 3


def encode(frames: Frames, codec: Codec) -> bytes:
    """Return uint8 (T, H, W, 3) `frames` as bytes; `jpeg` is one picture, frames one below the other.

    Raises:
        MediaError: `unsupported`, the frames do not fit a JPEG.
    """
    if codec == "jpeg":
        if not fits_jpeg(frames.shape):
            num_frames, height, width, _ = frames.shape
            what = f"{num_frames} frames of {width}x{height} px below each other"
            raise MediaError("unsupported", f"{what} do not fit a JPEG, of {JPEG_MAX_PX} px at most; use --codec zstd")
        strip = cv2.cvtColor(frames.reshape(-1, frames.shape[2], 3), cv2.COLOR_RGB2BGR)
        options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
        _, data = cv2.imencode(".jpg", strip, options)
        return data.tobytes()
    plain = b"".join([npy_header(frames.shape), np.ascontiguousarray(frames).data])
    return plain if codec == "npy" else zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(plain)


def fits_jpeg(shape: Sequence[int]) -> bool:
    """Say whether frames (T, H, W, 3) below each other fit a JPEG picture."""
    num_frames, height, width, _ = shape
    return max(num_frames * height, width) <= JPEG_MAX_PX


def decode(data: memoryview, extension: str, *, num_frames: int, shape: Shape | None = None) -> Frames:
    """Return the uint8 (T, H, W, 3) frames that `encode` stored; a plain npy shares the memory of `data`.

    Nothing is decompressed before its own header says `num_frames` and, where it is known, `shape`.

    Raises:
        IntegrityError: the extension is not ours, the bytes are not what it says, or they hold another shape.
    """
    try:
        found = announced(data, len(data), extension, num_frames=num_frames, shape=shape)
        if extension == EXTENSIONS["jpeg"]:
            # A turn in its metadata would make the strip another picture.
            strip = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
            if strip is None:
                raise ValueError("no picture")
            rgb = cv2.cvtColor(strip, cv2.COLOR_BGR2RGB)
            frames = np.asarray(rgb.reshape(num_frames, -1, strip.shape[1], 3), np.uint8)
        elif extension == EXTENSIONS["zstd"]:
            size = zstandard.frame_content_size(data)
            plain = zstandard.ZstdDecompressor().decompress(data, max_output_size=size)
            frames = _npy(memoryview(bytearray(plain)), num_frames=num_frames, shape=found)
        else:
            frames = _npy(data, num_frames=num_frames, shape=found)
        if found is not None and frames.shape != tuple(found):
            raise ValueError(f"it holds {frames.shape}, and announced {tuple(found)}")
        return frames
    except (ValueError, cv2.error, zstandard.ZstdError, MemoryError) as error:
        raise IntegrityError(f"a {extension} member is damaged: {str(error) or type(error).__name__}") from error


def _npy(data: memoryview, *, num_frames: int, shape: Shape | None) -> Frames:
    found = announced(data, len(data), EXTENSIONS["npy"], num_frames=num_frames, shape=shape)
    assert found is not None
    return np.frombuffer(data, np.uint8, offset=len(npy_header(found))).reshape(found)
