"""The part of a look that needs no pictures: times and gaps, from the packets of a file."""

import numpy as np

from vqaprep.media.clock import Clock
from vqaprep.media.container import open_video
from vqaprep.media.look import Look
from vqaprep.media.packets import read_packets
from vqaprep.media.timeline import Timeline, packet_times_s
from vqaprep.rows import Video


def packet_look(video: Video) -> Look | None:
    """Return times and gaps of `video` without decoding it, with no motion and no cut; None where packets cannot say.

    That is where packets may hold no frame or two, and where the rate varies, since no time then shows that a frame
    is another one than its packet said.

    Raises:
        MediaError: the file cannot be opened, or holds no packet of the stream.
    """
    if video.is_vfr or video.is_interlaced or video.num_damaged_frames:
        return None
    with open_video(video.uri, video.stream_index) as (container, stream):
        packets = read_packets(container, stream)
        times_s = packet_times_s(packets.stamps, stream.time_base, Timeline(stream), first_s=video.start_s)
    if packets.is_doubtful or len(times_s) != video.num_frames:
        return None
    clock = Clock.of(video)
    breaks = [clock.see(t_s)[1] for t_s in times_s.tolist()]
    return Look(times_s, np.zeros(len(times_s), np.float32), np.array(breaks, np.uint8))
