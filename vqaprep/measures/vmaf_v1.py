"""VMAF v1 of 2026."""

from vqaprep.measures import Frames, measure
from vqaprep.measures._libvmaf import scored

_MODEL = "vmaf_v1.0.16_3d0h"


@measure(title="VMAF v1", citation="libvmaf, model vmaf_v1.0.16", model=_MODEL, digits=0)
def vmaf_v1(reference: Frames, distorted: Frames, rate_fps: float) -> float:
    """Mean VMAF v1, 0 to 100, of a 1080p display seen from three heights."""
    return scored(reference, distorted, rate_fps=rate_fps, name="vmaf", model=_MODEL)
