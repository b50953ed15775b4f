"""Decode a stretch of a video from a key frame on, if that gives the same frames as a decode from the start.

Containers seek to wrong frames, so each seek is verified. The key frame must be one after which a decoder needs
nothing from before it, by the standard of its codec. A frame is known by its time, which must be exactly the one that
the look saw. Where either fails, the video is decoded from its start, and the same frames come later.
"""

from collections import deque
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import av

from vqaprep.errors import MediaError
from vqaprep.errors.heartbeat import heartbeat
from vqaprep.media.container import open_stream
from vqaprep.media.decode import DecodedFrame, Shower, decode
from vqaprep.media.resets import resets
from vqaprep.media.source_bytes import open_source
from vqaprep.media.timeline import Timeline
from vqaprep.rows import Video

_LEAST_SKIPPED = 64  # frames; opening the file and reaching a key frame takes about as long as decoding these
_STEPS_BACK_S = (
    0.0,
    1.0,
    2.0,
    5.0,
    10.0,
    20.0,
)  # indexes go by decoding times, which run ahead: the first key frame may come too late
_MOST_SKIPPED_PACKETS = 2000  # of a stream without an index, before its next key frame


class _NotProvedError(Exception):
    """The frames from a key frame on may be others than those of a decode from the start."""


def decode_from(video: Video, *, first: int, known_s: Mapping[int, float]) -> Generator[DecodedFrame]:
    """Yield at least the frames of `video` from number `first` on, as `decode` does.

    Args:
        video: the row that `scan` made.
        first: the first frame that is needed.
        known_s: times of frames by their numbers, as one decode from the start gave them.

    Raises:
        MediaError: as `decode`.
    """
    last = -1
    if first >= _LEAST_SKIPPED and can_restart(video) and max(known_s, default=-1) >= first:
        try:
            for frame in _restarted(video, first, known_s):
                yield frame
                last = frame.index
        except (_NotProvedError, MediaError):
            pass  # a decode from the start raises what is wrong with the video, too
        if last >= max(known_s, default=-1):
            return
    for frame in decode(video.uri, num_frames=video.num_frames, scanned=video):
        if frame.index > last:
            yield frame


def can_restart(video: Video) -> bool:
    """Say whether the rows allow it: one recording, without damage, each frame of which stands for itself.

    After a splice, times were shifted onto one line, so another frame may have the wanted time. What damage reaches
    depends on what came before, and so does a turn that only some key frames of a stream carry.
    """
    is_whole = video.num_gaps == 0 and not video.num_damaged_frames
    return is_whole and video.deinterlace == "off" and video.orientation == "upright" and video.decoder == "pyav"


def key_frames_before(video: Video, times_s: list[float]) -> list[float | None]:
    """Return when the last key frame at or before each of `times_s` is shown; None where no decode may begin there."""
    if not can_restart(video):
        return [None] * len(times_s)
    try:
        with open_source(video.uri) as source, open_stream(source, video.stream_index) as (container, stream):
            return [_first_or_none(container, stream, t_s) for t_s in times_s]
    except MediaError:
        return [None] * len(times_s)


def _first_or_none(container: Any, stream: Any, t_s: float) -> float | None:
    heartbeat()
    try:
        packet = next(_packets(container, stream, t_s))
    except _NotProvedError:
        return None
    return float(packet.pts * stream.time_base)


def _restarted(video: Video, first: int, known_s: Mapping[int, float]) -> Iterator[DecodedFrame]:
    """Yield the frames from `first` on, or raise before the first one that is in doubt."""
    anchor = min(number for number in known_s if number >= first)
    first_s = known_s[anchor] - (anchor - first) * 1.5 / video.rate_fps
    with ExitStack() as opened:
        source = opened.enter_context(open_source(video.uri))
        source.check(video)
        container, stream = opened.enter_context(open_stream(source, video.stream_index))
        shower, timeline = Shower(stream, video), Timeline(stream)
        held = deque[tuple[float, Any]](maxlen=anchor - first + 1)
        number: int | None = None
        for t_s, picture in _timed(_packets(container, stream, first_s), timeline):
            heartbeat()
            if source.is_local:
                source.check_same()
            if number is not None:
                number += 1
                if known_s.get(number, t_s) != t_s:
                    raise _NotProvedError
                yield shower.frame(number, t_s, picture)
                continue
            held.append((t_s, picture))
            if t_s >= known_s[anchor]:
                if t_s != known_s[anchor] or len(held) <= anchor - first:
                    raise _NotProvedError
                for number, (held_s, one) in enumerate(held, start=first):
                    yield shower.frame(number, held_s, one)
                held.clear()


def _timed(packets: Iterator[Any], timeline: Timeline) -> Iterator[tuple[float, Any]]:
    """Yield time and picture of all frames that are shown from the key frame on, which the first packet holds."""
    key_s: float | None = None
    before_s = -float("inf")
    for packet in packets:
        if key_s is None:
            key_s = float(packet.pts * packet.time_base)
        for picture in packet.decode():
            if picture.is_corrupt or picture.pts is None:
                raise _NotProvedError
            t_s = float(picture.pts * picture.time_base)
            if t_s < key_s:
                continue  # needs what lies before the key frame
            if t_s <= before_s or timeline.see(picture) != t_s:
                raise _NotProvedError
            before_s = t_s
            yield t_s, picture


def _packets(container: Any, stream: Any, t_s: float) -> Iterator[Any]:
    """Yield packets from one on whose frame is shown at or before `t_s`, and after which no earlier one is needed."""
    for back_s in _STEPS_BACK_S:
        target = int((t_s - back_s) / stream.time_base)
        if stream.start_time is None or target <= stream.start_time:
            break
        try:
            container.seek(target, stream=stream)
        except av.error.FFmpegError as error:
            raise _NotProvedError from error
        coming = container.demux(stream)
        key = _key_packet(coming, stream)
        if key is not None and float(key.pts * stream.time_base) <= t_s:
            yield key
            yield from coming
            return
    raise _NotProvedError


def _key_packet(coming: Iterator[Any], stream: Any) -> Any:
    for _, packet in zip(range(_MOST_SKIPPED_PACKETS), coming, strict=False):
        if packet.is_keyframe and packet.size:
            is_start = packet.pts is not None and not packet.is_corrupt and not packet.is_discard
            return packet if is_start and resets(packet, stream.codec_context) else None
    return None
