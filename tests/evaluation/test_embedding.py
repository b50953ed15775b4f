"""The plane keeps neighbours together, reproducibly."""

import numpy as np
import pytest

from vqaprep.errors import InputError
from vqaprep.evaluation.embedding import tsne


def test_separate_clusters_stay_separate_and_runs_repeat() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 12)
    features = rng.normal(size=(24, 6)) + 20 * labels[:, None]
    points = tsne(features, seed=1)
    assert points.shape == (24, 2)
    distance = np.linalg.norm(points[:, None] - points, axis=2) + 1e9 * np.eye(24)
    assert (labels[distance.argmin(axis=1)] == labels).all()
    np.testing.assert_array_equal(points, tsne(features, seed=1))


def test_too_few_features_are_refused() -> None:
    with pytest.raises(InputError, match="at least 4 rows"):
        tsne(np.zeros((3, 5)), seed=0)
