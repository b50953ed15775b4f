"""Read the properties of a file, and count its frames without decoding them."""

from contextlib import suppress
from fractions import Fraction
from itertools import islice
from typing import Any

import av
import numpy as np

from vqaprep.errors import InputError, MediaError, memory
from vqaprep.errors.heartbeat import heartbeat
from vqaprep.media.clock import Clock
from vqaprep.media.container import open_stream
from vqaprep.media.damage import check_share, marked
from vqaprep.media.deinterlace import frame_times_s
from vqaprep.media.display import displayed_px, turn_of, words_of
from vqaprep.media.ending import cut_off
from vqaprep.media.h264 import may_hold_fields
from vqaprep.media.packets import check_complete, read_packets
from vqaprep.media.rate import Times, nominal_rate
from vqaprep.media.reading import Reading
from vqaprep.media.source_bytes import SourceBytes, open_source
from vqaprep.media.streams import films_of, pixel_aspect
from vqaprep.media.timeline import Timeline, packet_times_s
from vqaprep.rows import Video
from vqaprep.rows.values import check_video

_HEAD_PACKETS = 32
_FEW_PICTURES = 0.75  # per packet: fields give 0.5, and a cut in an open group of pictures loses a few
_SHORT_STEP = 0.75  # of the longest: the step from field to field is half of that from frame to frame
_FIELD_ORDERS = (2, 3, 4, 5)  # AVFieldOrder: both fields' order of coding and of display


def probe(uri: str, reading: Reading | None = None, **labels: Any) -> Video:
    """Return the video row of `uri`; `labels` are columns known from elsewhere (dataset, subject, ...).

    The id is the start of the file's sha256: it survives renames and says nothing about a person.

    Raises:
        MediaError: `unreadable`, `no_video`, `corrupt`, `changed`, `truncated`, or `unsupported` (a size, a rate or a
            length that no video has).
    """
    reading = reading or Reading()
    with open_source(uri) as source:
        digest = source.sha256(fresh=True)
        with open_stream(source, reading.stream) as (container, stream):
            _check_end(source, container.format.name)
            packets = read_packets(container, stream)
            check_complete(container, stream, packets)
            rate, has_fields = float(stream.average_rate or 0), may_hold_fields(stream.codec_context)
        with open_stream(source, reading.stream) as (container, stream):
            first = next((picture for picture, _ in marked(container, stream)), None)
            if first is None:
                raise MediaError("no_video", "the video stream holds no frame")
            first_s = Timeline(stream).see(first)
            stored_s = packet_times_s(packets.stamps, stream.time_base, Timeline(stream), first_s=first_s)
            display = _display(first, container, stream, reading)
        if packets.is_doubtful or (has_fields and _holds_fields(source, reading, stored_s)):
            stored_s, display["num_damaged_frames"], is_interlaced = _decoded(source, reading)
            display |= _interlaced(display["is_interlaced"] or is_interlaced, reading)
        times_s = np.asarray([*frame_times_s(stored_s.tolist(), display["deinterlace"])])
        rate_fps, is_vfr = nominal_rate(times_s, average_fps=rate)
        source.check_same()
        video = Video(
            video_id=digest[:16], uri=uri, sha256=digest, num_bytes=source.num_bytes,
            rate_fps=rate_fps, num_frames=len(times_s),
            start_s=float(times_s[0]), duration_s=float(times_s[-1] - times_s[0] + 1 / rate_fps),
            is_vfr=is_vfr, **display, **labels,
        )  # fmt: skip
        _check_row(video)
        clock = Clock.of(video)
        return video.having(num_gaps=sum(bool(clock.see(t_s)[1]) for t_s in times_s.tolist()))


def _display(first: Any, container: Any, stream: Any, reading: Reading) -> dict[str, Any]:
    """Return the columns that say how the pictures are displayed, of which `first` is the first."""
    turn, aspect = turn_of(first), pixel_aspect(stream)
    width, height = displayed_px(first, turn, aspect if reading.pixels == "square" else Fraction(1))
    memory.check_picture(width, height)
    is_interlaced = first.interlaced_frame or stream.codec_context.field_order in _FIELD_ORDERS
    return {
        "container": container.format.name, "codec": stream.codec_context.name,
        "width_px": width, "height_px": height,
        "stream_index": stream.index, "num_video_streams": len(films_of(container)),
        "orientation": words_of(turn), "pixel_aspect": float(aspect), "pixels": reading.pixels,
        "on_damage": reading.on_damage,
    } | _interlaced(is_interlaced, reading)  # fmt: skip


def _interlaced(is_interlaced: bool, reading: Reading) -> dict[str, Any]:
    return {"is_interlaced": is_interlaced, "deinterlace": reading.deinterlace if is_interlaced else "off"}


def _check_row(video: Video) -> None:
    try:
        check_video(video)
    except InputError as error:
        raise MediaError("unsupported", str(error)) from error


def _holds_fields(source: SourceBytes, reading: Reading, times_s: Times) -> bool:
    """Say whether packets seem to hold single fields (AVCHD, DVB), two of which make a frame.

    Where all do, the first packets give half as many pictures. Where some do, steps in time are of two lengths.
    """
    steps_s = np.diff(times_s)
    if len(steps_s) and steps_s.min() < _SHORT_STEP * steps_s.max():
        return True
    with open_stream(source, reading.stream) as (container, stream):
        num_pictures, num_packets = 0, 0
        for packet in islice(container.demux(stream), _HEAD_PACKETS):
            num_packets += packet.size > 0
            with suppress(av.error.FFmpegError):
                num_pictures += len(packet.decode())
        with suppress(av.error.FFmpegError):
            num_pictures += len(stream.codec_context.decode(None))
    return num_pictures <= _FEW_PICTURES * num_packets


def _decoded(source: SourceBytes, reading: Reading) -> tuple[Times, int, bool]:
    """Return the time of each frame that the decoder gives, how many of them damage reaches, and if any has fields."""
    times_s, num_damaged, is_interlaced = list[float](), 0, False
    with open_stream(source, reading.stream) as (container, stream):
        timeline = Timeline(stream)
        for picture, is_damaged in marked(container, stream):
            heartbeat()
            times_s.append(timeline.see(picture))
            num_damaged += is_damaged
            is_interlaced |= picture.interlaced_frame
    if num_damaged and reading.on_damage == "drop":
        raise MediaError("corrupt", f"{num_damaged} of {len(times_s)} frames are damaged")
    check_share(num_damaged, len(times_s))
    return np.asarray(times_s), num_damaged, is_interlaced


def _check_end(source: SourceBytes, container: str) -> None:
    at = source.file.tell()
    source.file.seek(0)
    missing = cut_off(source.file, source.num_bytes, container)
    source.file.seek(at)  # the demuxer goes on where it was
    if missing:
        raise MediaError("truncated", missing)
