"""Read what raters answered: one JSON file per rater from the page, or one table with a row per rating."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vqaprep.errors import InputError
from vqaprep.rating.opinion import Scores

FORMAT = "vqaprep-ratings-1"
_WORST, _BEST = 1, 5


@dataclass(frozen=True)
class Session:
    """The answers of one rater, and the conditions of the session.

    `scores` are pairs of video and score, `choices` pairs of the video that was chosen and the one that was not,
    `references` pairs of video and hidden reference.
    """

    rater: str
    study: str
    method: str
    scores: tuple[tuple[str, float], ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    is_complete: bool = True
    num_dropped_frames: int = 0
    checks: dict[str, Any] = field(default_factory=dict)
    file: str = ""


def read_answers(path: Path) -> list[Session]:
    """Return the sessions in a folder of answer files, in one such file, or in a table `rater, video, score`.

    Raises:
        InputError: nothing is there, a file is no answer file, a score is not allowed, or two files are of one rater
            in one study.
    """
    if path.is_file() and path.suffix.lower() != ".json":
        return _from_table(path)
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    files = [file for file in files if file.name not in ("run.json", "started.json")]
    if not files or not path.exists():
        raise InputError(
            f"{path} holds no answers; give the folder of ratings-*.json files that the page of `rate` saves"
        )
    sessions = [_session(file) for file in files]
    _refuse_twice(sessions)
    if len(methods := sorted({one.method for one in sessions})) > 1:
        raise InputError(f"{path} mixes the methods {' and '.join(methods)}; put each into a folder of its own")
    return sessions


def matrix(sessions: Sequence[Session]) -> tuple[list[str], list[str], Scores]:
    """Return videos, raters and scores (J, I), NaN where none is; of repeated ratings the mean."""
    videos = sorted({video for one in sessions for video, _ in one.scores})
    raters = [one.rater for one in sessions if one.scores]
    place = {video: j for j, video in enumerate(videos)}
    total, num = np.zeros((len(videos), len(raters))), np.zeros((len(videos), len(raters)))
    for i, one in enumerate(one for one in sessions if one.scores):
        for video, score in one.scores:
            total[place[video], i] += score
            num[place[video], i] += 1
    with np.errstate(invalid="ignore"):
        return videos, raters, np.where(num > 0, total / num, np.nan)


def wins_of(choices: Iterable[tuple[str, str]], videos: Sequence[str]) -> Scores:
    """Return how often the first of `videos` was chosen over the second, (J, J)."""
    place = {video: j for j, video in enumerate(videos)}
    wins = np.zeros((len(videos), len(videos)))
    for chosen, other in choices:
        wins[place[chosen], place[other]] += 1
    return wins


def _session(file: Path) -> Session:
    remedy = "give the file as the page saved it, or move it away"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise InputError(f"{file} has the format {content['format']!r}, not {FORMAT!r}; {remedy}")
        test = [one for one in content["answers"] if one["kind"] == "test"]
        scores = tuple(
            (str(one["videos"][0]), _score(one["score"], file)) for one in test if one.get("score") is not None
        )
        choices = tuple(_choice(one, file) for one in test if one.get("choice") is not None)
        references = tuple((str(one["videos"][0]), str(one["reference"])) for one in test if one.get("reference"))
        return Session(
            _rater(content["rater"], file), str(content["study"]), str(content["method"]), scores, choices, references,
            bool(content["is_complete"]), sum(int(one.get("dropped_frames") or 0) for one in test),
            dict(content.get("checks") or {}), str(file),
        )  # fmt: skip
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{file} is no file of answers ({type(error).__name__}: {error}); {remedy}") from error


def _rater(value: Any, file: Path) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise InputError(f"{file} names the rater {value!r}; allowed is a short text in letters and digits")
    return value.strip()


def _score(value: Any, where: Path | str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not _WORST <= value <= _BEST:
        raise InputError(f"{where} has the score {value!r}; allowed are {_WORST} (bad) to {_BEST} (excellent)")
    return float(value)


def _choice(one: dict[str, Any], file: Path) -> tuple[str, str]:
    first, second = map(str, one["videos"])
    if one["choice"] not in (0, 1) or first == second:
        raise InputError(
            f"{file} has the choice {one['choice']!r} between {first!r} and {second!r}; allowed are 0 and 1"
        )
    return (first, second) if one["choice"] == 0 else (second, first)


def _refuse_twice(sessions: Sequence[Session]) -> None:
    names_by_rater: dict[tuple[str, str], str] = {}
    for one in sessions:
        if (first := names_by_rater.setdefault((one.study, one.rater), one.file)) != one.file:
            raise InputError(f"{one.file} and {first} are both of rater {one.rater!r}; keep the one that is complete")


def _from_table(path: Path) -> list[Session]:
    from vqaprep.datasets.tables import read_table

    records = read_table(path).records
    columns = {name.strip().casefold(): name for name in records[0].cells} if records else {}
    names = {
        "rater": ("rater", "observer", "worker", "user"),
        "video": ("video_name", "video", "file"),
        "score": ("score", "rating"),
    }
    ours = {own: next((columns[name] for name in known if name in columns), None) for own, known in names.items()}
    if lacking := [own for own, name in ours.items() if name is None]:
        raise InputError(
            f"{path} has no column {' and no '.join(lacking)}; a table of ratings has rater, video and score"
        )
    scores: dict[str, list[tuple[str, float]]] = {}
    for record in records:
        rater, video, text = (record.cells[str(ours[own])].strip() for own in ("rater", "video", "score"))
        if text:
            plain = text.replace(",", ".") if record.decimal_comma else text
            scores.setdefault(rater, []).append((video, _score(_number(plain), record.where)))
    return [Session(rater, path.stem, "acr", tuple(given), file=str(path)) for rater, given in scores.items()]


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
