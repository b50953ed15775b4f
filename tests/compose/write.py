"""Write a composed interview as a video file and return the truth of each of its frames."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.compose.draw import frame_at
from tests.compose.interview import Interview, Truth
from vqaprep.media.convert import Frames
from vqaprep.settings.seeds import rng_for

_KEPT_SHARE = 0.7  # of the frames of a variable-rate video
_TIME_BASE = Fraction(1, 90_000)


def write(interview: Interview, target: Path, footage: Path) -> list[Truth]:
    """Encode `interview` as H.264 in the container that `target` names; times are exact in 1/90000 s."""
    truths = []
    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream("libx264", rate=interview.rate)
        stream.width, stream.height = interview.size_px
        stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
        stream.codec_context.options = {"crf": str(interview.crf), "preset": interview.preset}
        stream.codec_context.time_base = _TIME_BASE
        for number in _shown_numbers(interview):
            ticks = round(number / interview.rate / _TIME_BASE)
            picture, truth = frame_at(interview, float(ticks * _TIME_BASE), footage)
            frame = av.VideoFrame.from_ndarray(_noisy(picture, interview, number), "rgb24")
            frame.pts, frame.time_base = ticks, _TIME_BASE
            container.mux(stream.encode(frame))
            truths.append(truth)
        container.mux(stream.encode(None))
    return truths


def _noisy(picture: Frames, interview: Interview, number: int) -> Frames:
    """Return uint8 (H, W, 3) with the noise of the camera, new in each frame."""
    if not interview.noise_sigma:
        return picture
    noise = rng_for(0, interview.name, "noise", number).normal(0, interview.noise_sigma, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def _shown_numbers(interview: Interview) -> list[int]:
    """Return which frames of the constant-rate timeline are there."""
    numbers = range(round(interview.duration_s * interview.rate))
    if not interview.is_vfr:
        return list(numbers)
    draws = rng_for(0, interview.name, "vfr").random(len(numbers))
    return [number for number, draw in zip(numbers, draws, strict=True) if number == 0 or draw < _KEPT_SHARE]
