"""From clips to videos: the mean over a video's clips, and the class of the mean softmax (source 003)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vqaprep.errors import InputError


def mean_over_clips(values_ND: ArrayLike, video_ids: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
    """Average the rows of each video: its id and its mean (V, D), videos in order of first appearance."""
    values, names = np.asarray(values_ND, dtype=np.float64), list(dict.fromkeys(video_ids))
    if values.ndim != 2 or len(values) != len(video_ids) or not names:
        raise InputError(f"values of shape {values.shape} for {len(video_ids)} clips; give one row per clip.")
    place = {name: index for index, name in enumerate(names)}
    rows = np.array([place[name] for name in video_ids])
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, rows, values)
    return names, sums / np.bincount(rows)[:, None]


def classify_videos(probabilities_NC: ArrayLike, video_ids: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Give each video's class (V,): the largest mean probability over its clips.

    Logits are refused: their mean decides differently from that of probabilities.
    """
    probabilities = np.asarray(probabilities_NC, dtype=np.float64)
    tolerance = 1e-3  # rows may come from half precision
    if (probabilities < -tolerance).any() or (np.abs(probabilities.sum(axis=-1) - 1) > tolerance).any():
        raise InputError("the rows are not probabilities that sum to one; apply softmax to each clip first.")
    names, means = mean_over_clips(probabilities, video_ids)
    return names, means.argmax(axis=1)
