"""Frame freeze: frames are lost and the last one stays on the screen."""

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion

_CLIP = 16


@distortion(
    strengths=(0.1, 0.3, 0.6),
    unit="drop_probability",
    citation="frame freezes as in the LIVE Mobile VQA database (Moorthy et al., 2012); the levels are ours",
    is_temporal=True,
    lead_in_frames=8,
    copies=1.1,
)
def frame_freeze(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Lose each frame but the first with probability `strength`, and show the last one that came.

    Where none of the last 16 would be lost, the last one is: a clip that nothing happened to must not be called frozen.
    """
    came = rng.random(len(frames)) >= strength
    came[-1:] &= not came[-_CLIP:].all()
    came[:1] = True
    return frames[np.maximum.accumulate(np.where(came, np.arange(len(frames)), 0))]
