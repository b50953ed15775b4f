"""Class measures against scikit-learn and against the counts behind source 000's tables."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from sklearn import metrics

from vqaprep.errors import InputError
from vqaprep.evaluation.classification import accuracy, binary_scores, confusion_matrix, over_runs


def from_counts(*, tp: int, fn: int, tn: int, fp: int) -> tuple[list[int], list[int]]:
    return [1] * (tp + fn) + [0] * (tn + fp), [1] * tp + [0] * fn + [0] * tn + [1] * fp


def test_measures_equal_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80)
    probabilities = np.round(np.clip(rng.normal(0.3 + 0.4 * labels, 0.3), 0, 1), 1)  # rounding makes ties
    predicted = (probabilities >= 0.5).astype(int)
    found = binary_scores(labels, predicted, probabilities=probabilities)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert found.f1 == pytest.approx(metrics.f1_score(labels, predicted))
    assert found.sensitivity == pytest.approx(metrics.recall_score(labels, predicted))
    assert found.specificity == pytest.approx(metrics.recall_score(labels, predicted, pos_label=0))
    assert found.auc_hard == pytest.approx(metrics.roc_auc_score(labels, predicted))
    assert found.auc_soft == pytest.approx(metrics.roc_auc_score(labels, probabilities))


@pytest.mark.parametrize(
    ("counts", "printed"),
    [
        ({"tp": 19, "fn": 1, "tn": 11, "fp": 1}, (93.75, 95.00, 93.33, 95.00, 91.67)),  # Crafts
        ({"tp": 18, "fn": 2, "tn": 19, "fp": 2}, (90.24, 90.00, 90.24, 90.00, 90.48)),  # Day Time TV
        ({"tp": 22, "fn": 0, "tn": 15, "fp": 2}, (94.87, 95.65, 94.12, 100.0, 88.24)),  # School
        ({"tp": 21, "fn": 0, "tn": 10, "fp": 4}, (88.57, 91.30, 85.71, 100.0, 71.43)),  # Movie, as counts allow
    ],
)
def test_counts_give_the_table_of_source_000(counts: dict[str, int], printed: tuple[float, ...]) -> None:
    found = binary_scores(*from_counts(**counts))
    percent = [100 * value for value in list(asdict(found).values())[:2]]
    percent += [100 * found.auc_hard, 100 * found.sensitivity, 100 * found.specificity]
    np.testing.assert_allclose(percent, printed, atol=0.006)


def test_printed_area_of_movie_is_that_of_its_printed_sensitivity_and_specificity() -> None:
    school_like = binary_scores(*from_counts(tp=21, fn=1, tn=14, fp=3))
    assert 100 * school_like.auc_hard == pytest.approx(88.90, abs=0.01)


def test_an_absent_class_leaves_its_measures_undefined() -> None:
    found = binary_scores([0, 0], [0, 1], probabilities=[0.2, 0.9])
    assert math.isnan(found.sensitivity) and math.isnan(found.auc_hard) and math.isnan(found.auc_soft)
    assert found.specificity == 0.5 and found.accuracy == 0.5


def test_soft_area_is_undefined_without_probabilities() -> None:
    assert math.isnan(binary_scores([0, 1], [0, 1]).auc_soft)


def test_confusion_has_labels_down_and_predictions_across() -> None:
    labels, predicted = [0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 0, 2]
    found = confusion_matrix(labels, predicted, num_classes=4)
    np.testing.assert_array_equal(found, metrics.confusion_matrix(labels, predicted, labels=range(4)))
    assert accuracy(labels, predicted, num_classes=4) == pytest.approx(4 / 6)


@pytest.mark.parametrize(("labels", "predicted"), [([0, 2], [0, 1]), ([0, 1], [0, 0.5]), ([], []), ([0], [0, 1])])
def test_classes_outside_the_range_are_refused(labels: list[int], predicted: list[float]) -> None:
    with pytest.raises(InputError):
        binary_scores(labels, predicted)


def test_runs_reduce_as_the_printed_deviation_requires() -> None:
    found = over_runs([{"accuracy": value} for value in (98, 98, 98, 99, 100)])
    assert found["accuracy"] == pytest.approx((98.6, 0.8))  # Hockey Fight in source 000: 98.6 +- .8
