"""HEVC compression at constant quality."""

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.media.encode import round_trip


@distortion(
    strengths=(28, 36, 44),
    unit="crf",
    citation="SelfVQA (SRL-VQA) has HEVC by bit rate; the CRF are ours, those of `h264` without a bit rate",
    is_temporal=True,
    lead_in_frames=8,
    copies=2.0,
    bytes_per_px=140,
)
def hevc(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Re-encode with x265 at CRF `strength` (0 to 51, higher is worse), preset medium."""
    # In pictures one block wide or high x265 reads memory that others left. The smallest are coded at 64 px.
    same_bytes = "log-level=none:pools=none:frame-threads=1:ctu=32"
    options = {"crf": str(strength), "x265-params": same_bytes}
    return round_trip(frames, codec="libx265", options=options, rate_fps=source.rate_fps)
