"""Retrieval against scikit-learn's neighbours and on made arrangements."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from vqaprep.errors import InputError
from vqaprep.evaluation.retrieval import QUERIES_AT_ONCE, recall_at


def test_recall_equals_scikit_learn_neighbours() -> None:
    rng = np.random.default_rng(0)
    known, wanted = rng.integers(0, 6, 90), rng.integers(0, 6, 40)
    centres = rng.normal(size=(6, 8))
    gallery = centres[known] + rng.normal(size=(90, 8)) + 3
    query = centres[wanted] + rng.normal(size=(40, 8)) + 3
    scaler = StandardScaler().fit(gallery)
    neighbours = NearestNeighbors(n_neighbors=10, metric="cosine").fit(scaler.transform(gallery))
    nearest = neighbours.kneighbors(scaler.transform(query), return_distance=False)
    found = recall_at(gallery, query, gallery_labels=known, query_labels=wanted, ks=(1, 5, 10))
    for k, share in found.items():
        assert share == pytest.approx(np.mean((known[nearest[:, :k]] == wanted[:, None]).any(axis=1)))


def test_standardisation_uses_the_gallery_alone() -> None:
    gallery, labels = np.array([[0.0, 100], [1, 100], [0, 101], [1, 101]]), [0, 1, 2, 3]
    # Shifting all queries must matter: their own mean is not removed.
    found = [
        recall_at(gallery, gallery + shift, gallery_labels=labels, query_labels=labels, ks=(1,))[1]
        for shift in (0.0, 50.0)
    ]
    assert found == [1, 0.25]


def test_recall_grows_with_k_and_is_whole_at_the_end() -> None:
    gallery = np.random.default_rng(0).normal(size=(20, 4))
    found = recall_at(gallery, gallery, gallery_labels=range(20), query_labels=[*range(1, 20), 0], ks=(1, 5, 20))
    assert found[1] == 0 and found[1] <= found[5] <= found[20] == 1


def test_a_class_absent_from_the_gallery_is_never_found() -> None:
    assert recall_at(np.eye(2)[::-1], np.array([[0, 1]]), gallery_labels=[0, 1], query_labels=[7], ks=(2,)) == {2: 0}


def test_constant_features_do_not_break_the_comparison() -> None:
    gallery = np.array([[5, -1], [5, 1]])
    assert recall_at(gallery, gallery, gallery_labels=[0, 1], query_labels=[0, 1], ks=(1,)) == {1: 1}


def test_many_queries_are_all_counted() -> None:
    num = QUERIES_AT_ONCE + 3
    query = np.tile([[0.0, 1]], (num, 1))
    labels = [0] * QUERIES_AT_ONCE + [1] * 3
    found = recall_at(np.eye(2)[::-1], query, gallery_labels=[0, 1], query_labels=labels, ks=(1,))
    assert found[1] == pytest.approx(QUERIES_AT_ONCE / num)


def test_a_neighbourhood_larger_than_the_gallery_is_refused() -> None:
    with pytest.raises(InputError, match="allowed is 1 to the 2 videos"):
        recall_at([[0.0], [1.0]], [[0.0]], gallery_labels=[0, 1], query_labels=[0])


def test_features_of_different_width_are_refused() -> None:
    with pytest.raises(InputError, match="2 columns"):
        recall_at(np.eye(2)[::-1], [[0.0]], gallery_labels=[0, 1], query_labels=[0], ks=(1,))
