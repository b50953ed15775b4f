"""Frame interpolation: frames left out and guessed again from their neighbours."""

import av
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.distortions._ffmpeg import piped
from vqaprep.distortions._kept import kept_frames
from vqaprep.errors import MediaError
from vqaprep.media.encode import coded_rate, rgb_of, yuv_of


@distortion(
    strengths=(2, 3, 4),
    unit="rate_divisor",
    citation="ST-VQRL distortion set, rate / 2, 3, 4 and ffmpeg minterpolate back",
    is_temporal=True,
    lead_in_frames=4,
    margin_px=32,
    copies=2.0,
    bytes_per_px=320,
)
def frame_interpolation(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Keep one frame in `strength` and fill the gaps by motion compensation (minterpolate, its defaults).

    The frame before the last is a kept one, so that clips whose frames are `strength` apart do not see kept ones alone.
    Frames before the first kept one show that one, and the last shows the one before it.

    Raises:
        MediaError: `unsupported`, at a frame rate that the filter cannot count in; `timeout` or `crashed`, when ffmpeg
            did not end well.
    """
    step = round(strength)
    kept = np.arange(*kept_frames(len(frames), step))
    # The filter works two frames behind and drops what is unfinished at the end: show it the last kept frame thrice.
    filled = _filled(frames[[*kept, kept[-1], kept[-1]]], step, source.rate_fps)
    places = np.maximum(np.arange(len(frames)) - kept[0], 0)
    if len(filled) <= places[-1]:
        raise MediaError("unsupported", f"minterpolate gave {len(filled)} of {len(frames)} frames")
    return rgb_of((av.VideoFrame.from_ndarray(filled[n], "yuv420p") for n in places), frames.shape)


def _filled(frames: Frames, step: int, rate_fps: float) -> Frames:
    """Return `frames` and the `step` - 1 pictures between each two, as yuv420p planes (N, 3 H / 2, W)."""
    import ffmpeg

    planes = np.stack([picture.to_ndarray() for picture in yuv_of(frames)])
    rows, width_px = planes.shape[1:]
    rate, raw = coded_rate(rate_fps), {"f": "rawvideo", "pix_fmt": "yuv420p"}
    kept = ffmpeg.input("pipe:", **raw, s=f"{width_px}x{rows * 2 // 3}", r=str(rate / step))
    every = kept.filter("minterpolate", fps=str(rate))
    # One thread: workers already share the processors.
    output = every.output("pipe:", **raw, fps_mode="passthrough").global_args("-filter_complex_threads", "1")
    return np.frombuffer(piped(output, planes.tobytes(), purpose="minterpolate"), np.uint8).reshape(-1, rows, width_px)
