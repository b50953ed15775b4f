"""Metrics of predicted quality scores: agreement and its interval, pairs, kinds of damage, P.1401 where it applies."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from vqaprep.evaluation.content_draws import contents, interval_of, srocc_draws
from vqaprep.evaluation.p1401 import outlier_ratio, pair_analysis, rmse_star
from vqaprep.evaluation.preference import kvq_score, pair_accuracy, source_pairs
from vqaprep.training.correlation import Correlation, MappingName, by_group, correlate, to_scale

_PARAMETERS = {"none": 0, "rescale": 2, "logistic4": 4}
"""What each mapping takes off the degrees of freedom."""


def score_metrics(found: pd.DataFrame, mapping: MappingName, seed: int, *, raters: int | None = None) -> dict[str, Any]:
    """Return the metrics of `said_quality` against `mos` by part: clips, videos, pairs, kinds, themes, P.1401.

    `raters` is how many people scored each video: with it, and a deviation `mos_std` of each video, errors are also
    held against the doubt of the scores themselves.
    """
    predicted, true = found["said_quality"].to_numpy(float), found["mos"].to_numpy(float)
    low, high = interval_of(srocc_draws(predicted, found, seed))
    interval = {"srocc_low_95": low, "srocc_high_95": high}
    scored: dict[str, Any] = {"clips": asdict(correlate(predicted, true, mapping=mapping)) | interval}
    means = found.groupby("video_id")[["said_quality", "mos"]].mean()
    if len(means) > 2 and found.groupby("video_id")["mos"].nunique().max() == 1:
        of_videos = correlate(means["said_quality"].to_numpy(), means["mos"].to_numpy(), mapping=mapping)
        scored["videos"] = asdict(of_videos)
        scored["pairs"] = _pair_scores(found, of_videos)
        if raters is not None:
            scored |= _against_doubt(found, of_videos.mapping, raters)
    if found["distortion_name"].nunique() > 1:
        scored["by_distortion"] = by_group(predicted, true, groups=found["distortion_name"].tolist(), mapping=mapping)
    if "theme" in found and found["theme"].nunique() > 1:
        themes = by_group(predicted, true, groups=found["theme"].fillna("none").astype(str).tolist(), mapping=mapping)
        scored["themes"] = {row.pop("group"): row for row in themes}
    return scored


def _against_doubt(found: pd.DataFrame, mapping: MappingName, raters: int) -> dict[str, Any]:
    """Return RMSE*, outlier ratio and pair analysis over videos with a deviation; nothing where too few have one."""
    if "mos_std" not in found:
        return {}
    videos = found.groupby("video_id")[["said_quality", "mos", "mos_std"]].mean().dropna()
    parameters = _PARAMETERS[mapping]
    if len(videos) <= max(parameters, 2):
        return {}
    predicted, true, deviation = (videos[name].to_numpy(float) for name in ("said_quality", "mos", "mos_std"))
    # The interval of a mean of few ratings has the width of Student's t (P.1401, section 7.4).
    half = float(t.ppf(0.975, raters - 1)) * deviation / np.sqrt(raters)
    _, on_scale = to_scale(predicted, true, mapping)
    return {
        "p1401": {
            "rmse_star": rmse_star(on_scale, true, half, num_parameters=parameters),
            "outlier_ratio": outlier_ratio(on_scale, true, half),
            **asdict(pair_analysis(predicted, true, half)),
            "num_videos": len(videos),
        }
    }


def _pair_scores(found: pd.DataFrame, of_videos: Correlation) -> dict[str, float]:
    """Return how often the better of two videos is recognised, of one content and of two, and the KVQ score."""
    videos = found.assign(content=contents(found))
    rows = videos.groupby("video_id").agg({"said_quality": "mean", "mos": "mean", "content": "first"})
    same, other = (
        pair_accuracy(rows["said_quality"].to_numpy(), rows["mos"].to_numpy(), pairs=pairs)
        for pairs in source_pairs(rows["content"].tolist())
    )
    known = np.isfinite([same, other]).all()
    score = kvq_score(of_videos, acc_source=same, acc_nonsource=other) if known else float("nan")
    return {"accuracy_same_source": same, "accuracy_other_source": other, "kvq_score": score}
