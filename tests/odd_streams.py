"""Streams that no encoder at hand writes, made bit by bit: fields, packed frames, pulldown flags, encryption."""

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.films import Frames, ffmpeg, pictures, write_film

_WIDTH_MB, _HEIGHT_MB, _MB_PX = 6, 6, 16
_PCM_MACROBLOCK = b"\x0d\x00"  # mb_type 25 (I_PCM) as an Exp-Golomb code, and zeros up to the next byte
_TICKS_PER_FIELD = 1800  # of 90 kHz, at 50 fields per second
_START = b"\x00\x00\x01"


class _Bits:
    """Bits of a header, as H.264 writes them."""

    def __init__(self) -> None:
        self.text = ""

    def u(self, value: int, num_bits: int = 1) -> None:
        """Add a number of fixed length."""
        self.text += f"{value:0{num_bits}b}"

    def ue(self, *values: int) -> None:
        """Add Exp-Golomb codes."""
        for value in values:
            self.u(value + 1, 2 * (value + 1).bit_length() - 1)

    def data(self, *, stop: bool) -> bytes:
        """Return whole bytes, with the stop bit of a unit's end or with zeros alone."""
        text = self.text + ("1" if stop else "")
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8)


def paff(path: Path, *, structure: str) -> None:
    """Write an interlaced H.264 transport stream: for each letter a frame (F) or two fields of it (P).

    Camcorders choose for each picture (ISO/IEC 14496-10, 7.4.3: field_pic_flag). All macroblocks are I_PCM.
    """
    packets: list[tuple[int, bytes]] = []
    for number, kind in enumerate(structure):
        fields = (None,) if kind == "F" else (0, 1)
        for bottom in fields:
            head = _unit(0, 9, b"\xf0") + (_parameter_sets() if not packets else b"")
            place = 2 * number + (bottom or 0)
            packets.append((place, head + _slice(_woven(number), number, bottom)))
    with av.open(str(path), "w", format="mpegts") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 96, "yuv420p"
        for place, data in packets:
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, 90_000)
            packet.pts = packet.dts = 90_000 + place * _TICKS_PER_FIELD
            packet.is_keyframe = place == 0
            container.mux(packet)


def _woven(number: int) -> Frames:
    """Return luma (96, 96) in which the two fields show a bar at two moments."""
    luma = np.full((96, 96), 60, np.uint8)
    luma[8:16] = 120
    for field in (0, 1):
        left = 4 + 2 * (2 * number + field) % 72
        luma[field::2, left : left + 12] = 220
    return luma


def _unit(ref: int, kind: int, payload: bytes) -> bytes:
    """Return a NAL unit; three bytes that would look like a start code get an escape byte (7.4.1)."""
    escaped = re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", payload)
    return b"\x00" + _START + bytes([ref << 5 | kind]) + escaped


def _parameter_sets() -> bytes:
    sps, pps = _Bits(), _Bits()
    for value in (77, 0, 30):  # Main profile, level 3
        sps.u(value, 8)
    sps.ue(0, 4, 0, 8, 2)  # 8 bits of frame number, 12 bits of display order, 2 reference frames
    sps.u(0)
    sps.ue(_WIDTH_MB - 1, _HEIGHT_MB // 2 - 1)
    sps.u(0b00101, 5)  # fields are allowed, MBAFF is off, 8x8 inference, no cropping, VUI follows
    sps.u(0b00001, 5)  # of which timing alone
    sps.u(1, 32)
    sps.u(50, 32)
    sps.u(0b100_10, 5)  # a fixed rate, and pic_struct
    pps.ue(0, 0)
    pps.u(0, 2)
    pps.ue(0, 0, 0)
    pps.u(0, 3)
    pps.ue(0, 0, 0)
    pps.u(0b100, 3)
    return _unit(3, 7, sps.data(stop=True)) + _unit(3, 8, pps.data(stop=True))


def _slice(luma: Frames, number: int, bottom: int | None) -> bytes:
    """Return the slice of a frame, or of one field of it."""
    is_first = number == 0 and not bottom
    shown = luma if bottom is None else luma[bottom::2]
    head = _Bits()
    head.ue(0, 7 if not (number == 0 and bottom) else 2, 0)
    head.u(number % 256, 8)
    head.u(0 if bottom is None else 0b10 | bottom, 1 if bottom is None else 2)
    if is_first:
        head.ue(0)
    head.u((2 * number + (bottom or 0)) % 4096, 12)
    head.u(0, 2 if is_first else 1)
    head.ue(0, 1)  # the quantizer of the parameter set, no deblocking
    head.ue(25)
    data = head.data(stop=False)
    blocks = shown.reshape(len(shown) // _MB_PX, _MB_PX, _WIDTH_MB, _MB_PX).swapaxes(1, 2).reshape(-1, _MB_PX**2)
    gray = bytes([128]) * (_MB_PX**2 // 2)
    data += _PCM_MACROBLOCK.join(block.tobytes() + gray for block in blocks)
    return _unit(2, 5 if is_first else 1, data + b"\x80")


def packed(path: Path) -> None:
    """Write an AVI of DivX 5, where a packet holds a P picture and the B picture before it, and the next one none."""
    options = {"bf": "1", "sc_threshold": "1000000000", "g": "12"}
    first = write_film(path.with_suffix(".first.avi"), pictures(40), coder="mpeg4", options=options)
    with av.open(str(first)) as given, av.open(str(path), "w") as container:
        source = given.streams.video[0]
        stream = container.add_stream_from_template(source)
        coded = [bytes(packet) for packet in given.demux(source) if packet.size]
        stream.codec_context.extradata = _as_divx(source.codec_context.extradata or b"")
        packets = list[bytes]()
        while coded:
            data = _as_divx(coded.pop(0))
            if coded and _kind(coded[0]) == _B_PICTURE:
                packets += [data + coded.pop(0), _NOT_CODED]
            else:
                packets.append(data)
        for number, data in enumerate(packets):
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = number
            packet.is_keyframe = _kind(data) == 0
            container.mux(packet)
    first.unlink()


_B_PICTURE = 2
_VOP = _START + b"\xb6"
_NOT_CODED = _VOP + bytes([0b01_0_1_0000, 0b0_1_0_01111])  # a P picture of which nothing was coded, 5 bits of time


def _as_divx(data: bytes) -> bytes:
    """Replace the encoder's name by one for which decoders unpack."""
    return re.sub(rb"\x00\x00\x01\xb2[^\x00]*", _START + b"\xb2DivX503b1393p", data)


def _kind(data: bytes) -> int:
    return data[data.index(_VOP) + len(_VOP)] >> 6


def pulled_down(path: Path) -> None:
    """Write MPEG-2 of 24 pictures per second that are to be shown as 60 fields, as DVDs of films are (2:3)."""
    first = path.with_suffix(".first.m2v")
    source = "testsrc2=size=96x64:rate=30000/1001:duration=2"
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", "mpeg2video", "-g", "12", str(first))
    data = bytearray(first.read_bytes())
    for found in re.finditer(rb"\x00\x00\x01\xb5", bytes(data)):
        at = found.end()
        if data[at] >> 4 == 1:  # sequence extension: fields may be repeated
            data[at + 1] &= ~0x08 & 0xFF
    cadence = ((1, 1), (0, 0), (0, 1), (1, 0))
    extensions = [found.end() for found in re.finditer(rb"\x00\x00\x01\xb5[\x80-\x8f]", bytes(data))]
    for number, end in enumerate(extensions):
        top_first, repeats = cadence[number % 4]
        data[end + 2] = data[end + 2] & 0x7D | top_first << 7 | repeats << 1
    first.write_bytes(data)
    ffmpeg("-i", str(first), "-c", "copy", str(path))
    first.unlink()


def without_first_key(path: Path) -> None:
    """Write a raw H.264 stream whose first key picture was lost: it can be shown from the second one on."""
    first = path.with_suffix(".first.h264")
    source = "testsrc2=size=96x64:rate=50:duration=1"
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", "libx264", "-bf", "0", "-g", "10", str(first))
    units = re.split(rb"(?=\x00\x00\x01)", first.read_bytes())
    key = next(number for number, unit in enumerate(units) if unit[3:] and unit[3] & 31 == 5)
    path.write_bytes(b"".join(units[:key] + units[key + 1 :]))
    first.unlink()


def part_of_a_presentation(path: Path) -> None:
    """Write MP4 in fragments whose header says the duration of all of them, of which the first few were saved."""
    first = write_film(path.with_suffix(".first.mp4"), pictures(30))
    ffmpeg("-i", str(first), "-c", "copy", "-movflags", "frag_keyframe+empty_moov", str(path))
    data = bytearray(path.read_bytes())
    at = data.index(b"mvhd") + 20  # version 0: times of creation and change, time scale, duration
    data[at : at + 4] = (3_900_000).to_bytes(4)
    path.write_bytes(data)
    first.unlink()


def resized(path: Path) -> None:
    """Write WebM whose picture is half as large from its middle on, as browsers record calls."""
    parts = []
    for number, scale in enumerate((2, 1)):
        part = path.with_suffix(f".{number}.ivf")
        source = f"testsrc2=size={96 * scale}x{64 * scale}:rate=25:duration=1.2"
        ffmpeg("-f", "lavfi", "-i", source, "-c:v", "libvpx", "-auto-alt-ref", "0", str(part))
        parts.append(part)
    with av.open(str(path), "w") as container:
        stream: Any = None
        count = 0
        for part in parts:
            with av.open(str(part)) as given:
                stream = stream or container.add_stream_from_template(given.streams.video[0])
                for packet in given.demux(given.streams.video[0]):
                    if packet.size:
                        copied = av.Packet(bytes(packet))
                        copied.stream, copied.time_base, copied.is_keyframe = (
                            stream,
                            Fraction(1, 25),
                            packet.is_keyframe,
                        )
                        copied.pts = copied.dts = count
                        container.mux(copied)
                        count += 1
            part.unlink()


def encrypted(path: Path) -> None:
    """Write MP4 that only a key opens (common encryption)."""
    first = write_film(path.with_suffix(".first.mp4"), pictures(30))
    key, name = "76a6c65c5ea762046bd749a2e632ccbb", "a7e61c373e219033c21091fa607bf3b8"
    how = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key, "-encryption_kid", name)
    ffmpeg("-i", str(first), "-c", "copy", *how, str(path))
    first.unlink()
