"""Distortions: one file each, found by its file name.

Another package adds its own by an entry point of the group `vqaprep.distortions`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from vqaprep.errors import InputError
from vqaprep.packages.registry import Registry

Frames = npt.NDArray[np.uint8]
Apply = Callable[[Frames, Any, np.random.Generator, "SourceInfo"], Frames]
_PARTS = Registry(__name__, group="distortions", word="distortion", called=str)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Properties of the source video that a distortion may use."""

    rate_fps: float
    bits_per_pixel: float | None  # coded bits per displayed pixel; None when unknown


@dataclass(frozen=True, slots=True)
class Distortion:
    """One way of damaging uint8 (T, H, W, 3) RGB frames.

    `apply(frames, strength, rng, source)` returns new frames of the same shape and draws from `rng` alone.
    Level n of the distortion is `strengths[n - 1]`, in `unit`. A temporal one needs contiguous source frames,
    with `lead_in_frames` more before those that are kept; any other acts on each frame by itself. Where only a
    box of the picture is kept, `margin_px` more are wanted around it: how far the border of what it is given shows.
    It takes at most `copies` times the memory of the frames it is given on top of them, and `bytes_per_px` for each
    pixel of one frame.
    """

    name: str
    apply: Apply
    strengths: tuple[Any, ...]
    unit: str
    citation: str
    is_temporal: bool
    lead_in_frames: int
    margin_px: int
    summary: str
    copies: float = 1.5
    bytes_per_px: int = 0
    orders: tuple[tuple[int, ...], ...] = ()
    """Levels from least to most damage, where that is not the order of all levels: to either side of no change."""

    @property
    def ladders(self) -> tuple[tuple[int, ...], ...]:
        """Return the levels from least to most damage; several ladders where the kind goes several ways."""
        return self.orders or (tuple(range(1, 1 + len(self.strengths))),)


def distortion(
    *,
    strengths: tuple[Any, ...],
    unit: str,
    citation: str,
    is_temporal: bool = False,
    lead_in_frames: int = 0,
    margin_px: int = 16,
    copies: float = 1.5,
    bytes_per_px: int = 0,
    orders: tuple[tuple[int, ...], ...] = (),
) -> Callable[[Apply], Distortion]:
    """Make the function it decorates a `Distortion`, named and summarised by the function itself."""

    def wrap(function: Apply) -> Distortion:
        summary = (function.__doc__ or "").partition("\n")[0]
        return Distortion(
            name=function.__name__,
            apply=function,
            strengths=strengths,
            unit=unit,
            citation=citation,
            is_temporal=is_temporal,
            lead_in_frames=lead_in_frames,
            margin_px=margin_px,
            summary=summary,
            copies=copies,
            bytes_per_px=bytes_per_px,
            orders=orders,
        )

    return wrap


def names() -> tuple[str, ...]:
    """Return the name of every distortion, in alphabetical order."""
    return _PARTS.names()


def get(name: str) -> Distortion:
    """Return the distortion called `name`, or the chain "first+second", whose strengths are tuples.

    Raises:
        InputError: no file of this folder has that name.
    """
    parts = [_load(part) for part in name.split("+")]
    return parts[0] if len(parts) == 1 else _chain(name, parts)


def apply(frames: Frames, name: str, level: int, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Return `frames` (uint8, THWC, RGB) with distortion `name` at 1-based `level`; never mutate them.

    Name "none", level 0 or zero frames return the same array.

    Raises:
        InputError: unknown name, or a level that the distortion does not have.
    """
    if name == "none":
        return frames
    chosen = get(name)
    if not 0 <= level <= len(chosen.strengths):
        raise InputError(f"level {level} of {name!r} does not exist; levels are 0 to {len(chosen.strengths)}.")
    if level == 0 or len(frames) == 0:
        return frames
    return chosen.apply(frames, chosen.strengths[level - 1], rng, source)


def _load(name: str) -> Distortion:
    return _PARTS.load(name, Distortion, "decorate its function with @distortion(...)")


def _chain(name: str, parts: list[Distortion]) -> Distortion:
    def in_order(frames: Frames, strengths: Any, rng: np.random.Generator, source: SourceInfo) -> Frames:
        steps = zip(parts, strengths, strict=True)
        return reduce(lambda seen, step: step[0].apply(seen, step[1], rng, source), steps, frames)

    return Distortion(
        name=name,
        apply=in_order,
        strengths=tuple(zip(*(part.strengths for part in parts), strict=False)),
        unit=" + ".join(part.unit for part in parts),
        citation="; ".join(part.citation for part in parts),
        is_temporal=any(part.is_temporal for part in parts),
        lead_in_frames=sum(part.lead_in_frames for part in parts),
        margin_px=sum(part.margin_px for part in parts),
        summary=" Then ".join(part.summary for part in parts),
        copies=max(part.copies for part in parts) + 1,  # what the part before it made
        bytes_per_px=max(part.bytes_per_px for part in parts),
    )


# `vqa5`: a name's place is its label in source 001. `ssl12`: types by three levels are ids 1 to 12 of source 002.
# `kadid`: the 25 kinds of KADID-10k in its order; `brightness` is two of them, brighten and darken.
PRESETS: dict[str, tuple[str, ...]] = {
    "vqa5": ("gaussian_blur", "contrast", "h264", "motion_blur", "gaussian_noise"),
    "ssl12": ("mpeg2", "h264_crf", "pyramid", "frame_interpolation"),
    "kadid": (
        "gaussian_blur",
        "lens_blur",
        "motion_blur",
        "color_diffusion",
        "color_shift",
        "color_quantization",
        "color_desaturation",
        "color_saturation",
        "jpeg2000",
        "jpeg",
        "white_noise",
        "ycbcr_noise",
        "impulse_noise",
        "multiplicative_noise",
        "denoise",
        "brightness",
        "mean_shift",
        "jitter",
        "patch_shift",
        "pixelate",
        "quantization",
        "color_block",
        "sharpen",
        "contrast_linear",
    ),
    "all": tuple(sorted(_PARTS.own_names())),
}
