"""Detect truncated files by their first and last bytes, for formats whose headers do not count frames."""

from itertools import product
from typing import BinaryIO

_HEAD_BYTES, _TAIL_BYTES = 4096, 1 << 17  # an Ogg page has 65,307 bytes at most
_TS_PACKETS = {188: 0, 192: 4, 204: 0}  # bytes of a packet -> position of its sync byte
_TS_SYNC, _TS_RUN = 0x47, 8
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_OGG_HEADER_BYTES = 27
_BOX_BYTES, _LEAST_BOX_BYTES = 16, 8  # the head of a box with a size of 64 bits, and of 32


def cut_off(file: BinaryIO, num_bytes: int, container: str) -> str | None:
    """Say how a file of `num_bytes` in format `container` (libavformat's name) shows that its end is missing.

    None is no proof that it is whole: a cut between two packets leaves no trace in MPEG-TS and Ogg.
    """
    if container == "mpegts":
        return _in_packet(file.read(_HEAD_BYTES), num_bytes)
    if container.startswith("matroska"):
        return _in_segment(file.read(_HEAD_BYTES), num_bytes)
    if container == "avi":
        return _in_riff(file, num_bytes)
    if container.startswith("mov"):
        return _in_box(file, num_bytes)
    if container == "ogg":
        file.seek(max(0, num_bytes - _TAIL_BYTES))
        return _in_page(file.read())
    return None


def _in_riff(file: BinaryIO, num_bytes: int) -> str | None:
    """AVI is one RIFF chunk that says its size, or several (OpenDML); a recorder that was killed leaves no size."""
    at = 0
    while at < num_bytes:
        file.seek(at)
        head = file.read(8)
        size = int.from_bytes(head[4:8], "little")
        if len(head) < 8 or head[:4] != b"RIFF" or size in (0, 0xFFFFFFFF):
            return None
        at += 8 + size + size % 2
    return f"the header says {at} bytes, the file holds {num_bytes}" if at > num_bytes + 1 else None


def _in_box(file: BinaryIO, num_bytes: int) -> str | None:
    """MP4 in fragments is a row of boxes that say their sizes (ISO/IEC 14496-12, 4.2); a cut one is media.

    Without fragments the header counts the frames. What follows the last fragment may be no box at all.
    """
    at, has_fragments = 0, False
    while at < num_bytes:
        file.seek(at)
        head = file.read(_BOX_BYTES)
        size, kind = int.from_bytes(head[:4]), head[4:8]
        if size == 1:
            size = int.from_bytes(head[8:])
        has_fragments |= kind == b"moof"
        if at + size > num_bytes and has_fragments and kind in (b"moof", b"mdat"):
            return f"the last fragment should end at byte {at + size}, the file holds {num_bytes}"
        if size < _LEAST_BOX_BYTES:
            break
        at += size
    return None


def _in_packet(head: bytes, num_bytes: int) -> str | None:
    """MPEG-TS is a row of packets of one size, each with a sync byte (ISO/IEC 13818-1, 2.4.3.2)."""
    for size, first in product(_TS_PACKETS, range(min(len(head), max(_TS_PACKETS)))):
        syncs = head[first::size][:_TS_RUN]
        if len(syncs) == _TS_RUN and set(syncs) == {_TS_SYNC}:
            rest = (num_bytes - first + _TS_PACKETS[size]) % size
            return f"the last packet has {rest} of {size} bytes" if rest else None
    return None


def _in_segment(head: bytes, num_bytes: int) -> str | None:
    """Matroska's one segment tells its size, unless it was written to a pipe (RFC 9559, 5.1)."""
    if not head.startswith(_EBML):
        return None
    width, size = _number(head, len(_EBML))
    segment = len(_EBML) + width + size
    if head[segment : segment + 4] != _SEGMENT:
        return None
    width, size = _number(head, segment + 4)
    end = segment + 4 + width + size
    is_known = size != (1 << 7 * width) - 1
    return f"the header says {end} bytes, the file holds {num_bytes}" if is_known and end > num_bytes else None


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return (bytes, value) of the EBML number at `at`: as many leading zeros as bytes follow (RFC 8794, 4)."""
    first = data[at] if at < len(data) else 0
    width = 9 - first.bit_length()
    return width, int.from_bytes(data[at : at + width]) & ((1 << 7 * width) - 1)


def _in_page(tail: bytes) -> str | None:
    """Ogg is a row of pages that tell their sizes (RFC 3533, 6)."""
    start = tail.rfind(b"OggS")
    if start < 0:
        return None
    page = tail[start:]
    num_sizes = page[_OGG_HEADER_BYTES - 1] if len(page) >= _OGG_HEADER_BYTES else 0
    whole = _OGG_HEADER_BYTES + num_sizes + sum(page[_OGG_HEADER_BYTES : _OGG_HEADER_BYTES + num_sizes])
    if whole > len(page):
        return f"the last page lacks {whole - len(page)} bytes"
    begun = page[whole:]
    return "the last page is cut in its first bytes" if begun and b"OggS".startswith(begun) else None
