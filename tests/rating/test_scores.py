"""What ratings come to, held against closed forms, simulated raters and the published code of the model."""

import numpy as np
import pytest
from scipy import stats

from vqaprep.errors import InputError
from vqaprep.rating.opinion import differential, opinion
from vqaprep.rating.screening import Screen, correlation, screen
from vqaprep.rating.subjects import fit

NAN = float("nan")
SMALL = np.array(
    [[5, 4, 5, 3], [4, 4, 3, 5], [3, 2, NAN, 1], [2, 2, 1, 4], [1, 1, 2, 5], [4, 5, 4, 2]]
)  # the fourth rater is at odds with the others

MOS = [4.949999981, 3.949999990, 2.949999977, 1.949999992, 0.950000031, 3.950000023]
BIAS = [0.050000001, -0.116666666, -0.150000003, 0.216666668]
INCONSISTENCY = [0.000000021, 0.687184255, 0.748331463, 2.339278131]
INTERVAL = [0.912604092, 0.569785312, 1.009773406, 0.938543694, 1.502458457, 1.193762423]


def ratings(
    *, num_videos: int = 60, sigma: float = 0.5, num_raters: int = 24, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return true quality and ratings on the five-grade scale."""
    rng = np.random.default_rng(seed)
    quality = rng.uniform(1, 5, num_videos)
    noise = rng.normal(0, sigma, (num_videos, num_raters)) + rng.normal(0, 0.2, num_raters)
    return quality, np.clip(np.rint(quality[:, None] + noise), 1, 5)


def test_mean_deviation_and_interval_are_those_of_student() -> None:
    found = opinion(SMALL)
    for row, mos, std, interval, num in zip(
        SMALL, found.mos, found.std, found.interval, found.num_ratings, strict=True
    ):
        given = row[~np.isnan(row)]
        assert (mos, std, num) == (pytest.approx(given.mean()), pytest.approx(given.std(ddof=1)), len(given))
        low, high = stats.t.interval(0.95, len(given) - 1, given.mean(), stats.sem(given))
        assert (mos - interval, mos + interval) == (pytest.approx(low), pytest.approx(high))


def test_one_rating_has_no_interval_and_none_is_refused() -> None:
    assert np.isnan(opinion(np.array([[4.0], [2.0]])).interval).all()
    with pytest.raises(InputError, match="1 videos have no rating"):
        opinion(np.array([[4.0, 3.0], [NAN, NAN]]))
    with pytest.raises(InputError, match="finite numbers"):
        opinion(np.array([[np.inf]]))


def test_intervals_hold_the_true_mean_in_95_of_100() -> None:
    rng = np.random.default_rng(1)
    scores = 3.0 + rng.normal(0, 0.7, (2000, 16))
    found = opinion(scores)
    assert 0.94 < np.mean(np.abs(found.mos - 3.0) <= found.interval) < 0.96


def test_scores_against_the_hidden_reference() -> None:
    scores = np.array([[5.0, 4.0], [3.0, NAN], [5.0, 5.0]])
    found = differential(scores, np.array([-1, 0, 0]))
    np.testing.assert_array_equal(found, [[NAN, NAN], [3.0, NAN], [5.0, 6.0]])


def test_the_model_of_sureal_gives_what_its_published_code_gives() -> None:
    """The numbers are what the reference code of ITU-T P.910 Appendix VI prints for `SMALL`, to all its digits."""
    found = fit(SMALL)
    np.testing.assert_allclose(found.mos, MOS, atol=1e-7)
    np.testing.assert_allclose(found.bias, BIAS, atol=1e-7)
    np.testing.assert_allclose(found.inconsistency, INCONSISTENCY, atol=1e-7)
    np.testing.assert_allclose(found.interval, INTERVAL, atol=1e-7)


def test_with_raters_of_one_consistency_the_model_is_the_plain_mean() -> None:
    """A closed form: with complete ratings and equal weights the biases cancel."""
    base = np.arange(1.0, 5.0)[:, None] + np.array([[0.5, -0.5, 0.5, -0.5]])
    found = fit(base + np.array([[0.25], [-0.25], [0.25], [-0.25]]) * np.array([[1, -1, -1, 1]]))
    np.testing.assert_allclose(found.mos, [1, 2, 3, 4], atol=1e-6)
    np.testing.assert_allclose(found.bias, [0.5, -0.5, 0.5, -0.5], atol=1e-6)
    np.testing.assert_allclose(found.inconsistency, 0.25, atol=1e-6)


def test_the_model_finds_bias_and_noise_and_is_nearer_to_the_truth() -> None:
    rng = np.random.default_rng(2)
    quality, sigma = rng.uniform(1, 5, 100), np.where(np.arange(20) < 5, 1.6, 0.4)
    bias = rng.normal(0, 0.4, 20)
    bias -= bias.mean()
    scores = quality[:, None] + bias + rng.normal(0, 1, (100, 20)) * sigma
    scores[rng.random(scores.shape) < 0.2] = NAN
    found = fit(scores)
    assert np.abs(found.bias - bias).max() < 0.4
    assert np.abs(found.inconsistency / sigma - 1).max() < 0.4
    assert np.abs(found.mos - quality).mean() < 0.7 * np.abs(opinion(scores).mos - quality).mean()


@pytest.mark.parametrize("how", ["p910", "bt500"])
def test_a_rater_who_answers_at_random_is_left_out_and_the_others_stay(how: Screen) -> None:
    _, scores = ratings()
    scores[:, 7] = np.random.default_rng(5).integers(1, 6, len(scores))
    found = screen(scores, how)
    assert list(found.reasons) == [7]
    assert found.is_kept.sum() == 23


def test_a_reversed_scale_has_a_negative_correlation_and_no_screening_keeps_it() -> None:
    _, scores = ratings()
    scores[:, 0] = 6 - scores[:, 0]
    assert correlation(scores, 0, list(range(24))) < -0.7
    assert list(screen(scores, "p910").reasons) == [0]
    assert screen(scores, "none").is_kept.all()


def test_where_videos_differ_little_a_lower_limit_keeps_careful_raters() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(2.5, 3.5, 60)[:, None] + rng.normal(0, 0.5, (60, 24))
    assert not screen(scores, "p910").is_kept.all()
    assert screen(scores, "p910", least_correlation=0.1).is_kept.all()


def test_raters_who_agree_and_two_raters_are_not_screened() -> None:
    same = np.tile(np.array([[5.0], [3.0], [1.0]]), (1, 6))
    rules: tuple[Screen, ...] = ("p910", "bt500")
    for how in rules:
        assert screen(same, how).is_kept.all()
    assert screen(np.array([[5.0, 1.0], [1.0, 5.0]]), "p910").is_kept.all()


def test_outliers_on_one_side_alone_are_a_bias_and_no_reason_of_bt500() -> None:
    _, scores = ratings(sigma=0.3)
    scores[:, 3] = 5
    assert screen(scores, "bt500").is_kept[3]
