"""Full-reference measures of a distorted clip: PSNR, SSIM, VMAF. Both clips are uint8 (T, H, W, 3) RGB."""

import json
import os
import signal
import subprocess
import tempfile
from math import inf, log10
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.errors import MediaError, VqaprepError

Frames = npt.NDArray[np.uint8]

_VMAF_MIN_PX = 192  # VMAF halves the picture four times; its smallest picture would vanish
_VMAF_TIMEOUT_S = 100.0  # under the usual stall limit, which would take the whole process


def psnr_db(reference: Frames, distorted: Frames) -> float:
    """Return the peak signal-to-noise ratio over all frames and channels; infinite for equal clips."""
    squares = 0.0
    for a, b in zip(reference, distorted, strict=True):
        squares += float(cv2.norm(a, b, cv2.NORM_L2SQR))
    return 10 * log10(255**2 * reference.size / squares) if squares else inf


def ssim(reference: Frames, distorted: Frames) -> float:
    """Return the mean structural similarity of luma: Gaussian window, sigma 1.5 cut at 11 x 11, borders left out.

    Wang et al., IEEE TIP 2004, equation 13, with population variances and K1 = 0.01, K2 = 0.03.
    """
    return float(np.mean([_ssim(_luma(a), _luma(b)) for a, b in zip(reference, distorted, strict=True)]))


def vmaf(reference: Frames, distorted: Frames, *, rate_fps: float) -> float:
    """Return the mean VMAF (0-100, built-in model v0.6.1) by the bundled ffmpeg.

    Pictures whose short side is under 192 px are first enlarged bicubically, both alike; the model
    expects 1080p at three heights' distance, so scores of small clips order distortions but are no MOS.

    Raises:
        MediaError: `timeout` or `crashed`, when ffmpeg takes too long or dies.
        VqaprepError: ffmpeg refuses: it lacks libvmaf, perhaps.
    """
    import imageio_ffmpeg

    height, width = reference.shape[1:3]
    scale = max(1.0, _VMAF_MIN_PX / min(height, width))
    size = f"{2 * round(width * scale / 2)}:{2 * round(height * scale / 2)}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "reference.rgb").write_bytes(reference.tobytes())
        (folder / "distorted.rgb").write_bytes(distorted.tobytes())
        raw = [
            "-protocol_whitelist",
            "file",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-s",
            f"{width}x{height}",
            "-r",
            f"{rate_fps:.6g}",
        ]
        same = f"scale={size}:flags=bicubic,format=yuv420p"
        graph = f"[0:v]{same}[d];[1:v]{same}[r];[d][r]libvmaf=log_fmt=json:log_path=vmaf.json"
        _run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *raw, "-i", "distorted.rgb",
             *raw, "-i", "reference.rgb", "-lavfi", graph, "-f", "null", "-"],
            folder,
        )  # fmt: skip
        scores = json.loads((folder / "vmaf.json").read_text(encoding="utf-8"))
    return float(scores["pooled_metrics"]["vmaf"]["mean"])


def _run(command: list[str], folder: Path) -> None:
    """Run `command` in a process group that is killed whole when it takes too long."""
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, start_new_session=True)
    try:
        _, words = process.communicate(timeout=_VMAF_TIMEOUT_S)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise MediaError("timeout", f"vmaf took over {_VMAF_TIMEOUT_S:g} s") from error
        raise
    if process.returncode < 0:
        raise MediaError("crashed", f"vmaf: ffmpeg ended with {process.returncode}")
    if process.returncode:
        raise VqaprepError(f"vmaf failed: {words.decode(errors='replace').strip()[-500:]}")


def _luma(frame: Frames) -> npt.NDArray[np.float64]:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.float64)


def _ssim(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    def blur(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5)[5:-5, 5:-5])

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    covariance = blur(a * b) - mean_a * mean_b
    top = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    bottom = (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    return float((top / bottom).mean())
