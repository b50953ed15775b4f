"""Intervals against the normal one and against repeated experiments."""

import math

import numpy as np
import pytest

from vqaprep.errors import InputError
from vqaprep.evaluation.interval import bootstrap


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


def test_outcomes_without_a_video_are_refused() -> None:
    with pytest.raises(InputError, match="one per clip"):
        bootstrap([1, 0], ["a"], rng=np.random.default_rng(0))
