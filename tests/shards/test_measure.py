"""Full-reference measures against independent implementations."""

from importlib import import_module
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vqaprep.errors import MediaError, VqaprepError
from vqaprep.shards import measure
from vqaprep.shards.measure import psnr_db, ssim, vmaf

SKIMAGE: Any = import_module("skimage.metrics")
RNG = np.random.default_rng(0)
SMOOTH = np.repeat(np.repeat(RNG.integers(40, 200, (3, 12, 15, 3), np.uint8), 5, axis=1), 5, axis=2)


def noisy(amount: int) -> np.ndarray:
    return np.clip(SMOOTH + RNG.integers(-amount, amount + 1, SMOOTH.shape), 0, 255).astype(np.uint8)


def test_psnr_is_that_of_skimage() -> None:
    other = noisy(20)
    assert psnr_db(SMOOTH, other) == pytest.approx(SKIMAGE.peak_signal_noise_ratio(SMOOTH, other))


def test_equal_clips_have_no_noise() -> None:
    assert psnr_db(SMOOTH, SMOOTH.copy()) == inf
    assert ssim(SMOOTH, SMOOTH.copy()) == pytest.approx(1.0)


def test_ssim_is_that_of_skimage() -> None:
    other = noisy(20)
    expected = np.mean(
        [
            SKIMAGE.structural_similarity(
                measure._luma(a), measure._luma(b), data_range=255, gaussian_weights=True, sigma=1.5,
                use_sample_covariance=False,
            )
            for a, b in zip(SMOOTH, other, strict=True)
        ]
    )  # fmt: skip
    assert ssim(SMOOTH, other) == pytest.approx(expected, abs=1e-6)


def test_vmaf_falls_with_noise() -> None:
    scores = [vmaf(SMOOTH, other, rate_fps=25) for other in (SMOOTH, noisy(10), noisy(60))]
    assert scores[0] > scores[1] > scores[2]
    assert scores[0] > 90


def test_vmaf_says_why_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: "/bin/false")
    with pytest.raises(VqaprepError, match="vmaf failed"):
        vmaf(SMOOTH, SMOOTH, rate_fps=25)


def test_vmaf_that_dies_says_nothing_of_other_clips(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nkill -SEGV $$\n")
    program.chmod(0o700)
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: str(program))
    with pytest.raises(MediaError, match="ended with -11"):
        vmaf(SMOOTH, SMOOTH, rate_fps=25)
