"""Comparisons give a scale in JOD, and chosen pairs need far fewer of them than every pair by every rater."""

import numpy as np
import pytest

from vqaprep.errors import InputError
from vqaprep.rating.choice import next_pairs
from vqaprep.rating.pairs import chance_of, components, fit_pairs

MOS_PER_JOD = 0.572  # of raters whose scores have a deviation of 0.6: 0.6 * sqrt(2) * Phi^-1(0.75)


def compared(quality: np.ndarray, pairs: list[tuple[int, int]], rng: np.random.Generator, wins: np.ndarray) -> None:
    for first, second in pairs:
        is_first = rng.random() < chance_of(quality[first] - quality[second])
        wins[(first, second) if is_first else (second, first)] += 1


def test_three_of_four_choices_are_one_jod() -> None:
    wins = np.array([[0.0, 3000.0], [1000.0, 0.0]])
    scale = fit_pairs(wins)
    np.testing.assert_allclose(scale.quality, [0.5, -0.5], atol=0.01)
    flat = fit_pairs(np.array([[0.0, 50.0], [50.0, 0.0]]))
    np.testing.assert_allclose(flat.quality, 0, atol=1e-9)
    # of a proportion of 1/2 in n choices: deviation 0.5 / sqrt(n), by the slope of the normal curve, halved
    jod = 1.96 * 0.5 / np.sqrt(100) / (0.67449 * 0.39894) / 2
    np.testing.assert_allclose(flat.interval, jod, rtol=0.01)


def test_a_video_that_always_wins_is_best_and_finite() -> None:
    wins = np.array([[0.0, 9.0, 9.0], [0.0, 0.0, 5.0], [0.0, 4.0, 0.0]])
    quality = fit_pairs(wins).quality
    assert quality[0] > quality[1] > quality[2] and np.isfinite(quality).all()
    assert quality[0] - quality[2] < 30


def test_the_scale_is_near_the_truth_and_its_intervals_hold() -> None:
    rng = np.random.default_rng(0)
    quality = rng.uniform(-2, 2, 12)
    quality -= quality.mean()
    every = [(i, j) for i in range(12) for j in range(i)]
    inside = []
    for _ in range(10):
        wins = np.zeros((12, 12))
        compared(quality, every * 15, rng, wins)
        scale = fit_pairs(wins)
        inside.append(np.abs(scale.quality - quality) <= scale.interval)
    assert 0.88 < np.mean(inside) <= 1


def test_groups_that_were_never_compared_are_found_and_wrong_counts_refused() -> None:
    wins = np.zeros((4, 4))
    wins[0, 1] = wins[3, 2] = 1
    assert components(wins) == [[0, 1], [2, 3]]
    for wrong in (np.zeros((2, 3)), np.array([[0, -1], [0, 0]]), np.array([[0, np.nan], [0, 0]])):
        with pytest.raises(InputError, match="one row and one column per video"):
            fit_pairs(wrong)


def test_the_first_pairs_connect_all_videos_and_none_is_forbidden() -> None:
    is_allowed = ~np.eye(8, dtype=bool)
    is_allowed[0, 1:] = is_allowed[1:, 0] = False
    is_allowed[0, 5] = is_allowed[5, 0] = True
    pairs = next_pairs(np.zeros((8, 8)), 12, is_allowed=is_allowed)
    wins = np.zeros((8, 8))
    for pair in pairs:
        wins[pair] += 1
        assert is_allowed[pair] and pair[0] < pair[1]
    assert components(wins) == [list(range(8))]
    assert pairs == next_pairs(np.zeros((8, 8)), 12, is_allowed=is_allowed), "the same answers, the same pairs"


def test_chosen_pairs_reach_an_interval_of_a_quarter_with_40_percent_of_the_full_design() -> None:
    """20 videos from 1.2 to 4.8 and 24 raters: every video to +-0.25 on the five-grade scale."""
    rng = np.random.default_rng(3)
    quality = np.linspace(1.2, 4.8, 20) / MOS_PER_JOD
    full = 20 * 19 // 2 * 24
    wins, is_allowed = np.zeros((20, 20)), ~np.eye(20, dtype=bool)
    interval = np.inf
    while interval > 0.25 and wins.sum() < 0.4 * full:
        compared(quality, next_pairs(wins, 60, is_allowed=is_allowed), rng, wins)
        interval = float(fit_pairs(wins).interval.max()) * MOS_PER_JOD
    assert interval <= 0.25, f"{wins.sum():.0f} of {full} comparisons give {interval:.3f}"
    error = fit_pairs(wins).quality - (quality - quality.mean())
    assert np.sqrt(np.mean(error**2)) * MOS_PER_JOD < 0.25
