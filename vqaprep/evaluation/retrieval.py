"""Nearest-neighbour retrieval of videos by their features, as in source 003."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vqaprep.errors import InputError

FloatArray = NDArray[np.float64]
Labels = NDArray[np.generic]
QUERIES_AT_ONCE = 1024


def recall_at(
    gallery_ND: ArrayLike,
    query_MD: ArrayLike,
    *,
    gallery_labels: ArrayLike,
    query_labels: ArrayLike,
    ks: Sequence[int] = (1, 5, 10, 20, 50),
) -> dict[int, float]:
    """Give, for each k, the share of queries with their own class among the k nearest gallery videos.

    The gallery is the training split. Both sets are standardised by the gallery's mean and deviation and
    compared by cosine; features that are constant in the gallery are only centred.
    """
    gallery, query = np.asarray(gallery_ND, dtype=np.float64), np.asarray(query_MD, dtype=np.float64)
    gallery_classes, wanted = np.asarray(gallery_labels), np.asarray(query_labels)
    _check(gallery, query, gallery_classes, wanted)
    if not 1 <= min(ks) <= max(ks) <= len(gallery):
        raise InputError(f"k of {tuple(ks)}; allowed is 1 to the {len(gallery)} videos of the gallery.")
    mean, spread = gallery.mean(axis=0), gallery.std(axis=0)
    spread[spread == 0] = 1
    directions = _unit((gallery - mean) / spread)
    first_hit = np.concatenate(
        [
            _first_hit(directions, _unit((query[rows] - mean) / spread), gallery_classes, wanted[rows])
            for rows in np.split(np.arange(len(query)), range(QUERIES_AT_ONCE, len(query), QUERIES_AT_ONCE))
        ]
    )
    return {k: float(np.mean(first_hit < k)) for k in ks}


def _first_hit(gallery: FloatArray, query: FloatArray, known: Labels, wanted: Labels) -> NDArray[np.int64]:
    """Rank, from 0, of the nearest gallery video of each query's class; the gallery's size when it has none."""
    nearest = np.argsort(-(query @ gallery.T), axis=1, kind="stable")
    is_hit = known[nearest] == wanted[:, None]
    return np.where(is_hit.any(axis=1), is_hit.argmax(axis=1), len(gallery))


def _unit(rows: FloatArray) -> FloatArray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: FloatArray = rows / np.where(length > 0, length, 1)
    return unit


def _check(gallery: FloatArray, query: FloatArray, known: Labels, wanted: Labels) -> None:
    for name, features, labels in (("gallery", gallery, known), ("query", query, wanted)):
        if features.ndim != 2 or len(features) != len(labels) or not len(features):
            raise InputError(f"{name} features {features.shape} with {len(labels)} labels; give a row per label.")
    if gallery.shape[1] != query.shape[1]:
        raise InputError(f"gallery features have {gallery.shape[1]} columns, query ones {query.shape[1]}.")
