"""Measure a pair with the filters of ffmpeg: one pass, one row per pair of frames."""

import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import ffmpeg
import imageio_ffmpeg
import pandas as pd

from vqaprep.errors import VqaprepError
from vqaprep.errors.child import kill_group
from vqaprep.measures._libvmaf import LEAST_BANDING_PX, enlarged_px
from vqaprep.media.formats import ALLOWED
from vqaprep.pairs.align import Pair
from vqaprep.pairs.side import Side
from vqaprep.storage.durable import nameless

_TIMEBASE = "1/1000000"  # fine enough that equal frame numbers get equal times in both films


class Logs(NamedTuple):
    """Where the filters write what they measure, a line or an entry per pair of frames."""

    psnr: Path
    ssim: Path
    vmaf: Path


def frames_of(pair: Pair, models: Sequence[str], *, on_frame: Callable[[int], None]) -> pd.DataFrame:
    """Return a row per pair of frames: `frame`, `reference_frame`, `t_s` (of the distorted film) and the measures.

    `on_frame` is called with the number of frames that are done. Numbers are those of the filters, unchanged.

    Raises:
        VqaprepError: ffmpeg refuses the pair, with its words.
    """
    with nameless(Path("psnr")) as psnr, nameless(Path("ssim")) as ssim, nameless(Path("vmaf")) as vmaf:
        logs = Logs(psnr, ssim, vmaf)
        errors = _run(command(pair, models, logs), on_frame)
        table = _joined(logs, models, errors)
    first = max(0, -pair.offset)
    table.insert(0, "frame", table.index + first)
    table.insert(1, "reference_frame", table["frame"] + pair.offset)
    table.insert(2, "t_s", table["frame"] / pair.reference.video.rate_fps)
    return table


def command(pair: Pair, models: Sequence[str], logs: Logs) -> list[str]:
    """Return the call of ffmpeg, which writes `logs`."""
    reference = pair.reference
    test = _frames(pair, pair.distorted, first=max(0, -pair.offset))
    # `itsoffset` changes nothing, but ffmpeg-python takes inputs whose options are all equal for one.
    target = _frames(pair, reference, first=max(0, pair.offset), itsoffset="0")
    if pair.is_scaled:
        # Bicubic, as the authors of VMAF scale: https://github.com/Netflix/vmaf
        width, height = reference.size_px
        range_ = "full" if reference.is_full_range else "limited"
        test = test.filter("scale", width, height, flags="bicubic+accurate_rnd+full_chroma_int", out_range=range_)
    form = reference.compared_format
    tests, targets = (side.filter("format", form).filter_multi_output("split", 3) for side in (test, target))
    pairs = [(tests[i], targets[i]) for i in range(3)]
    how = {"shortest": 1, "repeatlast": 0}
    is_small = min(reference.size_px) < LEAST_BANDING_PX
    size = enlarged_px(reference.size_px, least_px=LEAST_BANDING_PX)
    large = tuple(side.filter("scale", *size, flags="bicubic") if is_small else side for side in pairs[2])
    made = [
        ffmpeg.filter(pairs[0], "psnr", stats_file=str(logs.psnr), **how),
        ffmpeg.filter(pairs[1], "ssim", stats_file=str(logs.ssim), **how),
        ffmpeg.filter(
            large, "libvmaf", log_fmt="json", log_path=str(logs.vmaf), n_threads=2, **how,
            model="|".join(f"version={model}:name={model}" for model in models),
            feature="name=float_ms_ssim|name=cambi",
        ),
    ]  # fmt: skip
    outputs = ffmpeg.merge_outputs(*(stream.output("-", f="null") for stream in made))
    options = ("-v", "error", "-nostdin", "-nostats", "-progress", "pipe:1")
    return [str(word) for word in outputs.global_args(*options).compile(cmd=imageio_ffmpeg.get_ffmpeg_exe())]


def _frames(pair: Pair, side: Side, *, first: int, **options: str) -> Any:
    """Return the frames of a film from number `first` on, with their numbers for times."""
    rate_fps = pair.reference.video.rate_fps
    how = {"protocol_whitelist": "file", "format_whitelist": ",".join(ALLOWED)}
    opened = ffmpeg.input(side.address, **how, **options)
    stream = opened[str(side.video.stream_index)]
    if pair.ticks_fps is not None:
        stream = stream.filter("setpts", "PTS-STARTPTS").filter("fps", f"{rate_fps:.9g}")
    if first:
        stream = stream.filter("trim", start_frame=first)
    return stream.filter("settb", _TIMEBASE).filter("setpts", f"N/{rate_fps:.9g}/TB")


def _run(words: list[str], on_frame: Callable[[int], None]) -> str:
    """Run ffmpeg; return what it complained of."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        pipe = subprocess.PIPE
        process = subprocess.Popen(words, stdout=pipe, stderr=errors, text=True, start_new_session=True)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("frame="):
                    on_frame(int(line.removeprefix("frame=")))
            status = process.wait()
        except BaseException:
            kill_group(process)
            raise
        errors.seek(0)
        complaint = errors.read().strip()[-800:]
        if status:
            raise VqaprepError(f"ffmpeg could not measure the pair: {complaint}")
        return complaint


def _joined(logs: Logs, models: Sequence[str], errors: str) -> pd.DataFrame:
    if not logs.psnr.stat().st_size:  # no frame has a partner
        return pd.DataFrame({"mse": []})
    # Where libvmaf fails at the end, ffmpeg does not count that as a failure.
    if not (logs.vmaf.exists() and logs.vmaf.stat().st_size):
        raise VqaprepError(f"libvmaf could not measure the pair: {errors}")
    scores = json.loads(logs.vmaf.read_text(encoding="utf-8"))
    rows = zip(_lines(logs.psnr), _lines(logs.ssim), scores["frames"], strict=True)
    return pd.DataFrame(
        [
            {
                "psnr_db": psnr["psnr_avg"], "psnr_y_db": psnr["psnr_y"], "ssim": ssim["All"], "ssim_y": ssim["Y"],
                "ms_ssim": vmaf["metrics"]["float_ms_ssim"], "cambi": vmaf["metrics"]["cambi"],
                "mse": psnr["mse_avg"], "mse_y": psnr["mse_y"],
            }
            | {model: vmaf["metrics"][model] for model in models}
            for psnr, ssim, vmaf in rows
        ]
    )  # fmt: skip


def _lines(path: Path) -> Iterator[dict[str, float]]:
    """Yield the numbers of each line `name:value name:value ...` of a log."""
    for line in path.read_text(encoding="utf-8").splitlines():
        values: dict[str, float] = {}
        for name, value in re.findall(r"(\w+):(\S+)", line):
            with suppress(ValueError):
                values[name] = float(value)
        yield values
