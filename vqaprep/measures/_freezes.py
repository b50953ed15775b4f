"""Frames that a distorted clip repeats where its reference moves."""

from itertools import groupby

import numpy as np

from vqaprep.measures import Frames

CITATION = "frozen as by ffmpeg's filter freezedetect at its default noise of -60 dB"
_STILL = 255 * 10 ** (-60 / 20)  # mean absolute difference in levels


def freezes(reference: Frames, distorted: Frames) -> list[int]:
    """Return the length of each freeze in frames: how often in a row the last picture is shown again.

    A picture that does not change is a freeze only where the reference changes. Both are uint8 (T, H, W, 3).
    """
    is_frozen = [
        _changes(distorted, at) <= _STILL < _changes(reference, at)
        for at in range(1, min(len(reference), len(distorted)))
    ]
    return [sum(1 for _ in frames) for frozen, frames in groupby(is_frozen) if frozen]


def _changes(frames: Frames, at: int) -> float:
    """Return the mean absolute difference of frame `at` to the one before, in levels."""
    # int16, as a difference of uint8 would wrap around.
    return float(np.abs(frames[at].astype(np.int16) - frames[at - 1]).mean())
