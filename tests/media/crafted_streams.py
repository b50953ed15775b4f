"""Animations, transport streams, web streams and files of no kind: loops, nothing in it, absurd sizes and times.

Each is a function that returns the bytes of a file.
"""

import struct
from collections.abc import Callable
from functools import cache

from tests.films import pictures
from tests.media.crafted_headers import number, riff
from tests.media.muxed import film

Make = Callable[[], bytes]
_LAST = (1 << 63) - 1
_ASF_PROPERTIES = b"\xa1\xdc\xab\x8c\x47\xa9\xcf\x11\x8e\xe4\0\xc0\x0c\x20\x53\x65"


def gif(frames: int, *, canvas: tuple[int, int] = (32, 32), at: tuple[int, int] = (0, 0), delay: int = 4) -> Make:
    """Return an animation whose frames are one black pixel each."""
    one = b"\x21\xf9\x04\0" + struct.pack("<H", delay) + b"\0\0" + b"\x2c" + struct.pack("<4H", *at, 1, 1)
    one += b"\0\x02\x02\x44\x01\0"
    return lambda: b"GIF89a" + struct.pack("<HHBBB", *canvas, 0x80, 0, 0) + bytes(6) + one * frames + b"\x3b"


def packets_of(num: int, pid: int = 0x1FFF) -> bytes:
    """Return packets of a transport stream that hold nothing."""
    return (struct.pack(">BHB", 0x47, pid, 0x10) + b"\xff" * 184) * num


def loop_of_tags() -> bytes:
    """Return an FLV file whose tags are empty and say that nothing is before them."""
    return b"FLV\1\5\0\0\0\x09\0\0\0\0" + (b"\x09" + bytes(10) + bytes(4)) * 1000


def ogg_page(granule: int, body: bytes, *, flags: int = 0, number: int = 0) -> bytes:
    """Return a page of Ogg with no right checksum."""
    segments = bytes([255] * (len(body) // 255) + [len(body) % 255])
    return b"OggS\0" + struct.pack("<BqIIIB", flags, granule, 1, number, 0, len(segments)) + segments + body


def ivf(width: int, height: int, num_frames: int, *, scale: tuple[int, int] = (25, 1), step: int = 1) -> Make:
    """Return VP8 frames behind a header of any size and rate."""

    def make() -> bytes:
        data = film("ivf", pictures(6), coder="libvpx")
        head = data[:12] + struct.pack("<HHIII", width, height, *scale, num_frames) + data[28:32]
        body, at = b"", 32
        for place in range(6):
            (size,) = struct.unpack_from("<I", data, at)
            body += struct.pack("<IQ", size, place * step) + data[at + 12 : at + 12 + size]
            at += 12 + size
        return head + body

    return make


def _file_of(num_bytes: int) -> Make:
    return lambda: bytes(num_bytes)


@cache
def ts() -> bytes:
    """Return a transport stream of 12 frames, with sound."""
    return film("mpegts", pictures(12), has_sound=True)


def asf() -> bytes:
    """Return a film of 12 frames in an ASF file."""
    return film("asf", pictures(12), coder="wmv2")


def scrambled() -> bytes:
    """Return a transport stream that says that it is scrambled."""
    data = bytearray(ts())
    for at in range(0, len(data), _PACKET_BYTES):
        data[at + 3] |= 0xC0
    return bytes(data)


def packets() -> list[bytes]:
    """Return the packets of a transport stream."""
    return [ts()[at : at + _PACKET_BYTES] for at in range(0, len(ts()), _PACKET_BYTES)]


_PACKET_BYTES = 188
_WAVE = riff(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)) + riff(b"data", bytes(16000))

STREAMS: dict[str, Make] = {
    # animations
    "no-frame.gif": gif(0),
    "no-delay.gif": gif(12, delay=0),
    "11-minutes-a-frame.gif": gif(12, delay=65535),
    "65535x65535.gif": gif(12, canvas=(65535, 65535)),
    "0x0.gif": gif(12, canvas=(0, 0)),
    "outside-its-canvas.gif": gif(12, at=(60000, 60000)),
    # transport and programme streams
    "nothing-in-it.ts": lambda: packets_of(100),
    "table-of-nothing.ts": lambda: packets_of(100, pid=0),
    "no-tables.ts": lambda: b"".join(packets()[3:]),
    "one-byte-off.ts": lambda: b"\0" + ts(),
    "packets-lost.ts": lambda: b"".join(packet for n, packet in enumerate(packets()) if n % 5),
    "scrambled.ts": scrambled,
    "backwards.ts": lambda: b"".join(packets()[::-1]),
    "twice.ts": lambda: ts() * 2,
    "start-codes.mpg": lambda: b"\0\0\1\xba" * 5000,
    "start-codes.h264": lambda: b"\0\0\1\x67" * 5000,
    "start-codes.hevc": lambda: b"\0\0\1\x40\1" * 5000,
    "start-codes.m2v": lambda: b"\0\0\1\xb3" * 5000,
    # others
    "tags-of-nothing.flv": loop_of_tags,
    "65535x65535.ivf": ivf(65535, 65535, 6),
    "0x0.ivf": ivf(0, 0, 0),
    "0-fps.ivf": ivf(96, 64, 6, scale=(0, 0)),
    "last-second.ivf": ivf(96, 64, 6, step=(1 << 61)),
    "every-other-century.ivf": ivf(96, 64, 6, step=(1 << 40)),
    "pages-of-nothing.ogv": lambda: b"".join(ogg_page(_LAST, b"", number=n) for n in range(200)),
    "pages-before-all-time.ogv": lambda: ogg_page(-1, b"\x80theora" + bytes(40), flags=2) * 50,
    "object-of-no-byte.asf": lambda: asf().replace(_ASF_PROPERTIES, bytes(16)),
    "packets-of-4-gigabytes.asf": number(asf, _ASF_PROPERTIES, 92, "II", 0xFFFFFFFF, 0xFFFFFFFF),
    "across-all-time.nut": lambda: film("nut", pictures(12), times=[n * (_LAST // 1600) for n in range(12)]),
    "zeros.mp4": _file_of(100_000),
    "zeros.mkv": lambda: film("matroska", pictures(1))[:40] + bytes(100_000),
    "one-byte.mp4": _file_of(1),
    "web-page.mp4": lambda: b"<!DOCTYPE html><html><body><video src='/etc/hostname'></video></body></html>",
    "program.mp4": lambda: b"\x7fELF\2\1\1" + bytes(9) + bytes(range(256)) * 40,
    "sound-of-wave.mp4": lambda: riff(b"RIFF", b"WAVE" + _WAVE),
}  # fmt: skip
