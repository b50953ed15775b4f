"""Correlations against ten-line references, closed forms and the published tables."""

import math

import numpy as np
import pytest

from vqaprep.errors import InputError
from vqaprep.training.correlation import (
    by_group,
    correlate,
    cross_rows,
    logistic4,
)

# Cross-dataset SROCC of source 001.
CROSS = {
    ("LIVE", "CSIQ"): 0.3159, ("LIVE", "KoN"): 0.3835, ("LIVE", "VQC"): 0.5397,
    ("CSIQ", "LIVE"): 0.4104, ("CSIQ", "KoN"): 0.6316, ("CSIQ", "VQC"): 0.5851,
    ("KoN", "LIVE"): 0.1591, ("KoN", "CSIQ"): 0.4468, ("KoN", "VQC"): 0.6735,
    ("VQC", "LIVE"): 0.2419, ("VQC", "CSIQ"): 0.3702, ("VQC", "KoN"): 0.7088,
}  # fmt: skip


def noisy_scores(num: int = 60, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    mos = rng.uniform(1, 5, num)
    return mos + rng.normal(0, 0.5, num), mos


def test_logistic_has_the_documented_values() -> None:
    np.testing.assert_allclose(logistic4([0, 0.5, 1], 5, 1, 0.5, 0.25), [1.476812, 3, 4.523188], atol=1e-6)


def test_logistic_ignores_the_sign_of_its_width() -> None:
    np.testing.assert_array_equal(logistic4([0.1, 2], 5, 1, 0.5, -0.25), logistic4([0.1, 2], 5, 1, 0.5, 0.25))


def test_logistic_does_not_overflow_far_from_its_centre() -> None:
    np.testing.assert_array_equal(logistic4([-1e6, 1e6], 5, 1, 0, 1e-3), [1, 5])


def pearson(first: np.ndarray, second: np.ndarray) -> float:
    first, second = first - first.mean(), second - second.mean()
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def mean_rank(values: np.ndarray) -> np.ndarray:
    return np.array([(values < one).sum() + (values <= one).sum() for one in values]) / 2


def kendall_tau_b(first: np.ndarray, second: np.ndarray) -> float:
    order = np.sign(first[:, None] - first), np.sign(second[:, None] - second)
    return float((order[0] * order[1]).sum() / np.sqrt((order[0] ** 2).sum() * (order[1] ** 2).sum()))


def test_correlations_equal_their_definitions() -> None:
    predicted, mos = noisy_scores()
    predicted[:10] = predicted[10:20]  # ties
    found = correlate(predicted, mos, mapping="none")
    assert found.srocc == pytest.approx(pearson(mean_rank(predicted), mean_rank(mos)))
    assert found.krocc == pytest.approx(kendall_tau_b(predicted, mos))
    assert found.plcc == pytest.approx(pearson(predicted, mos))
    assert found.rmse == pytest.approx(math.sqrt(np.mean((predicted - mos) ** 2)))
    assert found.num_videos == 60


def test_rank_measures_do_not_depend_on_the_mapping() -> None:
    predicted, mos = noisy_scores()
    found = [correlate(predicted, mos, mapping=name) for name in ("none", "rescale", "logistic4")]
    assert len({(one.srocc, one.krocc) for one in found}) == 1
    assert [one.mapping for one in found] == ["none", "rescale", "logistic4"]


def test_rescale_removes_shift_and_scale() -> None:
    predicted, mos = noisy_scores()
    plain, moved = correlate(predicted, mos, mapping="rescale"), correlate(40 * predicted - 7, mos, mapping="rescale")
    assert moved.rmse == pytest.approx(plain.rmse)
    # The mapped scores have the spread of the opinions: mean (x - y)^2 = 2 var(y) (1 - rho).
    assert plain.rmse == pytest.approx(math.sqrt(2 * np.var(mos) * (1 - plain.plcc)))


def test_logistic_fit_straightens_a_saturating_predictor() -> None:
    mos = np.linspace(1, 5, 50)[1:-1]
    predicted = 0.3 + 0.1 * np.log((mos - 1) / (5 - mos))
    found = correlate(predicted, mos)
    assert found.mapping == "logistic4"
    assert found.plcc == pytest.approx(1, abs=1e-6)
    assert found.rmse == pytest.approx(0, abs=1e-4)
    assert correlate(predicted, mos, mapping="none").plcc < 0.99


def test_logistic_fit_handles_scores_where_lower_is_better() -> None:
    predicted, mos = noisy_scores()
    found = correlate(-predicted, mos)
    assert found.srocc == pytest.approx(-correlate(predicted, mos).srocc)
    assert found.plcc > 0.8


def test_failed_logistic_falls_back_to_rescale() -> None:
    found = correlate([0.1, 0.5, 0.4], [1, 2, 3])
    assert found.mapping == "rescale"
    assert found == correlate([0.1, 0.5, 0.4], [1, 2, 3], mapping="rescale")


def test_constant_predictions_have_no_correlation_but_an_error() -> None:
    found = correlate([3, 3, 3, 3, 3], [1, 2, 3, 4, 5])
    assert math.isnan(found.srocc) and math.isnan(found.krocc) and math.isnan(found.plcc)
    assert found.rmse == pytest.approx(math.sqrt(2))


@pytest.mark.parametrize(
    ("predicted", "mos"), [([1.0], [1.0]), ([1.0, 2.0], [1.0, 2.0, 3.0]), ([1.0, math.nan, 2.0], [1.0, 2.0, 3.0])]
)
def test_unusable_scores_are_refused(predicted: list[float], mos: list[float]) -> None:
    with pytest.raises(InputError):
        correlate(predicted, mos)


def test_groups_get_the_statistics_of_their_own_videos() -> None:
    predicted, mos = noisy_scores()
    groups = ["h264"] * 30 + ["awgn"] * 29 + ["single"]
    rows = by_group(predicted, mos, groups=groups, mapping="none")
    assert [row["group"] for row in rows] == ["awgn", "h264", "single"]
    assert rows[1]["srocc"] == correlate(predicted[:30], mos[:30], mapping="none").srocc
    assert math.isnan(rows[2]["srocc"]) and rows[2]["num_videos"] == 1


def test_groups_must_name_every_video() -> None:
    with pytest.raises(InputError, match="one name per video"):
        by_group([1, 2], [1, 2], groups=["a"])


def test_cross_table_leaves_out_pairs_that_are_absent() -> None:
    rows = cross_rows(CROSS)
    assert [row["train"] for row in rows] == ["LIVE", "CSIQ", "KoN", "VQC"]
    assert rows[2] == {"train": "KoN", "LIVE": 0.1591, "CSIQ": 0.4468, "VQC": 0.6735}
