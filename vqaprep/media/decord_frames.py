"""Decode by decord. Its own seeking is never used: pictures are taken in order, at the times of their packets."""

from collections.abc import Iterator
from typing import Any

import av

from vqaprep.errors import MediaError
from vqaprep.errors.heartbeat import heartbeat
from vqaprep.media.deinterlace import Timed
from vqaprep.media.packets import read_packets
from vqaprep.media.source_bytes import SourceBytes
from vqaprep.media.timeline import Timeline, packet_times_s
from vqaprep.packages.extras import require


def pictures_of(
    source: SourceBytes, container: Any, stream: Any, damaged: list[bool], *, start_s: float
) -> Iterator[Timed]:
    """Yield time and RGB picture of every frame that decord gives; append False to `damaged` for each.

    `container` is read for the times alone. The first frame is at `start_s`.

    Raises:
        MediaError: `unsupported`, no local file, or decord gives more frames than the packets have times;
            `unreadable`, decord refuses it, with its words.
    """
    require("decord", "--decoder decord")
    import decord

    if not source.is_local:
        raise MediaError("unsupported", "decord reads local files only; leave --decoder decord out")
    times_s = packet_times_s(
        read_packets(container, stream).stamps, stream.time_base, Timeline(stream), first_s=start_s
    )
    try:
        # One thread: the frames of several cannot be interrupted, and workers already share the processors.
        reader = decord.VideoReader(str(source.path), num_threads=1)
        for number in range(len(reader)):
            heartbeat()
            source.check_same()
            picture = av.VideoFrame.from_ndarray(reader[number].asnumpy(), format="rgb24")
            picture.time_base = stream.time_base
            if number >= len(times_s):
                raise MediaError("unsupported", f"decord gives {len(reader)} frames, the packets hold {len(times_s)}")
            damaged.append(False)
            yield float(times_s[number]), picture
    except (decord.DECORDError, IndexError) as error:
        raise MediaError("unreadable", f"decord: {str(error).splitlines()[0][-200:]}") from error
