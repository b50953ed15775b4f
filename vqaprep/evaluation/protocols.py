"""From predictions to the tables of the papers: which metrics belong to which kind of label."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vqaprep.errors import InputError
from vqaprep.evaluation import scorers
from vqaprep.evaluation.action import classify_videos, mean_over_clips
from vqaprep.evaluation.classification import accuracy, binary_scores, confusion_matrix
from vqaprep.evaluation.content_draws import interval_of, share_draws, srocc_draws
from vqaprep.evaluation.p1401 import calibration_error
from vqaprep.evaluation.retrieval import recall_at
from vqaprep.evaluation.score_metrics import score_metrics
from vqaprep.evaluation.subject import subject_scores, vote
from vqaprep.training.agreement import balanced_accuracy
from vqaprep.training.correlation import MappingName

_CLASSES = ("speed_class", "localization_class", "pace", "distortion", "label")
_KS = (1, 5, 10, 20, 50)
FloatArray = npt.NDArray[np.float64]


def scores(
    found: pd.DataFrame,
    shares: dict[str, npt.NDArray[np.float32]],
    *,
    mapping: MappingName,
    positive: int = 1,
    seed: int = 0,
    raters: int | None = None,
) -> dict[str, Any]:
    """Return every metric that these predictions allow, by label and then by name.

    Examples whose true value is not known do not count. Of two classes, `positive` is the one to be detected. `raters`:
    how many people scored each video, see `score_metrics`.
    """
    metrics: dict[str, Any] = {"num_examples": len(found), "num_videos": int(found["video_id"].nunique())}
    for name in _CLASSES:
        if name in found and f"said_{name}" in found:
            is_known = found[name].notna().to_numpy()
            known = shares[name][is_known] if name in shares else None
            metrics[name] = _class_scores(found[is_known], name, known, seed)
            if name == "label" and known is not None:
                metrics[name] |= _label_scores(found[is_known], known, positive)
    if "mos" in found and "said_quality" in found and found["mos"].count() > 1:
        metrics["quality"] = score_metrics(found[found["mos"].notna()], mapping, seed, raters=raters)
    return metrics


def baselines(
    found: pd.DataFrame,
    fresh: tuple[pd.DataFrame, dict[str, npt.NDArray[np.float32]]],
    *,
    mapping: MappingName,
    positive: int = 1,
    seed: int = 0,
) -> dict[str, dict[str, Any]]:
    """Return the metrics of others on the same examples: `fresh` predictions of random weights, and other scorers.

    Those are the columns `measured_NAME` of `found`; clips that a scorer is not defined on do not
    count. Beside each stands how much higher our rank correlation is, see `leads`.
    """
    made = {"random weights": scores(*fresh, mapping=mapping, positive=positive, seed=seed)}
    said = {"random weights": fresh[0]["said_quality"]} if "quality" in made["random weights"] else {}
    for column in found.columns[found.columns.str.startswith("measured_")]:
        other = scorers.get(column.removeprefix("measured_"))
        name, quality = other.title, found[column] * (1 if other.better == "higher" else -1)
        scored = found.assign(said_quality=quality).dropna(subset=["said_quality", "mos"])
        if len(scored) > 1:
            made[name], said[name] = {"quality": score_metrics(scored, mapping, seed)}, quality
    for name, quality in said.items():
        low, high = leads(found, quality.to_numpy(float), seed=seed)
        made[name]["quality"]["clips"] |= {"lead_low_95": low, "lead_high_95": high}
    return made


def leads(ours: pd.DataFrame, theirs: FloatArray, *, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of how much higher our rank correlation is than theirs, on the same clips.

    Contents are drawn with replacement, the same for both; `theirs` (N,) is higher for better, NaN where
    undefined. All of it above zero: ours is better.
    """
    is_known = np.isfinite(theirs) & ours["mos"].notna().to_numpy()
    our_scores, their_scores = ours[is_known], theirs[is_known]
    first = srocc_draws(our_scores["said_quality"].to_numpy(float), our_scores, seed)
    return interval_of(first - srocc_draws(their_scores, our_scores, seed))


def retrieval(
    gallery: tuple[npt.NDArray[np.float32], Sequence[Mapping[str, Any]]],
    query: tuple[npt.NDArray[np.float32], Sequence[Mapping[str, Any]]],
) -> dict[str, Any]:
    """Return R@k of videos of the evaluated split among those of the training split, by `label` (source 003).

    Both are (features (N, D), records); a video's feature is the mean of its clips'. Without labels a clip's
    own video is its class: every second scene of each evaluated video is sought among the others.

    Raises:
        InputError: no labels, and no video with two scenes.
    """
    if all(record["label"] is not None for record in (*gallery[1], *query[1])):
        known, wanted = (_by_video(*part) for part in (gallery, query))
        kind = "label"
    else:
        known, wanted = _halves(*query)
        kind = "video"
    ks = [k for k in _KS if k <= len(known[1])]
    found = recall_at(known[0], wanted[0], gallery_labels=known[1], query_labels=wanted[1], ks=ks)
    recalls = {f"R@{k}": share for k, share in found.items()}
    return {"by": kind, "num_gallery": len(known[1]), "num_queries": len(wanted[1])} | recalls


def table(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics as rows: one a label with accuracy, interval and chance, one a set of correlations.

    Where there are baselines, `method` says whose row it is, and theirs stand below ours.
    """
    others = metrics.get("baselines", {})
    if not others:
        return _rows(metrics)
    methods = {"this run": metrics} | others
    return [{"method": method} | row for method, found in methods.items() for row in _rows(found)]


def subjects(found: pd.DataFrame) -> list[str]:
    """Return whose clip each row is: the subject, or the video where no subject is known."""
    return [str(s or v) for s, v in zip(found["subject_id"], found["video_id"], strict=True)]


def _rows(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, values in metrics.items():
        if not isinstance(values, dict):
            continue
        if "accuracy" in values:
            low, high = values["interval_95"]
            names = ("accuracy", "balanced_accuracy", "chance", "constant", "calibration_error")
            rows.append(
                {"label": name} | {n: values[n] for n in names if n in values} | {"low_95": low, "high_95": high}
            )
        if name == "retrieval":
            rows.append({"label": f"retrieval by {values['by']}"} | {n: v for n, v in values.items() if "R@" in n})
        for part in ("clips", "videos", "subjects", "pairs", "p1401"):
            if part in values:
                rows.append({"label": f"{name} ({part})"} | values[part])
        for row in values.get("by_distortion", []):
            rows.append({"label": f"{name} ({row['group']})"} | {n: v for n, v in row.items() if n != "group"})
    return rows


def _class_scores(found: pd.DataFrame, name: str, shares: npt.NDArray[np.float32] | None, seed: int) -> dict[str, Any]:
    """Accuracy with its 95 % interval over contents, beside the best that a constant answer could do."""
    true, predicted = found[name].to_numpy(int), found[f"said_{name}"].to_numpy(int)
    num_classes = int(shares.shape[1]) if shares is not None else int(max(true.max(), predicted.max())) + 1
    low, high = interval_of(share_draws(true == predicted, found, seed))
    scored: dict[str, Any] = {
        "accuracy": accuracy(true, predicted, num_classes=num_classes),
        "balanced_accuracy": balanced_accuracy(predicted, true),
        "interval_95": [low, high],
        "chance": 1 / num_classes,
        "constant": float(np.bincount(true, minlength=num_classes).max() / len(true)),
        "confusion": confusion_matrix(true, predicted, num_classes=num_classes).tolist(),
    }
    if shares is not None:
        scored["calibration_error"] = calibration_error(shares.max(axis=1), shares.argmax(axis=1) == true)
    return scored


def _label_scores(found: pd.DataFrame, shares: npt.NDArray[np.float32], positive: int) -> dict[str, Any]:
    """Score whole videos by mean softmax over their clips (source 003), and of two classes the subjects by vote."""
    videos, said_videos = classify_videos(shares, found["video_id"].tolist())
    true_videos = found.groupby("video_id")["label"].first().loc[videos].to_numpy(int)
    scored: dict[str, Any] = {"videos": {"accuracy": float(np.mean(said_videos == true_videos))}}
    if shares.shape[1] == 2:
        true, predicted = (found[column].to_numpy(int) == positive for column in ("label", "said_label"))
        chance = shares[:, positive]
        scored["clips"] = asdict(binary_scores(true, predicted, probabilities=chance))
        votes = vote(subjects(found), true.astype(int), predicted=predicted.astype(int), probabilities=chance)
        scored["subjects"] = asdict(subject_scores(votes))
    return scored


def _by_video(features_ND: npt.NDArray[Any], records: Sequence[Mapping[str, Any]]) -> tuple[FloatArray, list[str]]:
    label = {record["video_id"]: str(record["label"]) for record in records}
    names, means = mean_over_clips(features_ND, [record["video_id"] for record in records])
    return means, [label[name] for name in names]


def _halves(features_ND: npt.NDArray[Any], records: Sequence[Mapping[str, Any]]) -> list[tuple[Any, list[str]]]:
    """Split the scenes of each video into even ones (known) and odd ones (wanted), with their videos' ids."""
    videos = [str(record["video_id"]) for record in records]
    keys = pd.Series([record["key"] for record in records])
    number = keys.groupby(videos).transform(lambda of_video: pd.factorize(of_video)[0]).to_numpy()
    parts = [np.flatnonzero(number % 2 == odd) for odd in (0, 1)]
    if not len(parts[1]):
        raise InputError("no labels, and one clip a video: label the videos, or cut more clips (`vqaprep speed`)")
    return [(features_ND[rows], [videos[i] for i in rows]) for rows in parts]
