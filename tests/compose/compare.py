"""Compare the crops of two files frame for frame, by the frames' places in the plain one of them."""

from pathlib import Path

import numpy as np

from vqaprep.detect.observations import Observations
from vqaprep.detect.watch import look_at
from vqaprep.media.render_crop import box_at
from vqaprep.rows import Box, Dropped, Video
from vqaprep.stages.crop import Crop
from vqaprep.stages.trim import Trim

RATE_FPS = 25
Crops = dict[int, Box | None]
"""Number of a shown frame -> its crop, None where it is not usable."""


def crops_of(video: Video, crop: Crop, *, cache: Path, trim_s: float = 0.0, gone_s: float = 0.0) -> Crops:
    """Return the crops of `video` from `trim_s` on; `gone_s` seconds of the plain file come before its first frame.

    Raises:
        ValueError: nobody can be cropped.
    """
    seen = look_at(video, watch=crop.watch(), cache=cache)
    assert seen.look is not None
    rng = np.random.default_rng(0)
    [kept] = Trim(head_s=trim_s)(video, Observations(), rng)
    assert isinstance(kept, Video), kept
    [row] = crop(kept, seen, rng)
    if isinstance(row, Dropped) or row.crop_track is None:
        raise ValueError(f"no crop: {row}")
    crops: Crops = {}
    for t_s in seen.look.times_s[seen.look.times_s >= row.keep.start_s]:
        is_usable = any(t_s in span for span in row.spans)
        crops[round((t_s - video.start_s + gone_s) * RATE_FPS)] = box_at(row.crop_track, t_s) if is_usable else None
    return crops


def largest_difference_px(first: Crops, second: Crops) -> float:
    """Return how far the sides of two crops of one frame are apart at most; infinite where only one is usable."""
    shared = first.keys() & second.keys()
    if not shared:
        raise ValueError("no frame is in both files")
    return max(_apart_px(first[number], second[number]) for number in shared)


def _apart_px(first: Box | None, second: Box | None) -> float:
    if first is None or second is None:
        return 0.0 if first is second else float("inf")
    ours, theirs = ((b.x_px, b.y_px, b.x_px + b.w_px, b.y_px + b.h_px) for b in (first, second))
    return max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
