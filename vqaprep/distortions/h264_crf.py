"""H.264 compression at constant quality."""

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.media.encode import round_trip


@distortion(
    strengths=(5, 35, 50),
    unit="crf",
    citation="ST-VQRL distortion set, ffmpeg -c:v libx264 -crf 5, 35, 50",
    is_temporal=True,
    lead_in_frames=8,
    copies=1.5,
    bytes_per_px=50,
)
def h264_crf(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Re-encode with x264 at CRF `strength` (0 to 51, higher is worse), preset medium."""
    return round_trip(frames, codec="libx264", options={"crf": str(strength)}, rate_fps=source.rate_fps)
