"""The measures of a pair, all by filters of ffmpeg: names, units, direction, and assumptions."""

from dataclasses import dataclass
from typing import Literal

Model = Literal[
    "vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_4k_v0.6.1", "vmaf_v1.0.16_3d0h", "vmaf_v1.0.16_5d0h",
    "vmaf_v1.0.16_3d0h_2160", "vmaf_v1.0.16_1d5h_2160", "vmaf_v1.0.16_hfr_3d0h", "vmaf_v1.0.16_hfr_5d0h",
    "vmaf_v1.0.16_hfr_3d0h_2160", "vmaf_v1.0.16_hfr_1d5h_2160",
]  # fmt: skip
"""Models that the bundled libvmaf holds. `3d0h`: seen from three heights; `2160`: on a 4K display; `hfr`: for high
frame rates; `neg`: gives no credit for enhancement."""

DEFAULT_MODELS: tuple[Model, ...] = ("vmaf_v0.6.1", "vmaf_v1.0.16_3d0h", "vmaf_v1.0.16_hfr_3d0h")


@dataclass(frozen=True)
class Measure:
    """One measure: what it says, and whether more is better."""

    name: str
    about: str
    source: str
    unit: str = ""
    more_is_better: bool = True


PLAIN = (
    Measure("psnr_db", "peak signal-to-noise ratio over all planes", "ffmpeg filter psnr, psnr_avg", "dB"),
    Measure("psnr_y_db", "peak signal-to-noise ratio of luma", "ffmpeg filter psnr, psnr_y", "dB"),
    Measure("ssim", "structural similarity over all planes, weighted by their samples", "ffmpeg filter ssim, All"),
    Measure("ssim_y", "structural similarity of luma", "ffmpeg filter ssim, Y"),
    Measure("ms_ssim", "structural similarity of luma at five scales", "libvmaf feature float_ms_ssim"),
    Measure("cambi", "banding in the distorted film; needs no reference", "libvmaf feature cambi",
            more_is_better=False),
)  # fmt: skip


def of_models(models: tuple[Model, ...]) -> tuple[Measure, ...]:
    """Return the measures of VMAF models, named as the models are."""
    return tuple(Measure(model, f"VMAF, 0 to 100, {_assumes(model)}", f"libvmaf model {model}") for model in models)


def _assumes(model: str) -> str:
    heights = "1.5" if "1d5h" in model else "5" if "5d0h" in model else "1.5" if "4k" in model else "3"
    display = "2160p" if "2160" in model or "4k" in model else "1080p"
    words = f"for a {display} display seen from {heights} heights"
    return words + (", high frame rates" if "_hfr_" in model else ", without credit for enhancement" * ("neg" in model))
