"""MP4 files whose boxes lie: sizes, counts, rates, times, matrices and names that no camera writes, or a cut in one.

Each is a function that returns the bytes of a file. The places of fields are those of ISO/IEC 14496-12.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache

from tests.films import pictures
from tests.media.muxed import film

Make = Callable[[], bytes]
Path = tuple[bytes, ...]
_HOLDERS = (b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl", b"moof", b"traf", b"mvex", b"udta")
_TRACK = (b"moov", b"trak")
_MEDIA = (*_TRACK, b"mdia")
_TABLE = (*_MEDIA, b"minf", b"stbl")
_MOST = {"B": 0xFF, "H": 0xFFFF, "I": 0xFFFFFFFF, "Q": 0xFFFFFFFFFFFFFFFF}


@cache
def plain() -> bytes:
    """Return a sound film of 12 frames, with sound, whose index is at its start."""
    return film("mp4", pictures(12), muxer={"movflags": "faststart"}, has_sound=True)


@cache
def fragmented() -> bytes:
    """Return the same in fragments."""
    return film("mp4", pictures(12), muxer={"movflags": "frag_keyframe+empty_moov+default_base_moof"})


def boxes(data: bytes, start: int = 0, end: int | None = None, above: Path = ()) -> Iterator[tuple[Path, int, int]]:
    """Yield (path, offset, size) of every box, outer ones first."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        yield (*above, kind), start, size
        if kind in _HOLDERS:
            yield from boxes(data, start + 8, start + size, (*above, kind))
        start += max(size, 8)


def place(data: bytes, path: Path) -> tuple[int, int]:
    """Return offset and size of the first box at `path`."""
    return next((at, size) for found, at, size in boxes(data) if found == path)


def put(path: Path, offset: int, kind: str, *values: int, source: Callable[[], bytes] = plain) -> Make:
    """Write big-endian numbers at an offset from the start of a box; without values, the largest number."""

    def make() -> bytes:
        data = bytearray(source())
        packed = struct.pack(f">{kind}", *(values or (_MOST[kind],)))
        at = place(bytes(data), path)[0] + offset
        data[at : at + len(packed)] = packed
        return bytes(data)

    return make


def cut(path: Path, share: float, source: Callable[[], bytes] = plain) -> Make:
    """Cut the file off within a box."""

    def make() -> bytes:
        at, size = place(source(), path)
        return source()[: at + int(share * size)]

    return make


def named(old: bytes, new: bytes, source: Callable[[], bytes] = plain) -> Make:
    """Give all boxes or codecs called `old` another name."""
    return lambda: source().replace(old, new)


def box(kind: bytes, body: bytes = b"") -> bytes:
    """Return a box."""
    return struct.pack(">I", 8 + len(body)) + kind + body


def inserted(content: bytes, path: Path = (b"moov",)) -> Make:
    """Put boxes before the first box at a path; those around it grow, and so do the places of the samples."""

    def make() -> bytes:
        data = bytearray(plain())
        for table, at, _ in list(boxes(plain())):
            if table[-1] == b"stco":
                (count,) = struct.unpack_from(">I", data, at + 12)
                moved = (n + len(content) for n in struct.unpack_from(f">{count}I", data, at + 16))
                struct.pack_into(f">{count}I", data, at + 16, *moved)
        for depth in range(1, len(path)):
            at, size = place(bytes(data), path[:depth])
            struct.pack_into(">I", data, at, size + len(content))
        at = place(plain(), path)[0]
        return bytes(data[:at] + content + data[at:])

    return make


def nested(kind: bytes, depth: int) -> bytes:
    """Return boxes within boxes."""
    return b"".join(struct.pack(">I", 8 * (depth - level)) + kind for level in range(depth))


def edits(*entries: tuple[int, int]) -> Make:
    """Give the film an edit list of (duration, media time), both in 64 bits."""

    def make() -> bytes:
        body = b"".join(struct.pack(">QqHH", duration, media, 1, 0) for duration, media in entries)
        return inserted(box(b"edts", box(b"elst", b"\1\0\0\0" + struct.pack(">I", len(entries)) + body)), _MEDIA)()

    return make


def tracks(num: int) -> Make:
    """Repeat the first track."""

    def make() -> bytes:
        at, size = place(plain(), _TRACK)
        return inserted(plain()[at : at + size] * num, _TRACK)()

    return make


def packed_index(size_said: int, content: bytes) -> Make:
    """Return a film whose index is compressed (QuickTime `cmov`): a little file may unpack to much."""
    body = box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", size_said) + zlib.compress(content, 9))
    return lambda: box(b"ftyp", b"qt  " + bytes(4)) + box(b"moov", box(b"cmov", body)) + box(b"mdat", bytes(99))


FIELDS: dict[str, tuple[Path, int, str, tuple[int, ...]]] = {
    "box-size-0": ((b"moov",), 0, "I", (0,)),
    "box-size-7": ((b"moov",), 0, "I", (7,)),
    "box-size-huge": ((b"moov",), 0, "I", ()),
    "box-size-64-bit": ((b"mdat",), 0, "I", (1,)),
    "clock-0": ((b"moov", b"mvhd"), 20, "I", (0,)),
    "clock-huge": ((b"moov", b"mvhd"), 20, "I", ()),
    "duration-huge": ((b"moov", b"mvhd"), 24, "I", ()),
    "track-0": ((*_TRACK, b"tkhd"), 20, "I", (0,)),
    "track-duration-huge": ((*_TRACK, b"tkhd"), 28, "I", ()),
    "turned-13-degrees": ((*_TRACK, b"tkhd"), 48, "9i", (63857, 14742, 0, -14742, 63857, 0, 0, 0, 1 << 30)),
    "turned-by-zeros": ((*_TRACK, b"tkhd"), 48, "9i", (0,) * 9),
    "turned-by-extremes": ((*_TRACK, b"tkhd"), 48, "9i", (-(1 << 31), (1 << 31) - 1) * 4 + (-1,)),
    "sheared": ((*_TRACK, b"tkhd"), 48, "9i", (65536, 65536, 0, 0, 65536, 0, 0, 0, 1 << 30)),
    "scaled-by-nearly-nothing": ((*_TRACK, b"tkhd"), 48, "9i", (1, 0, 0, 0, 1, 0, 0, 0, 1 << 30)),
    "shown-0-px-wide": ((*_TRACK, b"tkhd"), 84, "II", (0, 0)),
    "shown-65535-px-wide": ((*_TRACK, b"tkhd"), 84, "II", (0xFFFFFFFF, 1)),
    "media-clock-0": ((*_MEDIA, b"mdhd"), 20, "I", (0,)),
    "media-clock-1": ((*_MEDIA, b"mdhd"), 20, "I", (1,)),
    "media-clock-huge": ((*_MEDIA, b"mdhd"), 20, "I", ()),
    "media-duration-0": ((*_MEDIA, b"mdhd"), 24, "I", (0,)),
    "handler-of-sound": ((*_MEDIA, b"hdlr"), 16, "4B", tuple(b"soun")),
    "handler-of-subtitles": ((*_MEDIA, b"hdlr"), 16, "4B", tuple(b"sbtl")),
    "handler-unknown": ((*_MEDIA, b"hdlr"), 16, "4B", (0, 0, 0, 0)),
    "descriptions-none": ((*_TABLE, b"stsd"), 12, "I", (0,)),
    "descriptions-many": ((*_TABLE, b"stsd"), 12, "I", ()),
    "stored-0x0": ((*_TABLE, b"stsd"), 48, "HH", (0, 0)),
    "stored-65535x65535": ((*_TABLE, b"stsd"), 48, "HH", (0xFFFF, 0xFFFF)),
    "stored-1x1": ((*_TABLE, b"stsd"), 48, "HH", (1, 1)),
    "no-step": ((*_TABLE, b"stts"), 20, "I", (0,)),
    "step-huge": ((*_TABLE, b"stts"), 20, "I", (0x7FFFFFFF,)),
    "step-negative": ((*_TABLE, b"stts"), 20, "I", ()),
    "steps-of-4-billion": ((*_TABLE, b"stts"), 16, "I", ()),
    "steps-in-4-billion-entries": ((*_TABLE, b"stts"), 12, "I", ()),
    "shift-huge": ((*_TABLE, b"ctts"), 20, "I", (0x7FFFFFFF,)),
    "shift-negative": ((*_TABLE, b"ctts"), 20, "I", (0x80000000,)),
    "shifts-in-4-billion-entries": ((*_TABLE, b"ctts"), 12, "I", ()),
    "samples-none": ((*_TABLE, b"stsz"), 16, "I", (0,)),
    "samples-4-billion": ((*_TABLE, b"stsz"), 16, "I", ()),
    "samples-4-billion-of-a-byte": ((*_TABLE, b"stsz"), 12, "II", (1, 0xFFFFFFFF)),
    "samples-of-4-gigabytes": ((*_TABLE, b"stsz"), 12, "I", ()),
    "sample-of-4-gigabytes": ((*_TABLE, b"stsz"), 20, "I", ()),
    "sample-of-no-byte": ((*_TABLE, b"stsz"), 24, "I", (0,)),
    "chunks-none": ((*_TABLE, b"stco"), 12, "I", (0,)),
    "chunk-behind-the-end": ((*_TABLE, b"stco"), 16, "I", ()),
    "chunk-at-the-header": ((*_TABLE, b"stco"), 16, "I", (0,)),
    "chunks-of-4-billion": ((*_TABLE, b"stsc"), 20, "I", ()),
    "chunks-of-none": ((*_TABLE, b"stsc"), 20, "I", (0,)),
    "chunk-before-the-first": ((*_TABLE, b"stsc"), 16, "I", (0,)),
    "chunk-of-an-unknown-codec": ((*_TABLE, b"stsc"), 24, "I", (99,)),
    "key-frames-none": ((*_TABLE, b"stss"), 12, "I", (0,)),
    "key-frame-of-the-future": ((*_TABLE, b"stss"), 16, "I", ()),
}
"""Box, offset, kind and values of the numbers that are changed."""
FRAGMENTS: dict[str, tuple[Path, int, str, tuple[int, ...]]] = {
    "fragment-at-the-last-second": ((b"moof", b"traf", b"tfdt"), 12, "Q", ((1 << 63) - 1,)),
    "fragment-before-all-time": ((b"moof", b"traf", b"tfdt"), 12, "Q", ()),
    "fragment-of-4-billion": ((b"moof", b"traf", b"trun"), 12, "I", ()),
    "fragment-of-none": ((b"moof", b"traf", b"trun"), 12, "I", (0,)),
    "fragment-elsewhere": ((b"moof", b"traf", b"trun"), 16, "I", (0x7FFFFFFF,)),
    "fragment-of-no-track": ((b"moof", b"traf", b"tfhd"), 12, "I", (7,)),
}
_CODECS = {"hevc": b"hvc1", "av1": b"av01", "vp9": b"vp09", "mpeg4": b"mp4v", "prores": b"apch", "raw": b"raw ",
           "jpeg": b"jpeg", "png": b"png ", "encrypted": b"encv", "none": b"\0\0\0\0"}  # fmt: skip
_CUTS = (
    (b"ftyp",), (b"moov",), (b"moov", b"mvhd"), _TRACK, (*_TRACK, b"tkhd"), _MEDIA, (*_MEDIA, b"mdhd"),
    (*_MEDIA, b"hdlr"), (*_MEDIA, b"minf"), _TABLE, *((*_TABLE, kind) for kind in (b"stsd", b"stts", b"stsc", b"stsz",
    b"stco")), (b"mdat",),
)  # fmt: skip

MP4: dict[str, Make] = {
    **{f"{name}.mp4": put(*how[:3], *how[3]) for name, how in FIELDS.items()},
    **{f"{name}.mp4": put(*how[:3], *how[3], source=fragmented) for name, how in FRAGMENTS.items()},
    **{f"called-{name}.mp4": named(b"avc1", kind) for name, kind in _CODECS.items()},
    **{f"cut-in-{path[-1].decode()}.mp4": cut(path, 0.5) for path in _CUTS},
    **{f"cut-before-{path[-1].decode()}.mp4": cut(path, 0) for path in _CUTS[1:]},
    "cut-in-a-fragment.mp4": cut((b"moof", b"traf"), 0.5, fragmented),
    "codec-settings-of-zeros.mp4": named(b"avcC\1", b"avcC\0"),
    "nested-10000-deep.mp4": inserted(nested(b"moov", 10_000)),
    "nested-in-user-data.mp4": inserted(nested(b"udta", 10_000)),
    "free-boxes-20000.mp4": inserted(box(b"free") * 20_000),
    "title-of-4-megabytes.mp4": inserted(box(b"udta", box(b"\xa9nam", b"\xff\xff\0\0" + b"x" * 4_000_000))),
    "edits-empty.mp4": edits(),
    "edits-that-show-nothing.mp4": edits((1 << 40, -1)),
    "edits-at-the-last-second.mp4": edits(((1 << 63) - 1, (1 << 63) - 1)),
    "edits-before-all-time.mp4": edits((1000, -(1 << 63))),
    "edits-2000.mp4": edits(*[(1, 0)] * 2000),
    "tracks-1000.mp4": tracks(1000),
    "packed-index-bomb.mov": packed_index(64_000_000, bytes(64_000_000)),
    "packed-index-of-4-gigabytes.mov": packed_index(0xFFFFFFFF, bytes(1000)),
    "packed-index-within-itself.mov": packed_index(1000, box(b"moov", box(b"cmov", bytes(500)))),
    "only-a-header.mp4": lambda: plain()[: place(plain(), (b"moov",))[0]],
    "only-an-index.mp4": lambda: box(b"moov"),
    "only-pixels.mp4": lambda: plain()[place(plain(), (b"mdat",))[0] :],
    "index-twice.mp4": lambda: plain() + plain()[slice(*_ends(b"moov"))],
    "film-twice.mp4": lambda: plain() * 2,
}  # fmt: skip


def _ends(kind: bytes) -> tuple[int, int]:
    at, size = place(plain(), (kind,))
    return at, at + size
