"""Plain arrays predict what the library that fitted them predicts, and damaged ones are refused."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from benchmarks.scorer.fit import fit_kernel, joined
from benchmarks.scorer.fit import forest_of as converted
from tests.evaluation.quality.conftest import stump
from vqaprep.errors import InputError
from vqaprep.evaluation.quality.kernel import kernel_of
from vqaprep.evaluation.quality.trees import forest_of
from vqaprep.evaluation.quality.weights import load_weights, weights_path


def test_a_forest_predicts_what_its_library_predicts() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 5)).astype(np.float32)
    target = inputs[:, 0] ** 2 + inputs[:, 1]
    models = [HistGradientBoostingRegressor(max_iter=8, random_state=seed).fit(inputs, target) for seed in range(2)]
    forests = [converted(model) for model in models]
    for model, forest in zip(models, forests, strict=True):
        np.testing.assert_allclose(forest.predict(inputs), model.predict(inputs), atol=1e-5)
    mean = np.mean([model.predict(inputs) for model in models], axis=0)
    np.testing.assert_allclose(joined(forests).predict(inputs), mean, atol=1e-5)


def test_a_forest_comes_back_from_its_arrays() -> None:
    forest = forest_of(stump(1, 2).arrays("a"), "a", 1)
    np.testing.assert_array_equal(forest.predict(np.array([[99], [101]], np.float32)), [1, 2])


@pytest.mark.parametrize(("name", "value"), [("left", 3), ("right", -1), ("feature", 1), ("roots", 9)])
def test_arrays_that_point_outside_are_refused(name: str, value: int) -> None:
    arrays = {key: array.copy() for key, array in stump(1, 2).arrays("a").items()}
    arrays[f"a.{name}"][0] = value
    with pytest.raises(InputError, match="damaged"):
        forest_of(arrays, "a", 1)


def test_another_file_is_no_weights(tmp_path: Path, weights_file: Path) -> None:
    assert load_weights(weights_file).about["name"] == "bright 1"
    other = tmp_path / "other.npz"
    np.savez(other, a=np.zeros(3))
    for path in (other, Path(__file__)):
        with pytest.raises(InputError, match="no weights file"):
            load_weights(path)
    with pytest.raises(InputError, match=r"do not exist"):
        weights_path(str(tmp_path / "missing.npz"))
    with pytest.raises(InputError, match=r"weights 'qualty'.*quality"):
        weights_path("qualty")


def test_a_kernel_is_the_sum_of_its_bumps_and_learns_a_curve() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.uniform(-2, 2, (300, 2)).astype(np.float32)
    target = 50 + 20 * np.sin(inputs[:, 0].astype(float))
    kernel = fit_kernel(inputs, target)
    assert np.abs(kernel.predict(inputs) - target).mean() < 1.5
    again = kernel_of(kernel.arrays("k"), "k", 2)
    scaled = (inputs[:1] - kernel.mean) / kernel.spread
    bumps = np.exp(-kernel.gamma * np.square(scaled - kernel.centres.astype(float)).sum(axis=1))
    assert again.predict(inputs[:1])[0] == pytest.approx(kernel.base + bumps @ kernel.weights, abs=1e-4)
    with pytest.raises(InputError, match="do not fit"):
        kernel_of(kernel.arrays("k"), "k", 3)
