"""Compute the scorer's features of one second of video."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vqaprep.evaluation.quality.again import aggravation_numbers
from vqaprep.evaluation.quality.spatial import Numbers, picture_numbers
from vqaprep.evaluation.quality.temporal import change_numbers, rhythm_numbers

Frames = NDArray[np.uint8]
THUMBNAIL_PX = 96
"""Width of the thumbnails that show rhythm."""


def second_numbers(triples: Sequence[Frames], thumbnails_THW: NDArray[np.float32]) -> Numbers:
    """Return the numbers of about one second.

    Args:
        triples: each uint8 (3, H, W, 3) RGB, three neighbouring frames at native pixels; their numbers are averaged.
        thumbnails_THW: luma of every frame of the second, in [0, 255], as `thumbnail` makes it.
    """
    each = [_triple_numbers(triple) for triple in triples]
    numbers = {name: float(np.mean([one[name] for one in each])) for name in each[0]}
    return numbers | {f"rhythm_{name}": value for name, value in rhythm_numbers(thumbnails_THW).items()}


def thumbnail(luma: Frames) -> NDArray[np.float32]:
    """Return every N-th pixel of a luma plane (H, W): cheap, and a repeated frame stays exactly the same."""
    step = max(1, luma.shape[1] // THUMBNAIL_PX)
    return np.asarray(luma[::step, ::step], np.float32)


def _triple_numbers(triple: Frames) -> Numbers:
    lumas = [np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32) for rgb in triple]
    return picture_numbers(triple[1]) | aggravation_numbers(lumas[1]) | change_numbers(*lumas)
