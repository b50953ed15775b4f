"""Raw, Matroska and AVI files whose headers lie, whose rates and times are absurd, or which unpack to much.

Each is a function that returns the bytes of a file.
"""

import struct
import zlib
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from tests.films import Frames, pictures
from tests.media.muxed import film

Make = Callable[[], bytes]
_LAST = (1 << 63) - 1
_CHAPTER, _SEEK = b"\xb6\x01\0\0\0\0\0\0\3\x91\x81\0", b"\x53\xab\x84\x11\x4d\x9b\x74\x53\xac\x81\0"
_WIDTH, _HEIGHT, _CODEC = b"\xb0\x81\x60", b"\xba\x81\x40", b"V_MPEG4/ISO/AVC"


def y4m(head: str, num_bytes: int = 1536, *, num_frames: int = 12, frame: str = "FRAME") -> Make:
    """Return raw pictures of `num_bytes` behind any header."""
    one = frame.encode() + b"\n" + (bytes(range(256)) * (num_bytes // 256 + 1))[:num_bytes]
    return lambda: f"YUV4MPEG2 {head}\n".encode() + one * num_frames


@cache
def mkv(coder: str = "libx264", pix_fmt: str = "yuv420p", *, is_live: bool = True) -> bytes:
    """Return a film of 12 frames in a Matroska file, whose parts have no size if it is live."""
    return film("matroska", pictures(12), coder=coder, pix_fmt=pix_fmt, muxer={"live": "1"} if is_live else {})


@cache
def avi(coder: str = "mpeg4", pix_fmt: str = "yuv420p") -> bytes:
    """Return a film of 12 frames in an AVI file."""
    return film("avi", pictures(12), coder=coder, pix_fmt=pix_fmt)


def changed(source: Callable[[], bytes], old: bytes, new: bytes, count: int = 1) -> Make:
    """Replace bytes that are there."""

    def make() -> bytes:
        assert old in source(), old
        return source().replace(old, new, count)

    return make


def number(source: Callable[[], bytes], name: bytes, offset: int, kind: str, *values: int) -> Make:
    """Write little-endian numbers at an offset from a name."""

    def make() -> bytes:
        data = bytearray(source())
        struct.pack_into(f"<{kind}", data, data.index(name) + offset, *values)
        return bytes(data)

    return make


def share(source: Callable[[], bytes], part: float) -> Make:
    """Return the first part of a file."""
    return lambda: source()[: int(part * len(source()))]


def element(name: bytes, body: bytes) -> bytes:
    """Return an element of Matroska with a size in eight bytes."""
    return name + struct.pack(">Q", 1 << 56 | len(body)) + body


def before_clusters(content: bytes) -> Make:
    """Put elements before the first cluster."""
    return changed(mkv, b"\x1f\x43\xb6\x75", content + b"\x1f\x43\xb6\x75")


def deep_tags(depth: int) -> bytes:
    """Return tags within tags (RFC 9559, 5.1.8.1.2)."""
    inner = b""
    for _ in range(depth):
        inner = b"\x67\xc8" + struct.pack(">Q", 1 << 56 | len(inner)) + inner
    return element(b"\x12\x54\xc3\x67", element(b"\x73\x73", inner))


def jpeg(picture: Frames) -> bytes:
    """Return a JPEG picture."""
    return cv2.imencode(".jpg", picture)[1].tobytes()


def jpeg_said(width: int, height: int) -> bytes:
    """Return a small JPEG picture that claims another size."""
    data = jpeg(pictures(1)[0])
    return data.replace(struct.pack(">HH", 64, 96), struct.pack(">HH", height, width), 1)


def png_bomb(side_px: int) -> bytes:
    """Return a PNG picture of zeros: three bytes for a thousand."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side_px + 1)) for _ in range(side_px)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def listed(
    codec: bytes, packets: list[bytes], *, width: int = 96, height: int = 64, rate: tuple[int, int] = (25, 1)
) -> bytes:
    """Return an AVI file of packets, without an index."""
    head = struct.pack("<14I", 40000, 0, 0, 0, len(packets), 0, 1, 0, width, height, 0, 0, 0, 0)
    stream = (
        b"vids"
        + codec
        + struct.pack("<4I", 0, 0, 0, rate[1])
        + struct.pack("<7I", rate[0], 0, len(packets), 0, 0, 0, 0)
    )
    form = struct.pack("<IiiHH4s5I", 40, width, height, 1, 24, codec, 0, 0, 0, 0, 0)
    lists = riff(b"LIST", b"strl" + riff(b"strh", stream) + riff(b"strf", form))
    body = riff(b"LIST", b"hdrl" + riff(b"avih", head) + lists)
    body += riff(b"LIST", b"movi" + b"".join(riff(b"00dc", packet) for packet in packets))
    return riff(b"RIFF", b"AVI " + body)


def sizes_in_a_row(*sizes: tuple[int, int]) -> bytes:
    """Return a stream of JPEG pictures that change their size."""
    return b"".join(jpeg(np.full((height, width, 3), 90, np.uint8)) for width, height in sizes)


def riff(name: bytes, body: bytes) -> bytes:
    """Return a chunk of RIFF."""
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


HEADERS: dict[str, Make] = {
    # raw pictures: sizes and rates
    "0-px-wide.y4m": y4m("W0 H32 F25:1"),
    "-1-px-wide.y4m": y4m("W-1 H32 F25:1"),
    "1x1.y4m": y4m("W1 H1 F25:1", 3),
    "2x2.y4m": y4m("W2 H2 F25:1", 6),
    "3x3.y4m": y4m("W3 H3 F25:1 C420jpeg", 17),
    "4096x2.y4m": y4m("W4096 H2 F25:1", 12288),
    "2x4096.y4m": y4m("W2 H4096 F25:1", 12288),
    "100000x100000.y4m": y4m("W100000 H100000 F25:1"),
    "2147483647x2.y4m": y4m("W2147483647 H2 F25:1"),
    "no-size.y4m": y4m("F25:1"),
    "no-header.y4m": lambda: b"YUV4MPEG2",
    "no-frame.y4m": y4m("W32 H32 F25:1", num_frames=0),
    "one-frame.y4m": y4m("W32 H32 F25:1", num_frames=1),
    "0-fps.y4m": y4m("W32 H32 F0:1"),
    "endless-fps.y4m": y4m("W32 H32 F25:0"),
    "a-billion-fps.y4m": y4m("W32 H32 F1000000000:1"),
    "a-frame-in-30-years.y4m": y4m("W32 H32 F1:1000000000"),
    "negative-fps.y4m": y4m("W32 H32 F-25:1"),
    "pixels-a-million-wide.y4m": y4m("W32 H32 F25:1 A1000000:1"),
    "pixels-of-no-width.y4m": y4m("W32 H32 F25:1 A0:7"),
    "unknown-colours.y4m": y4m("W32 H32 F25:1 C999"),
    "deep-colours.y4m": y4m("W32 H32 F25:1 C444p16", 6144),
    "black-and-white.y4m": y4m("W32 H32 F25:1 Cmono", 1024),
    "interlaced-1-row.y4m": y4m("W32 H1 F25:1 It", 64),
    "long-header.y4m": y4m("W32 H32 F25:1 X" + "x" * 100_000),
    "long-frame-header.y4m": y4m("W32 H32 F25:1", frame="FRAME " + "x" * 1000),
    # Matroska: sizes, clocks, counts
    "0x0.mkv": changed(mkv, _WIDTH + _HEIGHT, b"\xb0\x81\0\xba\x81\0"),
    "1x1.mkv": changed(mkv, _WIDTH + _HEIGHT, b"\xb0\x81\1\xba\x81\1"),
    "clock-of-1-ns.mkv": changed(mkv, b"\x2a\xd7\xb1\x83\x0f\x42\x40", b"\x2a\xd7\xb1\x83\0\0\1"),
    "clock-of-0.mkv": changed(mkv, b"\x2a\xd7\xb1\x83\x0f\x42\x40", b"\x2a\xd7\xb1\x83\0\0\0"),
    "clock-of-17-ms.mkv": changed(mkv, b"\x2a\xd7\xb1\x83\x0f\x42\x40", b"\x2a\xd7\xb1\x83\xff\xff\xff"),
    "last-second.mkv": changed(mkv, b"\xe7\x81\0", b"\xe7\x88" + struct.pack(">Q", _LAST)),
    "before-all-time.mkv": changed(mkv, b"\xe7\x81\0", b"\xe7\x88" + b"\xff" * 8),
    "half-of-all-time.mkv": changed(mkv, b"\xe7\x81\0", b"\xe7\x88" + struct.pack(">Q", 1 << 42)),
    "other-codec.mkv": changed(mkv, _CODEC, b"V_MPEGH/ISO/HEV"),
    "unknown-codec.mkv": changed(mkv, _CODEC, b"V_NONE/ISO/NONE"),
    "codec-of-sound.mkv": changed(mkv, _CODEC, b"A_AAC\0\0\0\0\0\0\0\0\0\0"),
    "void-of-petabytes.mkv": before_clusters(b"\xec\x01\x0f\xff\xff\xff\xff\xff\xff\xff"),
    "attachment-of-petabytes.mkv": before_clusters(b"\x19\x41\xa4\x69\x01\x0f\xff\xff\xff\xff\xff\xff\xff"),
    "tags-1000-deep.mkv": before_clusters(deep_tags(1000)),
    "chapters-10000.mkv": before_clusters(element(b"\x10\x43\xa7\x70", element(b"\x45\xb9", _CHAPTER * 10_000))),
    "seek-loop.mkv": before_clusters(element(b"\x11\x4d\x9b\x74", element(b"\x4d\xbb", _SEEK * 100))),
    "cut-in-half.mkv": share(mkv, 0.5),
    "cut-in-header.mkv": share(mkv, 0.05),
    "cut-with-sizes.mkv": share(lambda: mkv(is_live=False), 0.7),
    "clusters-none.mkv": lambda: mkv()[: mkv().index(b"\x1f\x43\xb6\x75")],
    # AVI: sizes, clocks, counts
    "16000x16000.avi": number(lambda: avi("ffv1"), b"strf", 12, "ii", 16_000, 16_000),
    "upside-down-beyond.avi": number(lambda: avi("ffv1"), b"strf", 12, "ii", 96, -(1 << 31)),
    "0x0.avi": number(avi, b"strf", 12, "ii", 0, 0),
    "0-fps.avi": number(avi, b"strh", 28, "II", 1, 0),
    "endless-fps.avi": number(avi, b"strh", 28, "II", 0, 25),
    "4-billion-fps.avi": number(avi, b"strh", 28, "II", 1, 0xFFFFFFFF),
    "a-frame-in-centuries.avi": number(avi, b"strh", 28, "II", 0xFFFFFFFF, 1),
    "start-of-4-billion.avi": number(avi, b"strh", 36, "I", 0xFFFFFFFF),
    "frames-4-billion.avi": number(avi, b"strh", 40, "I", 0xFFFFFFFF),
    "sample-size-4-billion.avi": number(avi, b"strh", 52, "I", 0xFFFFFFFF),
    "streams-4-billion.avi": number(avi, b"avih", 32, "I", 0xFFFFFFFF),
    "list-of-no-byte.avi": number(avi, b"LIST", 4, "I", 0),
    "list-of-4-gigabytes.avi": number(avi, b"LIST", 4, "I", 0xFFFFFFFF),
    "index-of-4-gigabytes.avi": number(avi, b"idx1", 4, "I", 0xFFFFFFFF),
    "index-elsewhere.avi": number(avi, b"idx1", 16, "II", 0xFFFFFFF0, 0x7FFFFFFF),
    "codec-settings-of-4-gigabytes.avi": number(avi, b"strf", 4, "I", 0xFFFFFFFF),
    "empty-packets.avi": lambda: listed(b"FMP4", [b""] * 1000),
    "no-packets.avi": lambda: listed(b"MJPG", []),
    "palette.avi": lambda: listed(b"\0\0\0\0", [bytes(96 * 64)] * 12),
    # pictures that are larger than their file says, or unpack to much
    "65500x65500.mjpeg": lambda: jpeg_said(65_500, 65_500) * 12,
    "65500x65500.avi": lambda: listed(b"MJPG", [jpeg_said(65_500, 65_500)] * 12),
    "grows-to-16000x16000.avi": lambda: listed(b"MJPG", [jpeg(pictures(1)[0])] * 6 + [jpeg_said(16_000, 16_000)] * 6),
    "png-bomb-4000x4000.avi": lambda: listed(b"MPNG", [png_bomb(4000)] * 2, width=4000, height=4000),
    "png-bomb-in-a-small-film.avi": lambda: listed(b"MPNG", [png_bomb(4000)] * 2),
    "sizes-in-a-row.mjpeg": lambda: sizes_in_a_row((96, 64), (64, 96), (8, 8), (1000, 10), (96, 64)),
    "sizes-of-one-shape.mjpeg": lambda: sizes_in_a_row(*[(96 * n, 64 * n) for n in (1, 2, 3, 4, 3, 2, 1)]),
}  # fmt: skip
