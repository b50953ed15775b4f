"""Read the packets of a file without decoding them: when frames are shown, and whether the file holds all of them."""

from dataclasses import dataclass, field
from typing import Any

from vqaprep.errors import MediaError
from vqaprep.errors.heartbeat import heartbeat
from vqaprep.media.h264 import may_hold_fields
from vqaprep.media.timeline import Stamps

_SHOWS = 0x10  # bit of the first byte of a VP8 frame (RFC 6386, 9.1); frames without it are only predicted from
_PARSED = ("mpegts", "mpeg")  # formats that give no durations, so that those of packets are the parser's
_TINY_BYTES = 12  # an MPEG-4 packet of so few bytes may say "not coded", for which the decoder gives no frame


@dataclass(slots=True)
class Packets:
    """What the packets of one stream say.

    Attributes:
        stamps: time stamps of all that may hold a frame to be shown, in the order of the file.
        num_packets: all of the stream, with empty ones.
        end_s: end of the last packet of any stream, sound and subtitles included.
        is_doubtful: whether frames must be decoded to count them: some are damaged, or may be none or half of one, or
            the stream has no times to say which of them come before the first that can be shown.
        num_encrypted: those that only a key could open.
    """

    stamps: list[Stamps] = field(default_factory=list)
    num_packets: int = 0
    end_s: float = 0.0
    is_doubtful: bool = False
    num_encrypted: int = 0


def read_packets(container: Any, stream: Any) -> Packets:
    """Read all packets.

    Raises:
        MediaError: `no_video`, the stream has none; `unsupported`, most are encrypted.
    """
    packets, codec = Packets(is_doubtful=stream.start_time is None), stream.codec_context.name
    durations = set[int]()
    for packet in container.demux():
        heartbeat()
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is not None:
            packets.end_s = max(packets.end_s, float((stamp + (packet.duration or 0)) * packet.time_base))
        if packet.stream_index != stream.index or (packet.dts is None and packet.size == 0):
            continue  # of another stream, or the demuxer's flush packet
        packets.num_packets += 1
        if packet.size == 0:
            continue  # AVI's way to say that the frame before is shown again; the decoder gives none for it
        is_hidden = codec in ("vp8", "libvpx") and not memoryview(packet)[0] & _SHOWS
        durations.add(packet.duration or 0)
        packets.num_encrypted += packet.has_sidedata("encryption_info")
        packets.is_doubtful |= packet.is_corrupt or (codec == "mpeg4" and packet.size <= _TINY_BYTES)
        if not packet.is_discard and not is_hidden:
            packets.stamps.append((packet.pts, packet.dts))
    if not packets.stamps:
        raise MediaError("no_video", "no video packet could be read")
    if 2 * packets.num_encrypted > len(packets.stamps):
        raise MediaError("unsupported", "the video is encrypted (DRM); give a file that plays without a key")
    packets.is_doubtful |= packets.num_encrypted > 0
    if container.format.name in _PARSED and may_hold_fields(stream.codec_context):
        packets.is_doubtful |= any(2 * duration in durations for duration in durations - {0})
    return packets


def check_complete(container: Any, stream: Any, packets: Packets) -> None:
    """Drop a file that holds less than its header states. AVI headers count frames that were never written.

    Raises:
        MediaError: `truncated`.
    """
    is_counted = stream.frames and container.format.name != "avi"
    num_said = stream.frames
    if container.format.name.startswith("mov"):
        # An edit list may leave frames out, which the demuxer then never gives; its index holds the others alone.
        num_said = min(num_said, len(stream.index_entries))
    if is_counted and packets.num_packets < num_said - max(2, _LOOSE_COUNT * num_said):
        raise MediaError("truncated", f"the header says {num_said} frames, the file holds {packets.num_packets}")
    if container.duration and not stream.frames and not container.format.name.startswith("mov"):
        # It is the duration of the longest stream: sound may go on after the picture. MP4 in fragments says that of
        # the whole presentation, of which a saved stream may hold a part; `ending` sees a cut fragment.
        claimed_s = container.duration / 1e6
        if packets.end_s < 0.9 * claimed_s - 1.0:
            raise MediaError("truncated", f"the header says {claimed_s:.1f} s, the file holds {packets.end_s:.1f} s")


_LOOSE_COUNT = 0.02
