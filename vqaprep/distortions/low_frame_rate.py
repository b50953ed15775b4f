"""Low frame rate: only every n-th frame is shown, each for longer, as on a slow link."""

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.distortions._kept import kept_frames


@distortion(
    strengths=(2, 3, 5, 8),
    unit="rate_divisor",
    citation="frame rate reduction as in BVI-HFR (Mackin et al., 2019); the levels are ours",
    is_temporal=True,
    lead_in_frames=8,
)
def low_frame_rate(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Show one frame in `strength` and hold it until the next."""
    first, _, step = kept_frames(len(frames), round(strength))
    shown = first + (np.arange(len(frames)) - first) // step * step
    return frames[np.maximum(shown, 0)]
