"""From predictions to the tables of the papers: which metrics belong to which kind of label."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vqaprep.draws import rng_for
from vqaprep.evaluate.classification import accuracy, binary_scores, confusion_matrix
from vqaprep.evaluate.correlation import MappingName, by_group, correlate
from vqaprep.evaluate.interval import bootstrap
from vqaprep.evaluate.subject import subject_scores, vote

_CLASSES = ("speed_class", "localization_class", "pace", "distortion", "label")


def scores(
    found: pd.DataFrame, shares: dict[str, npt.NDArray[np.float32]], *, mapping: MappingName, seed: int = 0
) -> dict[str, Any]:
    """Return every metric that these predictions allow, by label and then by name."""
    metrics: dict[str, Any] = {"num_examples": len(found), "num_videos": int(found["video_id"].nunique())}
    for name in _CLASSES:
        if name in found and f"said_{name}" in found:
            metrics[name] = _class_scores(found, name, shares.get(name), seed)
    if "mos" in found and "said_quality" in found:
        metrics["quality"] = _quality_scores(found, mapping)
    return metrics


def table(metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics as rows: one a label with accuracy, interval and chance, one a set of correlations."""
    rows: list[dict[str, Any]] = []
    for name, found in metrics.items():
        if not isinstance(found, dict):
            continue
        if "accuracy" in found:
            low, high = found["interval_95"]
            names = ("accuracy", "chance", "constant")
            rows.append({"label": name} | {n: found[n] for n in names} | {"low_95": low, "high_95": high})
        for part in ("clips", "videos", "subjects"):
            if part in found:
                rows.append({"label": f"{name} ({part})"} | found[part])
        rows += [{"label": f"{name} ({row['group']})"} | row for row in found.get("by_distortion", [])]
    return rows


def _class_scores(found: pd.DataFrame, name: str, shares: npt.NDArray[np.float32] | None, seed: int) -> dict[str, Any]:
    """Accuracy with its 95 % interval over videos, beside the best that a constant answer could do."""
    true, said = found[name].to_numpy(int), found[f"said_{name}"].to_numpy(int)
    num_classes = int(shares.shape[1]) if shares is not None else int(max(true.max(), said.max())) + 1
    interval = bootstrap(true == said, found["video_id"].tolist(), rng=rng_for(seed, "bootstrap", name))
    scored: dict[str, Any] = {
        "accuracy": accuracy(true, said, num_classes=num_classes),
        "interval_95": [interval.low, interval.high],
        "chance": 1 / num_classes,
        "constant": float(np.bincount(true, minlength=num_classes).max() / len(true)),
        "confusion": confusion_matrix(true, said, num_classes=num_classes).tolist(),
    }
    if num_classes == 2 and name == "label" and shares is not None:
        scored["clips"] = asdict(binary_scores(true, said, probabilities=shares[:, 1]))
        subjects = _subjects(found)
        votes = vote(subjects, true, predicted=said, probabilities=shares[:, 1])
        scored["subjects"] = asdict(subject_scores(votes))
    return scored


def _quality_scores(found: pd.DataFrame, mapping: MappingName) -> dict[str, Any]:
    said, true = found["said_quality"].to_numpy(float), found["mos"].to_numpy(float)
    scored: dict[str, Any] = {"clips": asdict(correlate(said, true, mapping=mapping))}
    means = found.groupby("video_id")[["said_quality", "mos"]].mean()
    if len(means) > 2 and found.groupby("video_id")["mos"].nunique().max() == 1:
        scored["videos"] = asdict(correlate(means["said_quality"].to_numpy(), means["mos"].to_numpy(), mapping=mapping))
    if found["distortion_name"].nunique() > 1:
        scored["by_distortion"] = by_group(said, true, groups=found["distortion_name"].tolist(), mapping=mapping)
    return scored


def _subjects(found: pd.DataFrame) -> Sequence[str]:
    return [str(s or v) for s, v in zip(found["subject_id"], found["video_id"], strict=True)]
