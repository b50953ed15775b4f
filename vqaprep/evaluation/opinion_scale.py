"""The scale on which a run learned quality: a logistic from its scores to opinions, with an interval."""

import json
import logging
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vqaprep.errors import InputError
from vqaprep.evaluation.predict import predictions
from vqaprep.evaluation.trained import load_run
from vqaprep.storage.durable import durable, read_json
from vqaprep.training.correlation import FloatArray, fitted_logistic4, logistic4
from vqaprep.training.subsets import open_subset

SCALE = "scale.json"
_log = logging.getLogger(__name__)
_COVERAGE = 0.9
_BATCH = 8
_MOST_FOLDS = 20
_FEWEST = 10  # with fewer videos no distance holds for 90 % of all
_VIEW = ["video_id", "distortion_name", "level"]


@dataclass(frozen=True, slots=True)
class OpinionScale:
    """Turns the quality that a run predicts into the unit of what it learned from.

    Attributes:
        target: `mos`, or the measure that was learned.
        betas: of `logistic4` (source 001).
        half_width: half of the 90 % interval, in the unit of the target.
        num_videos: validation videos that both were fitted on.
    """

    target: str
    betas: tuple[float, float, float, float]
    half_width: float
    num_videos: int

    def columns(self, quality: float) -> dict[str, float]:
        """Return the value of a video's mean quality, and the ends of its interval, by the names of their columns."""
        value = float(logistic4(quality, *self.betas))
        ends = {f"{self.target}_low": value - self.half_width, f"{self.target}_high": value + self.half_width}
        return {self.target: value} | ends

    def save(self, run: Path) -> None:
        """Write it into the folder of its run, durably."""
        with durable(run / SCALE) as temporary:
            temporary.write_text(json.dumps(asdict(self)), encoding="utf-8")


def load_scale(run: Path) -> OpinionScale | None:
    """Return the scale of a run, or None where it keeps none.

    Raises:
        InputError: the file is damaged.
    """
    if not (run / SCALE).is_file():
        return None
    try:
        values: dict[str, Any] = dict(read_json(run / SCALE, remedy="train the run again"))
        betas = tuple(float(beta) for beta in values["betas"])
        scale = OpinionScale(str(values["target"]), betas, float(values["half_width"]), int(values["num_videos"]))  # type: ignore[arg-type]  # its length is checked below
        is_whole = len(betas) == 4 and all(map(math.isfinite, (*betas, scale.half_width))) and betas[3] != 0
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{run / SCALE} is damaged ({error!r}); train the run again, with --force") from error
    if not is_whole:
        raise InputError(f"{run / SCALE} holds no scale; train the run again, with --force")
    return scale


def keep_scale(run: Path, shards: Path, *, target: str, seed: int) -> None:
    """Keep in a run how its scores are brought to opinions, where the validation split of its shards has them."""
    trained = load_run(run)
    if trained.contract.needs != "mos" or not len(open_subset(shards, "val", trained.folds)):
        return
    predicted, _ = predictions(trained, shards, split="val", batch=_BATCH, seed=seed)
    scale = fit_scale(predicted, target)
    if scale is None:
        _log.info("%s keeps no scale: too few validation videos, or no curve fits; `score` gives raw quality", run)
    else:
        scale.save(run)


def fit_scale(predicted: pd.DataFrame, target: str) -> OpinionScale | None:
    """Return the scale of what a run predicted on its validation split, or None where it cannot be fitted.

    `predicted` is a table of `evaluation.predict.predictions`. The interval is conformal: each video's error is that of
    a logistic fitted without it (in at most 20 folds of videos), and 90 % of the errors are within `half_width`.
    """
    if not {"said_quality", "mos"} <= set(predicted.columns):
        return None
    known = predicted[np.isfinite(predicted["said_quality"]) & np.isfinite(predicted["mos"])]
    of_views = known.groupby(_VIEW, sort=True)[["said_quality", "mos"]].mean().reset_index()
    videos = np.unique(of_views["video_id"].to_numpy(str), return_inverse=True)[1]
    scores, truths = of_views["said_quality"].to_numpy(float), of_views["mos"].to_numpy(float)
    num_videos = int(videos.max()) + 1 if len(videos) else 0
    betas = fitted_logistic4(scores, truths) if num_videos >= _FEWEST else None
    if betas is None:
        return None
    errors = _errors(scores, truths, folds=videos % _MOST_FOLDS)
    # The quantile of split conformal prediction; the videos, not their views, are independent.
    share = min(1.0, math.ceil((num_videos + 1) * _COVERAGE) / num_videos)
    b1, b2, b3, b4 = (float(beta) for beta in betas)
    return OpinionScale(target, (b1, b2, b3, b4), float(np.quantile(errors, share, method="higher")), num_videos)


def _errors(scores: FloatArray, truths: FloatArray, *, folds: np.ndarray[Any, Any]) -> FloatArray:
    """Return the absolute error (N,) of each score under a logistic that did not see its fold."""
    errors = np.empty(len(scores))
    for fold in np.unique(folds):
        inside = folds == fold
        betas = fitted_logistic4(scores[~inside], truths[~inside])
        # Where the rest has no logistic, the mean of the rest is what is known.
        mapped = truths[~inside].mean() if betas is None else logistic4(scores[inside], *betas)
        errors[inside] = np.abs(mapped - truths[inside])
    return errors
