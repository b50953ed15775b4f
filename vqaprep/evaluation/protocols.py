"""From predictions to the tables of the papers: which metrics belong to which kind of label."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from vqaprep.errors import InputError
from vqaprep.evaluation import scorers
from vqaprep.evaluation.action import classify_videos, mean_over_clips
from vqaprep.evaluation.classification import accuracy, binary_scores, confusion_matrix
from vqaprep.evaluation.interval import bootstrap
from vqaprep.evaluation.preference import kvq_score, pair_accuracy, source_pairs
from vqaprep.evaluation.retrieval import recall_at
from vqaprep.evaluation.subject import subject_scores, vote
from vqaprep.settings.seeds import rng_for
from vqaprep.training.correlation import Correlation, MappingName, by_group, correlate

_CLASSES = ("speed_class", "localization_class", "pace", "distortion", "label")
_KS = (1, 5, 10, 20, 50)
_NUM_DRAWS = 1000
FloatArray = npt.NDArray[np.float64]


def scores(
    found: pd.DataFrame,
    shares: dict[str, npt.NDArray[np.float32]],
    *,
    mapping: MappingName,
    positive: int = 1,
    seed: int = 0,
) -> dict[str, Any]:
    """Return every metric that these predictions allow, by label and then by name.

    Examples whose true value is not known do not count. Of two classes, `positive` is the one to be detected.
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
        metrics["quality"] = _quality_scores(found[found["mos"].notna()], mapping, seed)
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
        known = found.assign(said_quality=quality).dropna(subset=["said_quality", "mos"])
        if len(known) > 1:
            made[name], said[name] = {"quality": _quality_scores(known, mapping, seed)}, quality
    for name, quality in said.items():
        low, high = leads(found, quality.to_numpy(float), seed=seed)
        made[name]["quality"]["clips"] |= {"lead_low_95": low, "lead_high_95": high}
    return made


def leads(ours: pd.DataFrame, theirs: FloatArray, *, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of how much higher our rank correlation is than theirs, on the same clips.

    Videos are drawn with replacement, the same for both; `theirs` (N,) is higher for better, NaN where
    undefined. All of it above zero: ours is better.
    """
    is_known = np.isfinite(theirs) & ours["mos"].notna().to_numpy()
    known, said = ours[is_known], theirs[is_known]
    first = _srocc_draws(known["said_quality"].to_numpy(float), known, seed)
    return _interval(first - _srocc_draws(said, known, seed))


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
    for name, found in metrics.items():
        if not isinstance(found, dict):
            continue
        if "accuracy" in found:
            low, high = found["interval_95"]
            names = ("accuracy", "chance", "constant")
            rows.append({"label": name} | {n: found[n] for n in names} | {"low_95": low, "high_95": high})
        if name == "retrieval":
            rows.append({"label": f"retrieval by {found['by']}"} | {n: v for n, v in found.items() if "R@" in n})
        for part in ("clips", "videos", "subjects", "pairs"):
            if part in found:
                rows.append({"label": f"{name} ({part})"} | found[part])
        for row in found.get("by_distortion", []):
            rows.append({"label": f"{name} ({row['group']})"} | {n: v for n, v in row.items() if n != "group"})
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
    return scored


def _label_scores(found: pd.DataFrame, shares: npt.NDArray[np.float32], positive: int) -> dict[str, Any]:
    """Score whole videos by mean softmax over their clips (source 003), and of two classes the subjects by vote."""
    videos, said_videos = classify_videos(shares, found["video_id"].tolist())
    true_videos = found.groupby("video_id")["label"].first().loc[videos].to_numpy(int)
    scored: dict[str, Any] = {"videos": {"accuracy": float(np.mean(said_videos == true_videos))}}
    if shares.shape[1] == 2:
        true, said = (found[column].to_numpy(int) == positive for column in ("label", "said_label"))
        chance = shares[:, positive]
        scored["clips"] = asdict(binary_scores(true, said, probabilities=chance))
        votes = vote(subjects(found), true.astype(int), predicted=said.astype(int), probabilities=chance)
        scored["subjects"] = asdict(subject_scores(votes))
    return scored


def _quality_scores(found: pd.DataFrame, mapping: MappingName, seed: int) -> dict[str, Any]:
    said, true = found["said_quality"].to_numpy(float), found["mos"].to_numpy(float)
    low, high = _interval(_srocc_draws(said, found, seed))
    interval = {"srocc_low_95": low, "srocc_high_95": high}
    scored: dict[str, Any] = {"clips": asdict(correlate(said, true, mapping=mapping)) | interval}
    means = found.groupby("video_id")[["said_quality", "mos"]].mean()
    if len(means) > 2 and found.groupby("video_id")["mos"].nunique().max() == 1:
        of_videos = correlate(means["said_quality"].to_numpy(), means["mos"].to_numpy(), mapping=mapping)
        scored["videos"] = asdict(of_videos)
        scored["pairs"] = _pair_scores(found, of_videos)
    if found["distortion_name"].nunique() > 1:
        scored["by_distortion"] = by_group(said, true, groups=found["distortion_name"].tolist(), mapping=mapping)
    if "theme" in found and found["theme"].nunique() > 1:
        themes = by_group(said, true, groups=found["theme"].fillna("none").astype(str).tolist(), mapping=mapping)
        scored["themes"] = {row.pop("group"): row for row in themes}
    return scored


def _pair_scores(found: pd.DataFrame, of_videos: Correlation) -> dict[str, float]:
    """Say how often the better of two videos is told, of one source content and of two, and the KVQ score of it all."""
    videos = found.assign(
        source=found["group_id"].fillna(found["video_id"]) if "group_id" in found else found["video_id"]
    )
    rows = videos.groupby("video_id").agg({"said_quality": "mean", "mos": "mean", "source": "first"})
    same, other = (
        pair_accuracy(rows["said_quality"].to_numpy(), rows["mos"].to_numpy(), pairs=pairs)
        for pairs in source_pairs(rows["source"].astype(str).tolist())
    )
    known = np.isfinite([same, other]).all()
    score = kvq_score(of_videos, acc_source=same, acc_nonsource=other) if known else float("nan")
    return {"accuracy_same_source": same, "accuracy_other_source": other, "kvq_score": score}


def _srocc_draws(said: FloatArray, found: pd.DataFrame, seed: int) -> FloatArray:
    """Return the rank correlation over clips for 1000 draws of whole videos; NaN for one video alone."""
    true, videos = found["mos"].to_numpy(float), found["video_id"].to_numpy(str)
    members = [np.flatnonzero(videos == name) for name in np.unique(videos)]
    rng, values = rng_for(seed, "bootstrap", "srocc"), np.full(_NUM_DRAWS, np.nan)
    for draw in range(_NUM_DRAWS if len(members) > 1 else 0):
        rows = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        ranks = rankdata(np.stack([said[rows], true[rows]]), axis=1)
        if np.ptp(ranks, axis=1).all():
            values[draw] = np.corrcoef(ranks)[0, 1]
    return values


def _interval(values: FloatArray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, (0.025, 0.975)) if len(known) else (np.nan, np.nan)
    return float(low), float(high)


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
