"""MPEG-2 compression at a fixed quantiser scale."""

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.media.encode import round_trip


@distortion(
    strengths=(1, 20, 30),
    unit="qscale",
    citation="ST-VQRL distortion set, ffmpeg -c:v mpeg2video -qscale:v 1, 20, 30",
    is_temporal=True,
    lead_in_frames=8,
    copies=1.2,
    bytes_per_px=20,
)
def mpeg2(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Re-encode with what ffmpeg makes of `-qscale:v strength`: it never quantises finer than 2."""
    quantiser = round(strength)
    # ffmpeg hands qscale to each frame, which PyAV cannot: closed bounds and no I-frame bonus come to the same.
    options = {
        "qmin": str(max(quantiser, 2)),
        "qmax": str(max(quantiser, 2)),
        "lmin": str(_LAMBDA_PER_QSCALE * quantiser),
        "lmax": str(_LAMBDA_PER_QSCALE * quantiser),
        "i_qfactor": "1",
    }
    # The quantiser is fixed, so the rate changes nothing; MPEG-2 refuses most rates but the standard ones.
    return round_trip(frames, codec="mpeg2video", options=options, rate_fps=25)


_LAMBDA_PER_QSCALE = 118  # FF_QP2LAMBDA of libavutil
