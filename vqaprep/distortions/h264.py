"""H.264 compression to a share of the source's own bit rate."""

from collections.abc import Callable, Sequence
from functools import partial
from math import log2
from typing import Any

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.media.encode import decode, encode_yuv, halved, round_trip, yuv_of


@distortion(
    strengths=(2 / 3, 1 / 2, 1 / 4),
    unit="bit_rate_ratio",
    citation="SelfVQA (SRL-VQA) distortion set; CRF 28, 36, 44 where the source's bit rate is unknown is ours",
    is_temporal=True,
    lead_in_frames=8,
    copies=2.0,
    bytes_per_px=80,
)
def h264(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Re-encode with x264 at `strength` times the source's bit rate, or at a fixed CRF where that is unknown.

    The rate is the one a long video of such frames would have: the key frame's bits are spread over the
    usual distance between key frames. A single frame tells no such rate and is coded at the fixed CRF.
    """
    if source.bits_per_pixel is None or len(frames) == 1:
        crf = np.interp(strength, (1 / 4, 1 / 2, 2 / 3), (44, 36, 28))
        return round_trip(frames, codec="libx264", options=_at(crf), rate_fps=source.rate_fps)
    bits_per_frame = strength * source.bits_per_pixel * frames.shape[1] * frames.shape[2]
    packets = _spending(bits_per_frame, frames, source.rate_fps)
    return decode(packets, codec="libx264", shape=frames.shape)


def _spending(bits_per_frame: float, frames: Frames, rate_fps: float) -> list[Any]:
    """Return the packets of `frames` at a CRF that spends `bits_per_frame` to one eighth, where any does.

    x264's own rate control needs seconds to settle and would pay the key frame out of one clip. Two quick
    trials at half size, a tenth of the work each, lead the search close to its end. They cannot mislead
    it: only pictures coded whole are measured against the target, and returned.
    """
    pictures, wanted = list(yuv_of(frames)), log2(bits_per_frame)
    crf, slope = _FIRST_CRF, _STEPS_PER_HALVING
    if min(pictures[0].width, pictures[0].height) >= _WORTH_HALVING_PX:
        code = partial(_coded, halved(pictures), rate_fps, preset="veryfast")
        crf, slope, _ = _search(code, wanted - _HALF_SIZE_LOG2, crf, slope, within_log2=1 / 3, most_trials=2)
    code = partial(_coded, pictures, rate_fps)
    return _search(code, wanted, crf, slope, within_log2=1 / 6, most_trials=6)[-1]


def _search(
    code: Callable[[float], list[Any]],
    wanted_log2: float,
    crf: float,
    slope: float,
    *,
    within_log2: float,
    most_trials: int,
) -> tuple[float, float, list[Any]]:
    """Go from `crf` to where `code` spends `wanted_log2`; return (best CRF, slope there, packets of the last trial).

    The logarithm of the bits falls nearly straight, so each trial goes where the line through the last two
    leads, or halfway when that is past one that was too coarse or too fine. `slope` is in steps of CRF an octave.
    """
    packets, tried = list[Any](), list[tuple[float, float]]()
    too_fine, too_coarse = _FINEST_CRF, _COARSEST_CRF
    for _ in range(most_trials):
        packets = code(crf)
        over = log2(_bits_per_frame(packets)) - wanted_log2
        too_fine, too_coarse = (crf, too_coarse) if over > 0 else (too_fine, crf)
        tried.append((crf, over))
        slope = _slope(tried[-2:]) or slope
        better = min(max(crf + slope * over, _FINEST_CRF), _COARSEST_CRF)
        if abs(over) < within_log2 or too_fine == too_coarse:
            break
        crf = better if too_fine <= better <= too_coarse else (too_fine + too_coarse) / 2
    return better, slope, packets


def _slope(tried: Sequence[tuple[float, float]]) -> float | None:
    """Return the steps of CRF that halve the bits between two trials, where the coarser one spent less."""
    (crf, over), (last_crf, last_over) = tried[0], tried[-1]
    return (last_crf - crf) / (over - last_over) if (last_crf - crf) * (over - last_over) > 0 else None


def _coded(pictures: list[Any], rate_fps: float, crf: float, **options: str) -> list[Any]:
    return encode_yuv(pictures, codec="libx264", options=_at(crf) | options, rate_fps=rate_fps)


def _bits_per_frame(packets: list[Any]) -> float:
    key_bytes = sum(int(packet.size) for packet in packets if packet.is_keyframe)
    other_bytes = [int(packet.size) for packet in packets if not packet.is_keyframe]
    return 8 * (key_bytes / _KEY_DISTANCE_FRAMES + sum(other_bytes) / len(other_bytes))


def _at(crf: float) -> dict[str, str]:
    return {"crf": f"{crf:.2f}"}


_FIRST_CRF = 28.0  # near where shares of a usual source end
_FINEST_CRF, _COARSEST_CRF = 1.0, 51.0
_STEPS_PER_HALVING = 6.0  # of CRF: they double the quantiser step
_HALF_SIZE_LOG2 = 1.8  # bits of a clip over those of its half-size copy at the same CRF
_WORTH_HALVING_PX = 128  # half of it is the smallest coded size
_KEY_DISTANCE_FRAMES = 250  # x264's default keyint
