"""Match decisions by people with videos, and check that each fits its video."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vqaprep.correction.overrides import TableDecision, refuse
from vqaprep.datasets.matching import VideoIndex, below_shared_root
from vqaprep.detect.by_hand import Override
from vqaprep.errors import InputError, did_you_mean
from vqaprep.rows import Row, Span


def matched(decisions: Sequence[TableDecision], names: Mapping[str, Iterable[str]]) -> dict[str, tuple[Override, ...]]:
    """Return the decisions by video; `names` has for each video what it may be called: addresses, pseudonym, id.

    Raises:
        InputError: a row names no video, or several, or two rows decide one stretch of time.
    """
    videos = {name: video for video, several in names.items() for name in several}
    overrides_by_video: dict[str, list[Override]] = defaultdict(list)
    problems: list[str] = []
    files = [one.file for one in decisions]
    named = _named(decisions, files, videos)
    if not any(named):  # a table that was made on another machine
        named = _named(decisions, below_shared_root(files), videos)
    for one, name in zip(decisions, named, strict=True):
        if isinstance(name, InputError):
            problems.append(str(name))
        elif name is None:
            ends = {known.replace("\\", "/").rpartition("/")[2] for known in videos}
            problems.append(
                f"{one.where}: file {one.file!r} is none of the {len(names)} videos; write the end of its path as the "
                f"manifest has it, or remove the row.{did_you_mean(one.file, ends)}"
            )
        else:
            overrides_by_video[videos[name]].append(one.override)
    problems += [problem for overrides in overrides_by_video.values() for problem in _overlaps(overrides)]
    refuse(problems)
    return {video: tuple(overrides) for video, overrides in overrides_by_video.items()}


def _named(
    decisions: Sequence[TableDecision], files: Sequence[str], videos: Mapping[str, str]
) -> list[str | InputError | None]:
    """Return which of the names in `videos` each of `files` means, None or the problem where it is none or several."""
    index = VideoIndex(videos)
    named: list[str | InputError | None] = []
    for one, file in zip(decisions, files, strict=True):
        try:
            named.append(file if file in videos else index.find(file, where=one.where))
        except InputError as error:
            named.append(error)
    return named


def fitted(overrides: Mapping[str, tuple[Override, ...]], rows: Iterable[Row]) -> dict[str, tuple[Override, ...]]:
    """Return the decisions in the presentation time of their videos, by address.

    Raises:
        InputError: a box lies outside the picture, or a time after the end.
    """
    fitting: dict[str, tuple[Override, ...]] = {}
    problems: list[str] = []
    for row in rows:
        decisions = overrides.get(row.uri, ())
        problems += [problem for one in decisions for problem in _misfits(one, row)]
        if decisions:
            fitting[row.uri] = tuple(replace(one, span=_moved(one.span, row.start_s)) for one in decisions)
    refuse(list(dict.fromkeys(problems)))
    return fitting


def _overlaps(overrides: Sequence[Override]) -> list[str]:
    """Name the pairs of rows that both say who it is, or both where the other leaves all out, at one time."""
    problems, choices = [], sorted((one for one in overrides if one.is_choice), key=lambda one: one.span.start_s)
    for i, first in enumerate(choices):
        for second in choices[i + 1 :]:
            both = first.span.intersect(second.span)
            if both.duration_s > 0:
                problems.append(
                    f"{second.where} contradicts {first.where}: both say who it is from {both.start_s:g} s on; give "
                    "start_s and end_s so that they do not overlap, or remove one"
                )
    return problems


def _misfits(one: Override, row: Row) -> list[str]:
    problems = []
    if one.span.start_s >= row.duration_s > 0:
        problems.append(
            f"{one.where}: start_s {one.span.start_s:g} is after the end of the video, which lasts "
            f"{row.duration_s:.2f} s; times count in seconds from its first frame"
        )
    if (box := one.box) is not None:
        right, bottom = box.x_px + box.w_px, box.y_px + box.h_px
        if box.x_px >= row.width_px or box.y_px >= row.height_px or right <= 0 or bottom <= 0:
            problems.append(
                f"{one.where}: the box {box.x_px:g} {box.y_px:g} {box.w_px:g} {box.h_px:g} lies outside the picture of "
                f"{row.width_px}x{row.height_px}; give left top width height in its pixels"
            )
    return problems


def _moved(span: Span, by_s: float) -> Span:
    return Span(span.start_s + by_s, span.end_s + by_s)
