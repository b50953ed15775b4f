"""Read what a file says of itself, and count its frames without decoding them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vqaprep.errors import MediaError
from vqaprep.heartbeat import heartbeat
from vqaprep.media.clock import Clock
from vqaprep.media.container import open_stream
from vqaprep.media.ending import cut_off
from vqaprep.media.rate import UNKNOWN_FPS, nominal_rate
from vqaprep.media.source_bytes import SourceBytes, open_source
from vqaprep.rows import Video

_EARLY_S = 1e-6  # two roundings of one timestamp


def probe(uri: str, **labels: Any) -> Video:
    """Return the video row of `uri`; `labels` are columns known from elsewhere (dataset, subject, ...).

    The id is the start of the file's sha256: it survives renames and says nothing about a person.

    Raises:
        MediaError: `unreadable`, `no_video`, `corrupt`, `changed` or `truncated`.
    """
    with open_source(uri) as source:
        digest = source.sha256(fresh=True)
        with open_stream(source) as (container, stream):
            first = next(container.decode(stream), None)
            if first is None:
                raise MediaError("no_video", "the video stream holds no frame")
            turned = first.rotation % 180 != 0
            shape = (first.height, first.width) if turned else (first.width, first.height)
        with open_stream(source) as (container, stream):
            _check_end(source, container.format.name)
            times_s, num_packets = _packet_times(container, stream, first_s=first.time)
            _check_complete(container, stream, times_s, num_packets)
            rate_fps, is_vfr = nominal_rate(times_s, average_fps=float(stream.average_rate or 0))
            source.check_same()
            video = Video(
                video_id=digest[:16], uri=uri, sha256=digest, num_bytes=source.num_bytes,
                container=container.format.name, codec=stream.codec_context.name,
                width_px=shape[0], height_px=shape[1], rate_fps=rate_fps, num_frames=len(times_s),
                start_s=float(times_s[0]), duration_s=float(times_s[-1] - times_s[0] + 1 / rate_fps),
                is_vfr=is_vfr, **labels,
            )  # fmt: skip
            clock = Clock(video)
            return video.having(num_gaps=sum(bool(clock.see(t_s)[1]) for t_s in times_s.tolist()))


def _packet_times(container: Any, stream: Any, *, first_s: float | None) -> tuple[npt.NDArray[np.float64], int]:
    """Return the presentation times of all shown frames, sorted, and the count of all packets.

    A cut inside an open group of pictures leaves packets that can never be shown: they lie before
    `first_s`, the first frame that the decoder gives, or have no time at all (Matroska).
    """
    stamps: list[float | None] = []
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
        stamp = packet.pts if packet.pts is not None else packet.dts
        time_s = None if stamp is None else float(stamp * stream.time_base)
        is_early = packet.pts is not None and first_s is not None and time_s is not None and time_s < first_s - _EARLY_S
        if not packet.is_discard and not is_early:
            stamps.append(time_s)
    if not stamps:
        raise MediaError("no_video", "no video packet could be read")
    known = [stamp for stamp in stamps if stamp is not None]
    return np.sort(np.asarray(known or np.arange(len(stamps)) / UNKNOWN_FPS)), num_packets


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
