"""Write the results of a test: one row per video, which `scan --labels` reads, and one per rater."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vqaprep.errors import InputError
from vqaprep.rating.answers import Session, matrix, wins_of
from vqaprep.rating.opinion import Scores, differential, opinion
from vqaprep.rating.pairs import components, fit_pairs
from vqaprep.rating.screening import LEAST_CORRELATION, Screen, Screened, correlation, screen
from vqaprep.rating.subjects import fit
from vqaprep.rows.plain_text import csv_cell
from vqaprep.storage.durable import durable

MOS, RATERS = "mos.csv", "raters.csv"
_LEAST_RATINGS = 5
Columns = dict[str, Any]
"""One sequence of cells for each column."""
_CHECKS = ("distance_heights", "light", "patches_seen", "letters_right", "has_colours", "is_scaled")


def write_scores(
    sessions: Sequence[Session],
    folder: Path,
    *,
    screen_by: Screen = "bt500",
    model: str = "mean",
    least_correlation: float = LEAST_CORRELATION,
) -> list[str]:
    """Write the tables of category ratings and return lines for people.

    `mos.csv`: video_name, MOS, SD, CI95 (half the interval), num_ratings, and of videos with a hidden reference their
    reference, difference_MOS (5 is as good as it) and its interval.

    Raises:
        InputError: nobody rated any video.
    """
    videos, raters, scores = matrix(sessions)
    if not videos:
        raise InputError("no clip of the test was rated; practice alone gives no score")
    screened = screen(scores, screen_by, least_correlation=least_correlation)
    if model == "sureal":
        screened = _without_few(scores, screened)
    kept = scores[:, screened.is_kept]
    rated_rows = np.flatnonzero((~np.isnan(kept)).sum(axis=1))
    videos, kept = [videos[row] for row in rated_rows], kept[rated_rows]
    columns: Columns = {
        "video_name": videos,
        **_scored(kept, model),
        **_against(videos, kept, sessions),
    }
    _write(folder / MOS, columns)
    _write(folder / RATERS, _raters([one for one in sessions if one.scores], scores, screened))
    left = [f"left out: {raters[rater]}: {reason}" for rater, reason in screened.reasons.items()]
    widths = [width for width in columns["CI95"] if not np.isnan(width)]
    precision = f", mean interval +-{np.mean(widths):.2f}" if widths else ", no interval: each has one rating"
    return [f"{len(videos)} videos, {int(screened.is_kept.sum())} of {len(raters)} raters{precision}", *left]


def write_pairs(sessions: Sequence[Session], folder: Path) -> list[str]:
    """Write the tables of comparisons and return lines for people; `quality` is in JOD, larger is better.

    Raises:
        InputError: nobody compared any pair.
    """
    choices = [choice for one in sessions for choice in one.choices]
    videos = sorted({video for pair in choices for video in pair})
    if not videos:
        raise InputError("no pair of the test was compared; practice alone gives no score")
    wins = wins_of(choices, videos)
    groups = components(wins)
    scale, interval = np.zeros(len(videos)), np.zeros(len(videos))
    for group in groups:
        fitted = fit_pairs(wins[np.ix_(group, group)])
        scale[group], interval[group] = fitted.quality, fitted.interval
    number = {video: g for g, group in enumerate(groups, start=1) for video in group}
    num = (wins + wins.T).sum(axis=1).astype(int)
    more = {"scale": [number[video] for video in range(len(videos))]} if len(groups) > 1 else {}
    # quality of its own scale: as MOS only so that `scan --labels` takes it for the score of the video
    _write(folder / MOS, {"video_name": videos, "MOS": scale, "CI95": interval, "num_comparisons": num, **more})
    raters = {"rater": [one.rater for one in sessions], "num_comparisons": [len(one.choices) for one in sessions]}
    agreed = [_agreement(one, videos, scale) for one in sessions]
    _write(folder / RATERS, {**raters, "agreement": agreed, **_of_sessions(sessions)})
    apart = [f"{len(groups)} groups of videos were never compared with each other: their scores have no common zero"]
    lines = [f"{len(videos)} videos, {len(choices)} comparisons, mean interval +-{interval.mean():.2f} JOD"]
    return lines + (apart if len(groups) > 1 else [])


def _without_few(scores: Scores, screened: Screened) -> Screened:
    """Leave out raters with too few ratings for the model: one or two ratings leave no noise, and would decide all."""
    num = np.sum(~np.isnan(scores), axis=0)
    few = [rater for rater in np.flatnonzero(num < min(_LEAST_RATINGS, len(scores))) if screened.is_kept[rater]]
    if len(few) == screened.is_kept.sum():
        return screened
    reasons = {int(rater): f"{num[rater]} ratings are too few for the model (least {_LEAST_RATINGS})" for rater in few}
    is_kept = screened.is_kept & ~np.isin(np.arange(len(num)), few)
    return Screened(is_kept, screened.reasons | reasons)


def _raters(sessions: Sequence[Session], scores: Scores, screened: Screened) -> Columns:
    """Return the columns of `raters.csv` of those who scored anything."""
    subjects, everyone = fit(scores), list(range(len(sessions)))
    return {
        "rater": [one.rater for one in sessions],
        "num_ratings": np.sum(~np.isnan(scores), axis=0),
        "bias": subjects.bias,
        "inconsistency": subjects.inconsistency,
        "correlation": [correlation(scores, rater, everyone) for rater in everyone],
        "is_kept": ["yes" if is_kept else "no" for is_kept in screened.is_kept],
        "reason": [screened.reasons.get(rater, "") for rater in everyone],
        **_of_sessions(sessions),
    }


def _of_sessions(sessions: Sequence[Session]) -> Columns:
    """Return what is known of how the answers were given."""
    return {
        "is_complete": ["yes" if one.is_complete else "no" for one in sessions],
        "dropped_frames": [one.num_dropped_frames for one in sessions],
        **{name: [one.checks.get(name, "") for one in sessions] for name in _CHECKS},
    }


def _scored(kept: Scores, model: str) -> Columns:
    plain = opinion(kept)
    if model == "sureal":
        fitted = fit(kept)
        return {"MOS": fitted.mos, "SD": fitted.std, "CI95": fitted.interval, "num_ratings": plain.num_ratings}
    return {"MOS": plain.mos, "SD": plain.std, "CI95": plain.interval, "num_ratings": plain.num_ratings}


def _against(videos: Sequence[str], kept: Scores, sessions: Sequence[Session]) -> Columns:
    """Return the columns that only tests with hidden references have."""
    references = {video: reference for one in sessions for video, reference in one.references if video != reference}
    place = {video: number for number, video in enumerate(videos)}
    rows = np.array([place.get(references.get(video, ""), -1) for video in videos])
    differences = differential(kept, rows)
    is_known = ~np.isnan(differences).all(axis=1)
    if not is_known.any():
        return {}
    against = opinion(differences[is_known])
    mean, interval = np.full(len(videos), np.nan), np.full(len(videos), np.nan)
    mean[is_known], interval[is_known] = against.mos, against.interval
    return {
        "reference_name": [references.get(v, "") for v in videos],
        "difference_MOS": mean,
        "difference_CI95": interval,
    }


def _agreement(one: Session, videos: Sequence[str], quality: Scores) -> float:
    """Return the share of a rater's choices that fall on the better video of the scale of all."""
    place = {video: number for number, video in enumerate(videos)}
    right = [quality[place[chosen]] >= quality[place[other]] for chosen, other in one.choices]
    return float(np.mean(right)) if right else float("nan")


def _write(path: Path, columns: Columns) -> None:
    with durable(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.6g}"
    return csv_cell(str(value))
