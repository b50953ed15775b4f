"""Run the filter libvmaf of the bundled ffmpeg on two clips in memory."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from vqaprep.errors import MediaError, VqaprepError
from vqaprep.errors.child import run_child
from vqaprep.measures import Frames

_LEAST_PX = 192
"""VMAF v0.6.1 halves the picture four times; its smallest picture would vanish below this side."""
LEAST_BANDING_PX = 216
"""CAMBI, a part of the models v1, refuses smaller pictures, and MS-SSIM those under 176."""
_SCORES = "vmaf.json"
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
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        (folder / "reference.rgb").write_bytes(reference.tobytes())
        (folder / "distorted.rgb").write_bytes(distorted.tobytes())
        height, width = reference.shape[1:3]
        _run(_command((width, height), rate_fps, least_px=least_px, model=model, feature=feature), folder)
        scores = json.loads((folder / _SCORES).read_text(encoding="utf-8"))
    return float(scores["pooled_metrics"][name]["mean"])


def _command(size_px: tuple[int, int], rate_fps: float, *, least_px: int, model: str, feature: str | None) -> list[str]:
    import ffmpeg
    import imageio_ffmpeg

    width, height = size_px
    raw = {"protocol_whitelist": "file", "f": "rawvideo", "pix_fmt": "rgb24"}
    raw |= {"s": f"{width}x{height}", "r": f"{rate_fps:.6g}"}
    sides: list[Any] = []
    for clip in ("distorted", "reference"):
        size = enlarged_px(size_px, least_px=least_px)
        sides.append(ffmpeg.input(f"{clip}.rgb", **raw).filter("scale", *size, flags="bicubic"))
    same = [side.filter("format", "yuv420p") for side in sides]
    extra = {"feature": f"name={feature}"} if feature else {}
    graph = ffmpeg.filter(same, "libvmaf", model=f"version={model}", log_fmt="json", log_path=_SCORES, **extra)
    output = graph.output("-", f="null").global_args("-v", "error", "-nostdin")
    return [str(word) for word in output.compile(cmd=imageio_ffmpeg.get_ffmpeg_exe())]


def enlarged_px(size_px: tuple[int, int], *, least_px: int) -> tuple[int, int]:
    """Return the width and height of a picture for libvmaf: at least `least_px`, and even, as yuv420p requires."""
    scale = max(1.0, least_px / min(size_px))
    width, height = (2 * round(side * scale / 2) for side in size_px)
    return width, height


def _run(command: list[str], folder: Path) -> None:
    """Run `command` in `folder`, which it writes its scores to."""
    try:
        ended = run_child(command, timeout_s=_TIMEOUT_S, cwd=folder)
    except subprocess.TimeoutExpired as error:
        raise MediaError("timeout", f"vmaf took over {_TIMEOUT_S:g} s") from error
    if ended.returncode < 0:
        raise MediaError("crashed", f"vmaf: ffmpeg ended with {ended.returncode}")
    stderr = ended.stderr.decode(errors="replace").strip()[-500:]
    if ended.returncode and any(lack in stderr for lack in _LACKS):
        raise VqaprepError(f"this ffmpeg cannot measure VMAF; `vqaprep doctor` says what to install: {stderr}")
    if ended.returncode or not (folder / _SCORES).exists():  # ffmpeg counts a failure at the end as none
        raise MediaError("unsupported", f"vmaf failed: {stderr}")
