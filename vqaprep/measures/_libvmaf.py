"""Run the filter libvmaf of the bundled ffmpeg on two clips in memory."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from vqaprep.errors import MediaError, VqaprepError
from vqaprep.errors.child import run_child
from vqaprep.measures import Frames
from vqaprep.storage.durable import nameless

_LEAST_PX = 192
"""VMAF v0.6.1 halves the picture four times; its smallest picture would vanish below this side."""
LEAST_BANDING_PX = 216
"""CAMBI, a part of the models v1, refuses smaller pictures, and MS-SSIM those under 176."""
_LACKS = ("No such filter", "could not load libvmaf model")
_TIMEOUT_S = 100.0  # under the usual stall limit, which would end the whole worker and blame the video


def scored(
    reference: Frames,
    distorted: Frames,
    *,
    rate_fps: float,
    name: str,
    model: str = "vmaf_v0.6.1",
    feature: str | None = None,
) -> float:
    """Return the mean of metric `name` over frames, with a built-in `model` and an extra `feature` of libvmaf.

    Pictures whose short side is too small for the model are first enlarged bicubically, both alike.

    Raises:
        MediaError: `timeout` or `crashed`, when ffmpeg takes too long or dies; `unsupported`, when it refuses the clip.
        VqaprepError: ffmpeg lacks libvmaf or the model.
    """
    least_px = _LEAST_PX if model == "vmaf_v0.6.1" and feature is None else LEAST_BANDING_PX
    # Raw clips are large and show people, so that a killed run must not leave them.
    with nameless(Path("distorted")) as first, nameless(Path("reference")) as second, nameless(Path("vmaf")) as said:
        first.write_bytes(np.ascontiguousarray(distorted).data)
        second.write_bytes(np.ascontiguousarray(reference).data)
        height, width = reference.shape[1:3]
        how: dict[str, Any] = {"least_px": least_px, "model": model, "feature": feature}
        _run(_command((first, second), said, (width, height), rate_fps, **how), said)
        scores = json.loads(said.read_text(encoding="utf-8"))
    return float(scores["pooled_metrics"][name]["mean"])


def _command(
    clips: tuple[Path, Path], said: Path, size_px: tuple[int, int], rate_fps: float, *,
    least_px: int, model: str, feature: str | None,
) -> list[str]:  # fmt: skip
    """Return the call of ffmpeg on raw clips, the distorted one and its reference; it writes the scores to `said`."""
    import ffmpeg
    import imageio_ffmpeg

    width, height = size_px
    raw = {"protocol_whitelist": "file", "f": "rawvideo", "pix_fmt": "rgb24"}
    raw |= {"s": f"{width}x{height}", "r": f"{rate_fps:.6g}"}
    sides: list[Any] = []
    for clip in clips:
        size = enlarged_px(size_px, least_px=least_px)
        sides.append(ffmpeg.input(str(clip), **raw).filter("scale", *size, flags="bicubic"))
    same = [side.filter("format", "yuv420p") for side in sides]
    extra = {"feature": f"name={feature}"} if feature else {}
    graph = ffmpeg.filter(same, "libvmaf", model=f"version={model}", log_fmt="json", log_path=str(said), **extra)
    output = graph.output("-", f="null").global_args("-v", "error", "-nostdin")
    return [str(word) for word in output.compile(cmd=imageio_ffmpeg.get_ffmpeg_exe())]


def enlarged_px(size_px: tuple[int, int], *, least_px: int) -> tuple[int, int]:
    """Return the width and height of a picture for libvmaf: at least `least_px`, and even, as yuv420p requires."""
    scale = max(1.0, least_px / min(size_px))
    width, height = (2 * round(side * scale / 2) for side in size_px)
    return width, height


def _run(command: list[str], scores: Path) -> None:
    """Run `command`, which writes its scores to `scores`."""
    try:
        ended = run_child(command, timeout_s=_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise MediaError("timeout", f"vmaf took over {_TIMEOUT_S:g} s") from error
    if ended.returncode < 0:
        raise MediaError("crashed", f"vmaf: ffmpeg ended with {ended.returncode}")
    stderr = ended.stderr.decode(errors="replace").strip()[-500:]
    if ended.returncode and any(lack in stderr for lack in _LACKS):
        raise VqaprepError(f"this ffmpeg cannot measure VMAF; `vqaprep doctor` says what to install: {stderr}")
    is_empty = not (scores.exists() and scores.stat().st_size)
    if ended.returncode or is_empty:  # ffmpeg does not count a failure at the end as one
        raise MediaError("unsupported", f"vmaf failed: {stderr}")
