"""From a value per frame to the numbers of a film."""

from collections.abc import Sequence
from math import inf, isfinite, log10
from typing import Any

import numpy as np
import pandas as pd

from vqaprep.pairs.measures import Measure

_LOW_PERCENT = 5


def pooled(frames: pd.DataFrame, measures: Sequence[Measure], *, peak: int) -> list[dict[str, Any]]:
    """Return a row per measure: `mean`, `harmonic_mean`, `worst`, `worst_5_percent`, `worst_frame`.

    `mean` of PSNR is the PSNR of the mean squared error, as ffmpeg's filter sums up a film; that of all others is the
    arithmetic mean. `peak` is the largest value of a sample. `harmonic_mean` is libvmaf's, of values + 1; it is None
    for PSNR. Equal pictures have infinite PSNR; None stands for infinity, which JSON does not have.
    """
    return [_row(frames, measure, peak) for measure in measures]


def _row(frames: pd.DataFrame, measure: Measure, peak: int) -> dict[str, Any]:
    values = frames[measure.name].to_numpy(np.float64)
    sign = 1 if measure.more_is_better else -1
    worst = int(np.argmin(sign * values))
    is_psnr = measure.unit == "dB"
    mean = _psnr(frames, measure, peak) if is_psnr else float(values.mean())
    low = _LOW_PERCENT if measure.more_is_better else 100 - _LOW_PERCENT
    tail = float(np.percentile(values, low, method="lower"))  # interpolation between infinities gives NaN
    return {
        "measure": measure.name, "mean": _finite(mean),
        "harmonic_mean": None if is_psnr else float(1 / np.mean(1 / (values + 1)) - 1),
        "worst": _finite(float(values[worst])), "worst_5_percent": _finite(tail),
        "worst_frame": int(frames["frame"].iloc[worst]), "unit": measure.unit, "about": measure.about,
        "source": measure.source,
    }  # fmt: skip


def _psnr(frames: pd.DataFrame, measure: Measure, peak: int) -> float:
    mse = float(frames[measure.name.replace("psnr", "mse").removesuffix("_db")].mean())
    return 10 * log10(peak**2 / mse) if mse else inf


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
