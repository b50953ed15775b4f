"""H.264 compression to a share of the source's own bit rate."""

from math import log2
from typing import Any

import numpy as np

from vqaprep.distortions import Frames, Source, distortion
from vqaprep.media.encode import decode, encode, round_trip


@distortion(
    strengths=(2 / 3, 1 / 2, 1 / 4),
    unit="bit_rate_ratio",
    citation="SelfVQA (SRL-VQA) distortion set; CRF 28, 36, 44 where the source's bit rate is unknown is ours",
    is_temporal=True,
    lead_in_frames=8,
)
def h264(frames: Frames, strength: float, rng: np.random.Generator, source: Source) -> Frames:
    """Re-encode with x264 at `strength` times the source's bit rate, or at a fixed CRF where that is unknown.

    The rate is the one a long video of such frames would have: the key frame's bits are spread over the
    usual distance between key frames. A single frame tells no such rate and is coded at the fixed CRF.
    """
    if source.bits_per_pixel is None or len(frames) == 1:
        crf = np.interp(strength, (1 / 4, 1 / 2, 2 / 3), (44, 36, 28))
        return round_trip(frames, codec="libx264", options=_at(crf), rate_fps=source.rate_fps)
    bits_per_frame = strength * source.bits_per_pixel * frames.shape[1] * frames.shape[2]
    packets = _spending(bits_per_frame, frames, source.rate_fps)
    return decode(packets, codec="libx264", shape=frames.shape)


def _spending(bits_per_frame: float, frames: Frames, rate_fps: float) -> list[Any]:
    """Return the packets of `frames` at the CRF that spends `bits_per_frame`, found to one step of CRF.

    x264's own rate control needs seconds to settle and would pay the key frame out of one clip.
    """
    crf, finest, coarsest = _FIRST_CRF, 1.0, 51.0
    for _ in range(_MOST_TRIALS):
        packets = encode(frames, codec="libx264", options=_at(crf), rate_fps=rate_fps)
        # Six steps of CRF double the quantiser step, which halves the bits or nearly so.
        steps = 6 * log2(_bits_per_frame(packets) / bits_per_frame)
        better = min(max(crf + steps, 1.0), 51.0)
        if abs(better - crf) < 1:
            break
        finest, coarsest = (crf, coarsest) if steps > 0 else (finest, crf)
        crf = better if finest <= better <= coarsest else (finest + coarsest) / 2
    return packets


def _bits_per_frame(packets: list[Any]) -> float:
    key_bytes = sum(int(packet.size) for packet in packets if packet.is_keyframe)
    other_bytes = [int(packet.size) for packet in packets if not packet.is_keyframe]
    return 8 * (key_bytes / _KEY_DISTANCE_FRAMES + sum(other_bytes) / len(other_bytes))


def _at(crf: float) -> dict[str, str]:
    return {"crf": f"{crf:.2f}"}


_FIRST_CRF = 23.0  # x264's default
_KEY_DISTANCE_FRAMES = 250  # x264's default keyint
_MOST_TRIALS = 6
