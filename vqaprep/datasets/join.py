"""Join a user's table of labels to videos, and report what is unmatched on either side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vqaprep.datasets.columns import COLUMNS, Value
from vqaprep.datasets.matching import VideoIndex, below_shared_root, is_absolute
from vqaprep.datasets.read_labels import Label, LabelTable, TableOptions, read_labels
from vqaprep.datasets.scan_settings import On
from vqaprep.errors import InputError
from vqaprep.rows import Extra, Video

__all__ = ["Join", "Label", "On", "join_labels", "parse_renames", "read_labels"]
_MOST_PROBLEMS = 20
_RATINGS = frozenset({"mos", "mos_std"})


@dataclass(frozen=True, slots=True)
class Join:
    """Label columns by uri, the names that no video has, further columns by uri, and where each uri's row is."""

    columns: dict[str, dict[str, Value]]
    unmatched_labels: tuple[str, ...]
    extra: dict[str, Extra] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What to say of how the table was read."""


def join_labels(
    videos: Sequence[Video] | Sequence[str],
    table: Path,
    *,
    on: On = "path",
    renames: Mapping[str, str] | None = None,
    options: TableOptions | None = None,
) -> Join:
    """Return what `table` says of `videos` (rows, or uris unless `on` is `id`).

    A path in the table may be shorter than the video's, and differ in separators, case and ending.

    Raises:
        InputError: the table cannot be read (see `read_labels`), rows contradict each other, one names
            several videos, or none names any.
    """
    labels = read_labels(table, on=on, renames=renames, options=options)
    uris = list(dict.fromkeys(video if isinstance(video, str) else video.uri for video in videos))
    problems: list[str] = []
    named = _named(videos, uris, labels, on, problems)
    first: dict[str, Label] = {}
    for label, found in zip(labels.rows, named, strict=True):
        for uri in found:
            problems += _contradictions(first.setdefault(uri, label), label, uri)
    if problems:
        more = [f"and {len(problems) - _MOST_PROBLEMS} more"] if len(problems) > _MOST_PROBLEMS else []
        raise InputError("\n".join([*problems[:_MOST_PROBLEMS], *more, *_ratings_hint(first, labels, named)]))
    if videos and not first:
        raise InputError(_no_match(table, labels, uris))
    missing = [label.name for label, found in zip(labels.rows, named, strict=True) if not found]
    return Join(
        columns={uri: dict(label.columns) for uri, label in first.items()},
        unmatched_labels=tuple(dict.fromkeys(missing)),
        extra={uri: label.extra for uri, label in first.items() if label.extra},
        where={uri: label.where for uri, label in first.items()},
        notes=labels.notes,
    )


def parse_renames(options: Sequence[str]) -> dict[str, str]:
    """Return `mos=MOS_score` options as {ours: theirs}.

    Raises:
        InputError: an option has no `=`, or two rename to the same column.
    """
    renames: dict[str, str] = {}
    for option in options:
        ours, equals, theirs = option.partition("=")
        if not (ours and equals and theirs):
            raise InputError(f"--column {option!r}: write it as OURS=THEIRS, such as mos=MOS_score")
        if ours in renames:
            raise InputError(f"--column {ours} is given twice: {renames[ours]!r} and {theirs!r}")
        renames[ours] = theirs
    return renames


def _contradictions(first: Label, label: Label, uri: str) -> Iterator[str]:
    if (first.columns, first.extra) == (label.columns, label.extra):
        return
    one, two = first.columns | dict(first.extra), label.columns | dict(label.extra)
    differing = [name for name in {**one, **two} if one.get(name) != two.get(name)]
    words = ", ".join(f"{name} is {one.get(name)!r} and {two.get(name)!r}" for name in differing)
    remedy = "" if COLUMNS.keys() & set(differing) else "; name the further columns to keep with --carry"
    yield f"{label.where} contradicts {first.where}: both name {uri}, but {words}{remedy}"


def _ratings_hint(first: Mapping[str, Label], labels: LabelTable, named: Sequence[Sequence[str]]) -> list[str]:
    """Explain what to do with a table that has one row per rating."""
    repeated = [label for label, found in zip(labels.rows, named, strict=True) if any(first[u] != label for u in found)]
    names = {n for label in repeated for n in label.columns.keys() & _RATINGS}
    return ["a row for each rating is not averaged here: give one row per video, with the mean as mos"] if names else []


def _named(
    videos: Sequence[Video] | Sequence[str], uris: Sequence[str], labels: LabelTable, on: On, problems: list[str]
) -> list[list[str]]:
    """Return the uris that each label names: at most one for a path or stem, all copies for an id."""
    if on != "id":
        index = VideoIndex(uris)
        names = [_last(label.name) if on == "stem" else label.name for label in labels.rows]
        found = _matched_videos(index, names, labels, problems)
        of_absolute = [uri for name, uri in zip(names, found, strict=True) if is_absolute(name)]
        if of_absolute and not any(of_absolute) and not problems:
            found = _matched_videos(index, below_shared_root(names), labels, problems)
        return [[] if uri is None else [uri] for uri in found]
    by_id: dict[str, list[str]] = {}
    for video in videos:
        if isinstance(video, str):
            raise InputError("labels --on id need probed videos; give a manifest, or use --on path")
        by_id.setdefault(video.video_id, []).append(video.uri)
    return [list(dict.fromkeys(by_id.get(label.name.lower(), []))) for label in labels.rows]


def _matched_videos(
    index: VideoIndex, names: Sequence[str], labels: LabelTable, problems: list[str]
) -> list[str | None]:
    videos: list[str | None] = []
    for name, label in zip(names, labels.rows, strict=True):
        try:
            videos.append(index.find(name, where=label.where))
        except InputError as error:
            problems.append(str(error))
            videos.append(None)
    return videos


def _no_match(table: Path, labels: LabelTable, uris: Sequence[str]) -> str:
    name = labels.rows[0].name
    zeros = ". Excel drops zeros at the start of numbers: format the column as text" if name.isdecimal() else ""
    return (
        f"none of the {len(labels.rows)} labels in {table} names one of the {len(uris)} videos: it says "
        f"{name!r}, the videos are such as {uris[0]!r}; try --on stem, or correct the table{zeros}"
    )


def _last(name: str) -> str:
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2]
