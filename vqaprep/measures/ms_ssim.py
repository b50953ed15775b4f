"""Structural similarity at several scales."""

from vqaprep.measures import Frames, measure
from vqaprep.measures._libvmaf import scored


@measure(
    title="MS-SSIM",
    citation="Wang, Simoncelli, Bovik, Multiscale structural similarity, Asilomar 2003; libvmaf float_ms_ssim",
)
def ms_ssim(reference: Frames, distorted: Frames, rate_fps: float) -> float:
    """Mean structural similarity of luma at five scales."""
    return scored(reference, distorted, rate_fps=rate_fps, name="float_ms_ssim", feature="float_ms_ssim")
