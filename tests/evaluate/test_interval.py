"""Intervals against their defining equation and against repeated experiments."""

import math

import numpy as np
import pytest

from vqaprep.errors import InputError
from vqaprep.evaluate.interval import bootstrap, wilson


def test_wilson_ends_are_where_the_score_test_turns() -> None:
    found, share, num = wilson(37, 41), 37 / 41, 41
    for end in (found.low, found.high):
        assert abs(share - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / num), rel=1e-5)


def test_wilson_stays_inside_zero_and_one() -> None:
    assert wilson(0, 5).low == 0 and 0 < wilson(0, 5).high < 1
    assert 0 < wilson(5, 5).low < 1 and wilson(5, 5).high == 1


def test_few_videos_are_not_above_chance() -> None:
    assert not wilson(4, 5).is_above(0.5)
    assert wilson(80, 100).is_above(0.5)


def test_bootstrap_of_single_clips_agrees_with_the_normal_interval() -> None:
    is_correct = np.arange(400) < 300
    found = bootstrap(is_correct, [str(index) for index in range(400)], rng=np.random.default_rng(0))
    half = 1.96 * math.sqrt(0.75 * 0.25 / 400)
    assert found.low == pytest.approx(0.75 - half, abs=0.006)
    assert found.high == pytest.approx(0.75 + half, abs=0.006)


def test_clips_of_one_video_do_not_narrow_the_interval() -> None:
    is_correct = np.arange(40) < 30
    alone = bootstrap(is_correct, [str(index) for index in range(40)], rng=np.random.default_rng(0))
    video_ids = [str(index // 10) for index in range(400)]
    clustered = bootstrap(np.repeat(is_correct, 10), video_ids, rng=np.random.default_rng(1))
    assert clustered.high - clustered.low == pytest.approx(alone.high - alone.low, abs=0.03)


def test_same_generator_same_interval() -> None:
    draws = [bootstrap([1, 0, 1], ["a", "b", "c"], rng=np.random.default_rng(3), num_draws=50) for _ in range(2)]
    assert draws[0] == draws[1]


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(InputError):
        wilson(6, 5)
    with pytest.raises(InputError):
        wilson(0, 0)
    with pytest.raises(InputError, match="one per clip"):
        bootstrap([1, 0], ["a"], rng=np.random.default_rng(0))
