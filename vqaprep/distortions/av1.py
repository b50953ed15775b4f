"""AV1 compression at constant quality, as video on the web has it."""

import os

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.media.encode import round_trip


@distortion(
    strengths=(36, 48, 58, 63),
    unit="crf",
    citation="AV1 at constant quality as in AVT-VQDB-UHD-1-HDR and later sets; the levels are ours",
    is_temporal=True,
    lead_in_frames=8,
    copies=2.0,
    bytes_per_px=200,
)
def av1(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Re-encode with SVT-AV1 at CRF `strength` (0 to 63, higher is worse), preset 8."""
    os.environ.setdefault("SVT_LOG", "1")  # else the library writes its settings to the terminal for each clip
    # One logical processor: with more the encoder splits its work, and bytes may depend on how.
    options = {"crf": str(round(strength)), "preset": "8", "svtav1-params": "lp=1"}
    return round_trip(frames, codec="libsvtav1", options=options, rate_fps=min(source.rate_fps, _MOST_FPS))


_MOST_FPS = 240.0  # the encoder refuses higher rates, and at constant quality the rate changes nothing
