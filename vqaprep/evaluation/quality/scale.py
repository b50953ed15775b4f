"""The scale of a score: a 90 % interval, a percentile, a word, and when the scorer does not know."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vqaprep.evaluation.quality.spatial import Numbers
from vqaprep.evaluation.quality.weights import Weights

WORDS = ((80.0, "excellent"), (60.0, "good"), (40.0, "fair"), (20.0, "poor"), (-np.inf, "bad"))
"""VMAF was fitted so that its steps of 20 are those of the five-point ACR scale."""


@dataclass(frozen=True)
class Score:
    """The quality of a second or of a video, in [0, 100], with a 90 % interval.

    `drawn` is the share of evidence, in [0, 1], that pictures are drawn or of a screen; `strange` is the share of the
    inputs that lie outside the range of the clips that the scorer learned from.
    """

    quality: float
    low: float
    high: float
    drawn: float
    strange: float


def score_second(weights: Weights, windows: Sequence[Numbers]) -> Score:
    """Return the score of one second: the mean over its windows."""
    inputs = inputs_of(weights.inputs, windows)
    scale, domain = weights.about["scale"], weights.about["domain"]
    quality = float(weights.quality(inputs).mean())
    half = float(np.exp(weights.forests["spread"].predict(inputs)).mean()) * float(scale["times"])
    drawn = float((1 / (1 + np.exp(-weights.forests["drawn"].predict(inputs)))).mean())
    low, high = (np.asarray(domain[name], np.float32) for name in ("lowest", "highest"))
    strange = float(((inputs < low) | (inputs > high)).mean())
    return Score(quality, max(0.0, quality - half), min(100.0, quality + half), drawn, strange)


def score_video(seconds: Sequence[Score]) -> Score:
    """Return the score of a video: means over its seconds. Its interval is as wide as that of a second.

    Errors of the seconds of one film go the same way, so their mean is not surer than one of them.
    """
    means = np.array([[one.quality, one.high - one.low, one.drawn, one.strange] for one in seconds]).mean(axis=0)
    halves = np.array([[one.quality - one.low, one.high - one.quality] for one in seconds]).mean(axis=0)
    quality = float(means[0])
    return Score(quality, quality - float(halves[0]), quality + float(halves[1]), float(means[2]), float(means[3]))


def word_of(score: Score) -> str:
    """Return bad, poor, fair, good or excellent."""
    return next(word for least, word in WORDS if score.quality >= least)


def doubt_of(weights: Weights, score: Score) -> str:
    """Return why the scorer does not know, or nothing where it does."""
    domain = weights.about["domain"]
    if score.drawn > float(domain["most_drawn"]):
        return "looks like animation or a screen, which the scorer has not learned"
    if score.strange > float(domain["most_strange"]):
        return "looks unlike all the clips that the scorer learned from"
    return ""


def percentile_of(weights: Weights, score: Score) -> float:
    """Return the share, in percent, of the reference videos that have a lower score."""
    reference = np.asarray(weights.about["reference"]["scores"], float)
    return float(100 * np.searchsorted(np.sort(reference), score.quality) / len(reference))


def inputs_of(names: Sequence[str], windows: Sequence[Numbers]) -> NDArray[np.float32]:
    """Return the inputs (windows, names) of the forests; 0 stands for what a tiny picture does not have."""
    inputs = np.array([[one.get(name, 0.0) for name in names] for one in windows], np.float32)
    return np.nan_to_num(inputs, nan=0.0, posinf=1e6, neginf=-1e6)
