"""Packet loss: slices of an H.264 stream never arrive and the decoder conceals the holes."""

import av
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.distortions._ffmpeg import piped
from vqaprep.media.encode import coded_size_px, encode, rgb_of


@distortion(
    strengths=(0.03, 0.05, 0.1, 0.2),
    unit="loss_rate",
    citation="loss rates of the Internet error patterns (Wenger, ITU-T Q15-I-16, 1999) used by LIVE VQA",
    is_temporal=True,
    lead_in_frames=16,
    copies=2.0,
    bytes_per_px=35,
)
def packet_loss(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Lose each slice, a row of macroblocks in a packet, with probability `strength`; decode what came.

    Key frames arrive whole, and one slice or more of any other frame, so that every frame is shown.

    Raises:
        MediaError: `timeout` or `crashed`, when the decoder did not end well.
    """
    # x264 lowers the number of slices to one per row; access unit delimiters keep damaged frames apart.
    options = {"slices": "1000", "aud": "1", "preset": "veryfast"}
    packets = encode(frames, codec="libx264", options=options, rate_fps=source.rate_fps)
    arrived = b"".join(_arrived(bytes(packet), strength, rng) for packet in packets)
    height_px, width_px = (coded_size_px(size) for size in frames.shape[1:3])
    pictures = np.frombuffer(_decode(arrived), np.uint8).reshape(-1, height_px * 3 // 2, width_px)
    # Were a frame missing all the same, the last one would stay on the screen.
    picture_indices = np.minimum(np.arange(len(frames)), len(pictures) - 1)
    return rgb_of([av.VideoFrame.from_ndarray(pictures[i], "yuv420p") for i in picture_indices], frames.shape)


def _arrived(access_unit: bytes, loss_rate: float, rng: np.random.Generator) -> bytes:
    units = [b"\x00\x00\x01" + unit for unit in access_unit.split(b"\x00\x00\x01")[1:]]
    slices = [place for place, unit in enumerate(units) if unit[3] & 31 == _SLICE]
    lost = rng.random(len(slices)) < loss_rate
    if lost.size and lost.all():
        lost[rng.integers(lost.size)] = False
    missing = {place for place, is_lost in zip(slices, lost, strict=True) if is_lost}
    return b"".join(unit for place, unit in enumerate(units) if place not in missing)


def _decode(stream: bytes) -> bytes:
    """Return the yuv420p pictures of a damaged `stream`."""
    import ffmpeg

    damaged = ffmpeg.input("pipe:", f="h264", threads=1, protocol_whitelist="pipe")
    output = damaged.output("pipe:", f="rawvideo", pix_fmt="yuv420p", fps_mode="passthrough", max_error_rate=1)
    return piped(output, stream, purpose="the decoder of a damaged stream")


_SLICE = 1  # NAL unit type of a slice outside key frames
