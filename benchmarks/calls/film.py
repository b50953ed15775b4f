"""Write a composed call as a file, and keep it with the truth about each of its frames."""

import pickle
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from benchmarks.calls.films import Call
from benchmarks.calls.footage import RATE_FPS, FaceBox
from benchmarks.calls.screen import scaled
from benchmarks.figures import ffmpeg
from vqaprep.media.probe import probe
from vqaprep.rows import Video


@dataclass(frozen=True)
class Truth:
    """Where the participant is in one frame: the tile and the face, or None where not shown; displayed pixels."""

    t_s: float
    tile: FaceBox | None
    face: FaceBox | None


def composed(call: Call, footage: Path, work: Path, *, kbit_s: int | None) -> tuple[Video, list[Truth]]:
    """Return the film of `call`, compressed a second time at `kbit_s` where asked for, and its truth."""
    name = "".join(c if c.isalnum() else "-" for c in call.name)
    target, kept = work / f"{name}.mp4", work / f"{name}.truth"
    if not kept.exists():
        kept.write_bytes(pickle.dumps((call, _written(call, footage, work, target))))
    made, truths = pickle.loads(kept.read_bytes())  # written a line above, by this program
    if made != call:
        kept.unlink()
        return composed(call, footage, work, kbit_s=kbit_s)
    if kbit_s is not None:
        again = work / f"{name}-{kbit_s}k.mp4"
        if not again.exists():
            ffmpeg("-i", str(target), "-c:v", "libx264", "-b:v", f"{kbit_s}k", "-maxrate", f"{kbit_s}k",
                   "-bufsize", f"{kbit_s}k", "-threads", "1", str(again))  # fmt: skip
        target = again
    return probe(str(target)), truths


def _written(call: Call, footage: Path, work: Path, target: Path) -> list[Truth]:
    truths = []
    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream("libx264", rate=RATE_FPS)
        stream.width, stream.height = call.size_px
        stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
        stream.codec_context.options = {"crf": str(call.crf), "preset": "veryfast"}
        for number in range(round(call.duration_s * RATE_FPS)):
            t_s = number / RATE_FPS
            canvas, shown = _screen_at(call, t_s).drawn(t_s, footage, work.parent)
            frame = av.VideoFrame.from_ndarray(scaled(canvas, call.size_px), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE_FPS)
            container.mux(stream.encode(frame))
            truths.append(
                _truth(call, t_s, shown, call.size_px[0] / canvas.shape[1], call.size_px[1] / canvas.shape[0])
            )
        container.mux(stream.encode(None))
    return truths


def _screen_at(call: Call, t_s: float) -> Any:
    for seconds, screen in call.scenes:
        if t_s < seconds - 1e-9:
            return screen
        t_s -= seconds
    return call.scenes[-1][1]


def _truth(call: Call, t_s: float, shown: dict[str, tuple[Any, Any]], across: float, down: float) -> Truth:
    tile, face = shown.get(call.participant, (None, None))
    return Truth(
        t_s, *(box and (box[0] * across, box[1] * down, box[2] * across, box[3] * down) for box in (tile, face))
    )
