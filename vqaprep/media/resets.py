"""Say whether decoding may begin at a packet and still give the frames of a decode from the start."""

from collections.abc import Iterator
from typing import Any

# Of these, a packet that is flagged as key is a picture after which no earlier one is referred to: each picture stands
# for itself, or a key frame fills all references (VP8: RFC 6386, 9.7; VP9: bitstream specification, 8.10), or the only
# references are the last two pictures that are no B picture (ISO/IEC 11172-2 and 13818-2).
_BY_FLAG = frozenset(("mjpeg", "prores", "dnxhd", "vp8", "vp9", "mpeg1video", "mpeg2video"))
_IDR = 5  # ITU-T H.264, table 7-1
_RANDOM_ACCESS = range(16, 22)  # ITU-T H.265, table 7-1: BLA, IDR and CRA pictures
_START_CODE = b"\x00\x00\x01"


def resets(packet: Any, context: Any) -> bool:
    """Say whether nothing that is shown at or after this key picture needs anything from before it.

    An I picture of H.264 is no such picture unless it is an IDR picture: later ones may still refer to earlier ones.
    """
    if context.name in _BY_FLAG:
        return True
    extra = bytes(context.extradata or b"")
    if context.name == "h264":
        return any(first & 31 == _IDR for first in _units(bytes(packet), extra, length_at=4))
    if context.name == "hevc":
        return any(first >> 1 & 63 in _RANDOM_ACCESS for first in _units(bytes(packet), extra, length_at=21))
    return False


def _units(data: bytes, extra: bytes, *, length_at: int) -> Iterator[int]:
    """Yield the first byte of each NAL unit, which has a length before it (MP4, Matroska) or a start code (TS)."""
    if len(extra) > length_at and extra[0] == 1:
        num_bytes, at = (extra[length_at] & 3) + 1, 0
        while at + num_bytes < len(data):
            yield data[at + num_bytes]
            at += num_bytes + int.from_bytes(data[at : at + num_bytes])
        return
    at = data.find(_START_CODE)
    while 0 <= at < len(data) - len(_START_CODE):
        yield data[at + len(_START_CODE)]
        at = data.find(_START_CODE, at + len(_START_CODE))
