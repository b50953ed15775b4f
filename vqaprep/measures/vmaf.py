"""VMAF as papers report it: model v0.6.1."""

from vqaprep.measures import Frames, measure
from vqaprep.measures._libvmaf import scored

_MODEL = "vmaf_v0.6.1"


@measure(
    title="VMAF",
    citation="Li et al., Toward a practical perceptual video quality metric, Netflix 2016; libvmaf",
    model=_MODEL,
    digits=0,
)
def vmaf(reference: Frames, distorted: Frames, rate_fps: float) -> float:
    """Mean VMAF, 0 to 100, of a 1080p display seen from three heights.

    Small pictures are enlarged first, so scores of small clips order distortions, but are no opinion scores.
    """
    return scored(reference, distorted, rate_fps=rate_fps, name="vmaf", model=_MODEL)
