"""Read what a file says of itself, and count its frames without decoding them."""

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from vqaprep import memory
from vqaprep.errors import InputError, MediaError
from vqaprep.heartbeat import heartbeat
from vqaprep.media.clock import Clock
from vqaprep.media.container import open_stream
from vqaprep.media.deinterlace import frame_times_s
from vqaprep.media.display import displayed_px, turn_of, words_of
from vqaprep.media.ending import cut_off
from vqaprep.media.rate import nominal_rate
from vqaprep.media.reading import Reading
from vqaprep.media.source_bytes import SourceBytes, open_source
from vqaprep.media.streams import films_of, pixel_aspect
from vqaprep.media.timeline import Stamps, Timeline, packet_times_s
from vqaprep.row_values import check_video
from vqaprep.rows import Video

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
            first = next(container.decode(stream), None)
            if first is None:
                raise MediaError("no_video", "the video stream holds no frame")
            first_s = Timeline(stream).see(first)
            display = _display(first, container, stream, reading)
        with open_stream(source, reading.stream) as (container, stream):
            _check_end(source, container.format.name)
            stamps, num_packets = _packet_stamps(container, stream)
            stored_s = packet_times_s(stamps, stream.time_base, Timeline(stream), first_s=first_s)
            _check_complete(container, stream, stored_s, num_packets)
            times_s = np.asarray([*frame_times_s(stored_s.tolist(), display["deinterlace"])])
            rate_fps, is_vfr = nominal_rate(times_s, average_fps=float(stream.average_rate or 0))
            source.check_same()
            video = Video(
                video_id=digest[:16], uri=uri, sha256=digest, num_bytes=source.num_bytes,
                container=container.format.name, codec=stream.codec_context.name,
                rate_fps=rate_fps, num_frames=len(times_s),
                start_s=float(times_s[0]), duration_s=float(times_s[-1] - times_s[0] + 1 / rate_fps),
                is_vfr=is_vfr, **display, **labels,
            )  # fmt: skip
            _check_row(video)
            clock = Clock(video)
            return video.having(num_gaps=sum(bool(clock.see(t_s)[1]) for t_s in times_s.tolist()))


def _display(first: Any, container: Any, stream: Any, reading: Reading) -> dict[str, Any]:
    """Return the columns that say how the pictures are displayed, of which `first` is the first."""
    turn, aspect = turn_of(first), pixel_aspect(stream)
    width, height = displayed_px(first, turn, aspect if reading.pixels == "square" else Fraction(1))
    memory.check_picture(width, height)
    is_interlaced = first.interlaced_frame or stream.codec_context.field_order in _FIELD_ORDERS
    return {
        "width_px": width, "height_px": height,
        "stream_index": stream.index, "num_video_streams": len(films_of(container)),
        "orientation": words_of(turn), "pixel_aspect": float(aspect), "pixels": reading.pixels,
        "is_interlaced": is_interlaced, "deinterlace": reading.deinterlace if is_interlaced else "off",
    }  # fmt: skip


def _check_row(video: Video) -> None:
    try:
        check_video(video)
    except InputError as error:
        raise MediaError("unsupported", str(error)) from error


def _packet_stamps(container: Any, stream: Any) -> tuple[list[Stamps], int]:
    """Return the time stamps of all packets that may hold a frame to be shown, and the count of all packets."""
    stamps: list[Stamps] = []
    num_packets = 0
    for packet in container.demux(stream):
        heartbeat()
        if packet.dts is None and packet.size == 0:
            continue  # the demuxer's farewell
        num_packets += 1
        if packet.size == 0:
            continue  # AVI's way to say that the frame before is shown again; the decoder gives none for it
        if packet.is_corrupt:
            raise MediaError("corrupt", f"packet {num_packets} is flagged corrupt by the demuxer")
        if not packet.is_discard:
            stamps.append((packet.pts, packet.dts))
    if not stamps:
        raise MediaError("no_video", "no video packet could be read")
    return stamps, num_packets


def _check_end(source: SourceBytes, container: str) -> None:
    at = source.file.tell()
    source.file.seek(0)
    missing = cut_off(source.file, source.num_bytes, container)
    source.file.seek(at)  # the demuxer goes on where it was
    if missing:
        raise MediaError("truncated", missing)


def _check_complete(container: Any, stream: Any, times_s: npt.NDArray[np.float64], num_packets: int) -> None:
    if stream.frames and num_packets < stream.frames - max(2, _LOOSE_COUNT * stream.frames):
        raise MediaError("truncated", f"the header says {stream.frames} frames, the file holds {num_packets}")
    if container.duration and not stream.frames:
        # Some formats count the duration from zero, not from the first frame.
        claimed_s, held_s = container.duration / 1e6, float(times_s[-1] - min(times_s[0], 0.0))
        if held_s < 0.9 * claimed_s - 1.0:
            raise MediaError("truncated", f"the header says {claimed_s:.1f} s, the file holds {held_s:.1f} s")


_LOOSE_COUNT = 0.02  # AVI headers count frames that the encoder later left out
