"""VP9 compression at constant quality, as video on the web has it."""

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.media.encode import round_trip


@distortion(
    strengths=(36, 48, 58, 63),
    unit="crf",
    citation="VP9 at constant quality as in YouTube UGC; the levels are ours",
    is_temporal=True,
    lead_in_frames=8,
    copies=2.0,
    bytes_per_px=120,
)
def vp9(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Re-encode with libvpx at CRF `strength` (0 to 63, higher is worse), speed 4."""
    # Frames shown late (alt-ref) need the whole clip in the encoder, which `lag-in-frames` bounds.
    options = {"crf": str(round(strength)), "b": "0", "deadline": "good", "cpu-used": "4", "lag-in-frames": "16"}
    return round_trip(frames, codec="libvpx-vp9", options=options, rate_fps=source.rate_fps)
