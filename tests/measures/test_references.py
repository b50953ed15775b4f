"""Measures of damage against independent implementations."""

import os
import signal
import subprocess
import sys
from importlib import import_module
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vqaprep import measures
from vqaprep.errors import MediaError, VqaprepError
from vqaprep.measures.psnr import psnr
from vqaprep.measures.ssim import luma, ssim
from vqaprep.measures.vmaf import vmaf

SKIMAGE: Any = import_module("skimage.metrics")
RNG = np.random.default_rng(0)
SMOOTH = np.repeat(np.repeat(RNG.integers(40, 200, (3, 12, 15, 3), np.uint8), 5, axis=1), 5, axis=2)


def noisy(amount: int) -> np.ndarray:
    return np.clip(SMOOTH + RNG.integers(-amount, amount + 1, SMOOTH.shape), 0, 255).astype(np.uint8)


def test_psnr_is_that_of_skimage() -> None:
    other = noisy(20)
    assert psnr.apply(SMOOTH, other, 25.0) == pytest.approx(SKIMAGE.peak_signal_noise_ratio(SMOOTH, other))


def test_equal_clips_have_no_noise() -> None:
    assert psnr.apply(SMOOTH, SMOOTH.copy(), 25.0) == inf
    assert ssim.apply(SMOOTH, SMOOTH.copy(), 25.0) == pytest.approx(1.0)


def test_ssim_is_that_of_skimage() -> None:
    other = noisy(20)
    expected = np.mean(
        [
            SKIMAGE.structural_similarity(
                luma(a), luma(b), data_range=255, gaussian_weights=True, sigma=1.5,
                use_sample_covariance=False,
            )
            for a, b in zip(SMOOTH, other, strict=True)
        ]
    )  # fmt: skip
    assert ssim.apply(SMOOTH, other, 25.0) == pytest.approx(expected, abs=1e-6)


def test_vmaf_falls_with_noise() -> None:
    scores = [vmaf.apply(SMOOTH, other, 25.0) for other in (SMOOTH, noisy(10), noisy(60))]
    assert scores[0] > scores[1] > scores[2]
    assert scores[0] > 90


def test_vmaf_says_why_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: "/bin/false")
    with pytest.raises(MediaError, match="unsupported: vmaf failed"):
        vmaf.apply(SMOOTH, SMOOTH, 25.0)


def test_a_program_without_vmaf_is_no_fault_of_the_clip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho \"[AVFilterGraph] No such filter: 'libvmaf'\" >&2\nexit 8\n")
    program.chmod(0o700)
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: str(program))
    with pytest.raises(VqaprepError, match="cannot measure VMAF; `vqaprep doctor`"):
        vmaf.apply(SMOOTH, SMOOTH, 25.0)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (5, 40), (40, 5), (10, 10), (10, 11), (11, 11), (12, 8)])
def test_ssim_of_a_small_picture_is_a_number(size: tuple[int, int]) -> None:
    one = RNG.integers(0, 256, (2, *size, 3), np.uint8)
    assert ssim.apply(one, one.copy(), 25.0) == pytest.approx(1.0)
    assert -1 <= ssim.apply(one, 255 - one, 25.0) < 1


def test_vmaf_that_dies_says_nothing_of_other_clips(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nkill -SEGV $$\n")
    program.chmod(0o700)
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: str(program))
    with pytest.raises(MediaError, match="ended with -11"):
        vmaf.apply(SMOOTH, SMOOTH, 25.0)


def test_freezes_are_counted_where_the_reference_moves() -> None:
    moving = RNG.integers(0, 256, (12, 8, 8, 3), np.uint8)
    frozen = moving.copy()
    frozen[3:6], frozen[9] = frozen[2], frozen[8]
    values = [measures.get(f"freeze_{name}").apply(moving, frozen, 25.0) for name in ("count", "total", "longest")]
    assert values == [2, 4 / 25, 3 / 25]
    still = np.repeat(moving[:1], 12, axis=0)
    assert measures.get("freeze_count").apply(still, still, 25.0) == 0, "a reference that does not move has no freeze"


def test_a_killed_measure_leaves_no_clip_in_the_folder_of_temporary_files(tmp_path: Path) -> None:
    """A worker that is killed inside VMAF cannot clear up: what it wrote must have no name."""
    script = (
        "import os, signal\n"
        "import numpy as np\n"
        "from vqaprep.measures import _libvmaf\n"
        "_libvmaf._run = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "frames = np.zeros((4, 64, 64, 3), np.uint8)\n"
        "_libvmaf.scored(frames, frames, rate_fps=25, name='vmaf')\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], env=os.environ | {"TMPDIR": str(tmp_path)}, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []
