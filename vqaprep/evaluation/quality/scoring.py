"""Score one video with shipped weights, and write its seconds, its worst moments and its score."""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2

from vqaprep.errors import MediaError
from vqaprep.errors.crashes import contained
from vqaprep.errors.heartbeat import heartbeat
from vqaprep.evaluation.quality.scale import Score, doubt_of, percentile_of, score_second, score_video, word_of
from vqaprep.evaluation.quality.second import Frames
from vqaprep.evaluation.quality.watch import Second, seconds_of
from vqaprep.evaluation.quality.weights import Weights, load_weights
from vqaprep.rows import Dropped, Row, Video
from vqaprep.storage.durable import durable, write_json

VIDEOS, WORST = "videos", "worst"
COLUMNS = (
    "video", "quality", "quality_low", "quality_high", "percentile", "word", "known", "doubt", "worst_quality",
    "worst_start_s", "num_seconds", "width_px", "height_px", "rate_fps", "duration_s",
)  # fmt: skip
"""What `scores.csv` says of a video, in this order."""
NUM_WORST = 3
_APART_S = 5.0
"""Worst moments are so far apart that they show different places."""


@dataclass(frozen=True)
class Scoring:
    """One item of work: a video, where it lies, the weights, one second of each `every`, the folder for results."""

    weights: Path
    video: Video
    address: str
    out: Path
    every: int
    shows_pictures: bool


def names_of(video_id: str) -> list[str]:
    """Return the files below OUT that scoring a video writes."""
    return [f"{VIDEOS}/{video_id}.json", *(f"{WORST}/{video_id}-{n}.jpg" for n in range(NUM_WORST))]


def score_file(item: Scoring) -> list[Row | Dropped]:
    """Write the score of a video; return its row, or why it has none."""
    cv2.setNumThreads(1)
    try:
        with contained():
            _write(item)
    except MediaError as error:
        return [Dropped(item.video.id, "score", error.reason, error.detail)]
    return [item.video]


def _write(item: Scoring) -> None:
    weights = _loaded(item.weights)
    seconds, scores, worst = list[dict[str, Any]](), list[Score](), _Worst()
    for second in seconds_of(item.video.having(uri=item.address), every=item.every):
        score = score_second(weights, second.windows)
        scores.append(score)
        times = {"start_s": round(second.start_s, 3), "end_s": round(second.end_s, 3)}
        values = {name: round(value, 4) for name, value in asdict(score).items()}
        seconds.append(times | values)
        worst.see(score, second)
        heartbeat()
    if not scores:
        raise MediaError("too_short", f"{item.video.num_frames} frames hold no three neighbours")
    summarised = summary(weights, item.video, seconds, scores)
    for name in (VIDEOS, WORST):
        (item.out / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    if item.shows_pictures:
        for n, (_, picture) in enumerate(worst.moments):
            with durable(item.out / WORST / f"{item.video.video_id}-{n}.jpg") as temporary:
                temporary.write_bytes(_jpeg(picture))
    moments = [start_s for start_s, _ in worst.moments]
    write_json(item.out / VIDEOS / f"{item.video.video_id}.json", summarised | {"worst_s": moments, "seconds": seconds})


def summary(weights: Weights, video: Video, seconds: list[dict[str, Any]], scores: list[Score]) -> dict[str, Any]:
    """Return the row of a video in `scores.csv`.

    Where the scorer does not know, `known` is false and `doubt` says why; the number is still given.
    """
    whole = score_video(scores)
    least = min(range(len(scores)), key=lambda n: scores[n].quality)
    doubt = doubt_of(weights, whole)
    return {
        "video": video.uri, "quality": round(whole.quality, 2), "quality_low": round(whole.low, 2),
        "quality_high": round(whole.high, 2), "percentile": round(percentile_of(weights, whole), 1),
        "word": "do not know" if doubt else word_of(whole), "known": not doubt, "doubt": doubt,
        "worst_quality": round(scores[least].quality, 2), "worst_start_s": seconds[least]["start_s"],
        "num_seconds": len(scores), "width_px": video.width_px, "height_px": video.height_px,
        "rate_fps": round(video.rate_fps, 3), "duration_s": round(video.duration_s, 3),
    }  # fmt: skip


def read_video(out: Path, video_id: str) -> dict[str, Any]:
    """Return what `score_file` wrote of a video."""
    return dict(json.loads((out / VIDEOS / f"{video_id}.json").read_text(encoding="utf-8")))


def has_video(out: Path, video_id: str) -> bool:
    """Say whether what `score_file` wrote of a video is there and sound."""
    try:
        return bool(read_video(out, video_id)["seconds"])
    except (OSError, ValueError, KeyError):
        return False


class _Worst:
    """Keeps the pictures of the worst seconds only, some time apart."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, float, Frames]] = []

    def see(self, score: Score, second: Second) -> None:
        near = [one for one in self._kept if abs(-one[1] - second.start_s) < _APART_S]
        if any(-one[0] <= score.quality for one in near):
            return
        kept = [one for one in self._kept if not any(one is other for other in near)]
        kept.append((-score.quality, -second.start_s, second.picture))
        kept.sort(key=lambda one: one[:2], reverse=True)  # the lowest quality first
        self._kept = kept[:NUM_WORST]

    @property
    def moments(self) -> list[tuple[float, Frames]]:
        """(start_s, picture), the worst first."""
        return [(-start_s, picture) for _, start_s, picture in self._kept]


def _jpeg(picture: Frames) -> bytes:
    _, code = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])
    return bytes(code)


@cache
def _loaded(path: Path) -> Weights:
    return load_weights(path)
