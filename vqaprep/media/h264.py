"""What an H.264 stream says in its sequence parameter set: whether pictures may be single fields."""

from typing import Any

_SPS = 7
_WITH_CHROMA_FORMAT = (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135)  # profiles, 7.3.2.1.1
_YUV444 = 3


def may_hold_fields(codec: Any) -> bool:
    """Say whether packets of a codec context may hold one field of a frame; True where its header does not say.

    A camera chooses a frame or two fields for each picture, so the first pictures do not tell.
    """
    if codec.name != "h264":
        return False
    try:
        return not _frames_only(_sequence_parameters(bytes(codec.extradata or b"")))
    except (IndexError, ValueError):
        return True


def _sequence_parameters(extradata: bytes) -> bytes:
    """Return the payload of the first sequence parameter set, from an avcC box or a stream of units.

    Raises:
        IndexError, ValueError: there is none.
    """
    if extradata[0] == 1:  # avcC (ISO/IEC 14496-15, 5.3.3.1): six bytes, then a length of two
        unit = extradata[8 : 8 + int.from_bytes(extradata[6:8])]
    else:
        units = extradata.split(b"\x00\x00\x01")[1:]
        unit = next((unit for unit in units if unit[0] & 31 == _SPS), b"")
    return unit[1:].replace(b"\x00\x00\x03", b"\x00\x00")


def _frames_only(payload: bytes) -> bool:
    """Return `frame_mbs_only_flag` (ISO/IEC 14496-10, 7.3.2.1.1)."""
    bits = _Bits(payload[3:])
    bits.number()
    if payload[0] in _WITH_CHROMA_FORMAT:
        _skip_chroma(bits)
    bits.number()
    order = bits.number()
    if order == 0:
        bits.number()
    elif order == 1:
        bits.bit()
        bits.number()
        bits.number()
        for _ in range(bits.number()):
            bits.number()
    bits.number()  # reference frames
    bits.bit()
    bits.number()  # width
    bits.number()  # height
    return bool(bits.bit())


def _skip_chroma(bits: "_Bits") -> None:
    chroma_format = bits.number()
    if chroma_format == _YUV444:
        bits.bit()
    bits.number()
    bits.number()
    bits.bit()
    if bits.bit():
        for number in range(12 if chroma_format == _YUV444 else 8):
            if bits.bit():
                _skip_scaling_list(bits, 16 if number < 6 else 64)


def _skip_scaling_list(bits: "_Bits", size: int) -> None:
    """Read a list, which ends early where the next scale is 0 (7.3.2.1.1.1)."""
    last = 8
    for _ in range(size):
        code = bits.number()
        delta = (code + 1) // 2 if code % 2 else -(code // 2)
        if (last := (last + delta) % 256) == 0:
            return


class _Bits:
    """Bits read one after the other; IndexError at the end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def bit(self) -> int:
        """Return the next bit."""
        byte, place = divmod(self._at, 8)
        self._at += 1
        return self._data[byte] >> (7 - place) & 1

    def number(self) -> int:
        """Return an Exp-Golomb code: as many bits follow the first 1 as zeros came before it (9.1)."""
        num_zeros = 0
        while not self.bit():
            num_zeros += 1
        value = 1
        for _ in range(num_zeros):
            value = value << 1 | self.bit()
        return value - 1
