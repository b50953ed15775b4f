"""Clips average into videos; the class is that of the mean probability."""

import numpy as np
import pytest

from vqaprep.errors import InputError
from vqaprep.evaluation.action import classify_videos, mean_over_clips


def test_clips_average_by_video_in_order_of_appearance() -> None:
    names, means = mean_over_clips([[1, 10], [5, 0], [3, 30]], ["b", "a", "b"])
    assert names == ["b", "a"]
    np.testing.assert_array_equal(means, [[2, 20], [5, 0]])


def test_the_mean_softmax_decides_not_the_majority_of_clips() -> None:
    probabilities = [[0.51, 0.49], [0.52, 0.48], [0.05, 0.95]]
    names, classes = classify_videos(probabilities, ["v", "v", "v"])
    assert names == ["v"] and classes.tolist() == [1]


def test_logits_are_refused() -> None:
    with pytest.raises(InputError, match="apply softmax"):
        classify_videos([[2.0, -1.0]], ["v"])


def test_rows_must_match_clips() -> None:
    with pytest.raises(InputError, match="one row per clip"):
        mean_over_clips([[1.0, 2.0]], ["a", "b"])
