"""What the speed networks have to beat, on the same clips and folds by film.

- `constant`: the most frequent class of the training clips; `prior`: a class drawn by their shares.
- `metadata`: trees on the shape of the picture and its rate.
- `motion-curve trees`: trees on the mean absolute change of luma between neighbouring frames of the whole picture, as
  a logarithm and relative to the mean of the clip. They also learn from clips that are played backwards.
- `random network`: the same network with random weights, its feature, and a linear classifier.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from vqaprep.models.speediness import PRESETS, Model
from vqaprep.settings.seeds import rng_for
from vqaprep.training.augment import to_float
from vqaprep.training.data import Examples
from vqaprep.training.examples.query_key import QueryKey
from vqaprep.training.subsets import Folds

LABELS = ("speed_class", "localization_class")
RIVALS = ("constant", "prior", "metadata", "motion-curve trees", "random network")
_PASSES = 12  # each training window is drawn so many times; more did not help, as the films are the bound
_NOISE = 0.05
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def rivals(shards: Path, kind: QueryKey, *, fold: int, draws: int, seed: int) -> pd.DataFrame:
    """Return a row for each test clip of `fold`, in the order of `vqaprep evaluate --draws`.

    Columns: `key`, `video_id`, `group_id`, each label that the clips have, and `RIVAL: LABEL`, what a rival says.
    """
    folds = Folds(fold)
    train = Examples(shards, kind, split="train", seed=seed, passes=_PASSES, folds=folds)
    test = Examples(shards, kind.for_evaluation(), split="test", seed=seed, folds=folds)
    (known, labelled), (new, found) = _read(train, 1), _read(test, draws)
    for label in LABELS:
        if label in found:
            for name, said in _predicted(known, labelled[label].to_numpy(int), new, rng_for(seed, label, fold)).items():
                found[f"{name}: {label}"] = said
    return found


def curve(frames_THWC: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the 2 (T - 1) numbers of a clip: its log motion curve, and the same relative to its mean."""
    luma = frames_THWC @ _LUMA
    level = np.log(np.abs(np.diff(luma, axis=0)).mean(axis=(1, 2)) + _NOISE)
    return np.concatenate([level, level - level.mean()])


def _predicted(
    known: dict[str, NDArray[Any]], label: NDArray[np.int64], new: dict[str, NDArray[Any]], rng: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    num = len(new["curve"])
    shares = np.bincount(label) / len(label)
    said = {
        "constant": np.full(num, shares.argmax()),
        "prior": rng.choice(len(shares), size=num, p=shares),
        "random network": make_pipeline(StandardScaler(), RidgeClassifier())
        .fit(known["feature"], label)
        .predict(new["feature"]),
    }
    for name, inputs in (("metadata", "metadata"), ("motion-curve trees", "curve")):
        trees = ExtraTreesClassifier(200, min_samples_leaf=3, max_features=0.3, random_state=0)
        said[name] = trees.fit(known[inputs], label).predict(new[inputs])
    return said


def _read(examples: Examples, draws: int) -> tuple[dict[str, NDArray[Any]], pd.DataFrame]:
    torch.manual_seed(0)
    network = Model(PRESETS["motion"]).eval()
    inputs: dict[str, list[Any]] = {"curve": [], "metadata": [], "feature": []}
    rows = []
    for draw in range(draws):
        for number in range(len(examples)):
            example, record = examples[draw, number], examples.record(number)
            clip = example["clip"]
            inputs["curve"].append(curve(clip.numpy()))
            inputs["metadata"].append((clip.shape[2] / clip.shape[1], record["rate_fps"]))
            with torch.inference_mode():
                inputs["feature"].append(network.features(to_float(clip[None]))[0].numpy())
            about = {name: record[name] for name in ("key", "video_id", "group_id")}
            rows.append(about | {name: example[name] for name in LABELS if name in example})
    return {name: np.stack(values) for name, values in inputs.items()}, pd.DataFrame(rows)
