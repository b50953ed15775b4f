"""One JPEG of all frames, 4:4:4 at quality 95: a fifth of the bytes, about 40 dB of PSNR."""

import cv2
import numpy as np

from vqaprep.shards.codecs import Codec, Frames
from vqaprep.shards.headers import Shape

_QUALITY = 95
_SOF = (0xC0, 0xC1, 0xC2)
_NO_SIZE = (0x01, *range(0xD0, 0xDA))


def _encode(frames: Frames) -> bytes:
    strip = cv2.cvtColor(frames.reshape(-1, frames.shape[2], 3), cv2.COLOR_RGB2BGR)  # frames one below the other
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    _, data = cv2.imencode(".jpg", strip, options)
    return data.tobytes()


def _decode(data: memoryview, num_frames: int, shape: Shape | None) -> Frames:
    try:
        # A turn in its metadata would make the strip another picture.
        strip = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise ValueError(str(error)) from error
    if strip is None:
        raise ValueError("no picture")
    rgb = cv2.cvtColor(strip, cv2.COLOR_BGR2RGB)
    return np.asarray(rgb.reshape(num_frames, -1, strip.shape[1], 3), np.uint8)


def _announce(head: memoryview, num_bytes: int, num_frames: int, shape: Shape | None) -> tuple[int, ...]:
    """Return the shape by the frame header (ITU-T T.81, B.2.2): segments before it are passed over by their length."""
    start = bytes(head)
    at = 2 if start.startswith(b"\xff\xd8\xff") else len(start)
    while at + 9 < len(start) and start[at] == 0xFF:
        kind = start[at + 1]
        if kind in _SOF:
            height, width = (int.from_bytes(start[at + first : at + first + 2]) for first in (5, 7))
            if start[at + 9] != 3 or not height or height % num_frames:
                break
            return num_frames, height // num_frames, width, 3
        at += 2 if kind in _NO_SIZE else 2 + int.from_bytes(start[at + 2 : at + 4])
    raise ValueError(f"it is no JPEG of {num_frames} frames in colour")


CODEC = Codec(
    extension="jpg",
    encode=_encode,
    decode=_decode,
    announce=_announce,
    is_exact=False,
    share=0.2,
    most_px=65500,
)
