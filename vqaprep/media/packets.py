"""Read the packets of a file without decoding them: when frames are shown, and whether the file holds all of them."""

from dataclasses import dataclass, field
from typing import Any

from vqaprep.errors import MediaError
from vqaprep.heartbeat import heartbeat
from vqaprep.media.timeline import Stamps

_SHOWS = 0x10  # bit of the first byte of a VP8 frame (RFC 6386, 9.1); frames without it are only predicted from
_TINY_BYTES = 12  # an MPEG-4 packet of so few bytes may say "not coded", for which the decoder gives no frame


@dataclass(slots=True)
class Packets:
    """What the packets of one stream say.

    Attributes:
        stamps: time stamps of all that may hold a frame to be shown, in the order of the file.
        num_packets: all of the stream, with empty ones.
        end_s: end of the last packet of any stream, sound and subtitles included.
        is_doubtful: whether frames must be decoded to count them: some are damaged, or may be none.
    """

    stamps: list[Stamps] = field(default_factory=list)
    num_packets: int = 0
    end_s: float = 0.0
    is_doubtful: bool = False


def read_packets(container: Any, stream: Any) -> Packets:
    """Read all packets.

    Raises:
        MediaError: `no_video`, the stream has none.
    """
    packets, codec = Packets(), stream.codec_context.name
    for packet in container.demux():
        heartbeat()
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is not None:
            packets.end_s = max(packets.end_s, float((stamp + (packet.duration or 0)) * packet.time_base))
        if packet.stream_index != stream.index or (packet.dts is None and packet.size == 0):
            continue  # of another stream, or the demuxer's farewell
        packets.num_packets += 1
        if packet.size == 0:
            continue  # AVI's way to say that the frame before is shown again; the decoder gives none for it
        is_hidden = codec in ("vp8", "libvpx") and not memoryview(packet)[0] & _SHOWS
        packets.is_doubtful |= packet.is_corrupt or (codec == "mpeg4" and packet.size <= _TINY_BYTES)
        if not packet.is_discard and not is_hidden:
            packets.stamps.append((packet.pts, packet.dts))
    if not packets.stamps:
        raise MediaError("no_video", "no video packet could be read")
    return packets


def check_complete(container: Any, stream: Any, packets: Packets) -> None:
    """Refuse a file that holds less than its header says. AVI headers count frames that were never written.

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
    if container.duration and not stream.frames:
        # It is the duration of the longest stream: sound may go on after the picture.
        claimed_s = container.duration / 1e6
        if packets.end_s < 0.9 * claimed_s - 1.0:
            raise MediaError("truncated", f"the header says {claimed_s:.1f} s, the file holds {packets.end_s:.1f} s")


_LOOSE_COUNT = 0.02
