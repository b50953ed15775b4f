"""The labels that `scan` gives to videos: from a known data set, from a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vqaprep.datasets import spelling
from vqaprep.datasets.columns import Value
from vqaprep.datasets.join import Join, join_labels, parse_renames, read_labels
from vqaprep.datasets.layout import describe
from vqaprep.datasets.load import read_dataset
from vqaprep.datasets.missing import Missing
from vqaprep.datasets.read_labels import SPELLED, TableOptions, spellings
from vqaprep.datasets.same_bytes import agreed, refuse_contradictions
from vqaprep.datasets.scan_settings import ScanSettings
from vqaprep.errors import InputError
from vqaprep.rows import Dropped, Extra, Row
from vqaprep.storage import at


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of the videos.

    columns: by uri, what to set in the video's row; a uri that nothing is known of is absent.
    extra: by uri, the further columns to carry.
    dropped: the videos that `require_labels` refuses, by row id (or uri, where uris were given).
    unmatched: (`video`, uri) without labels, and (`label`, name) without a video.
    lines: what to tell the user.
    """

    columns: dict[str, dict[str, Value]]
    dropped: tuple[Dropped, ...]
    unmatched: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]
    extra: dict[str, Extra] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    """The place in the table of each uri's row."""


def check_labels(settings: ScanSettings, root: Path, uris: Sequence[str] = (), *, is_hidden: bool = False) -> None:
    """Read every source of labels and hold it against `uris`, so that a wrong one stops the run before any work.

    Raises:
        InputError: as `labels_for`, but for what only probed videos can show.
    """
    if uris and settings.on != "id":
        labels = labels_for(settings, root, uris, is_hidden=is_hidden)
        refuse_contradictions(labels.columns, where=labels.where)
    elif settings.dataset is not None:
        read_dataset(settings.dataset, root, official_split=settings.official_split)
    if settings.labels is not None and not (uris and settings.on != "id"):
        options = _options(settings, is_hidden=is_hidden)
        read_labels(settings.labels, on=settings.on, renames=parse_renames(settings.column), options=options)


def labels_for(
    settings: ScanSettings,
    root: Path,
    videos: Sequence[Row] | Sequence[str],
    *,
    twins: Mapping[str, str] | None = None,
    is_hidden: bool = False,
) -> Labels:
    """Return the labels of `videos` (rows, or uris); `root` is the data set's folder, the scan's IN.

    `twins` are further uris, each with that of the video in `videos` that has the same bytes.

    Raises:
        InputError: the data set, the table or what they say is wrong, or twins have different labels.
    """
    twins = twins or {}
    uris = list(dict.fromkeys(video if isinstance(video, str) else video.uri for video in videos))
    every = [*uris, *twins]
    columns: dict[str, dict[str, Value]] = {}
    missing: list[str] = []
    lines: list[str] = []
    join = Join({}, ())
    if settings.dataset is not None:
        columns, missing, line = _from_dataset(settings, settings.dataset, root, every)
        lines.append(line)
    if settings.labels is not None:
        named = videos if settings.on == "id" else every
        renames, options = parse_renames(settings.column), _options(settings, is_hidden=is_hidden)
        join = join_labels(named, settings.labels, on=settings.on, renames=renames, options=options)
        columns |= {uri: columns.get(uri, {}) | told for uri, told in join.columns.items()}
        lines += [f"labels for {len(join.columns.keys() & set(uris))} of {len(uris)} videos", *join.notes]
    for uri, first in twins.items():
        together = agreed(columns, first, uri, where=join.where)
        columns |= {first: together} if together else {}
    columns = _one_spelling(columns, folds_case=settings.fold_case)
    unmatched = [("video", uri) for uri in uris if settings.has_source and uri not in columns]
    unmatched += [("label", name) for name in (*missing, *join.unmatched_labels)]
    dropped = _unlabelled(videos, columns) if settings.require_labels else []
    return Labels(columns, tuple(dropped), tuple(unmatched), tuple(lines), join.extra, join.where)


def _one_spelling(columns: dict[str, dict[str, Value]], *, folds_case: bool) -> dict[str, dict[str, Value]]:
    """Return the columns with one spelling of each value where that is asked for.

    Raises:
        InputError: a value has several, and it is not; says which.
    """
    problems: list[str] = []
    for column in SPELLED:
        values = [str(told[column]) for told in columns.values() if told.get(column) is not None]
        folds = spelling.folds(values) if folds_case else {}
        problems += [] if folds_case else [spellings(column, group) for group in spelling.variants(values)]
        for uri, told in columns.items():
            if (value := told.get(column)) in folds:
                columns[uri] = told | {column: folds[str(value)]}
    if problems:
        raise InputError("\n".join(problems))
    return columns


def _options(settings: ScanSettings, *, is_hidden: bool) -> TableOptions:
    missing = Missing(settings.missing, settings.present)
    return TableOptions(settings.sheet, settings.encoding, missing, settings.fold_case, settings.carry, not is_hidden)


def _from_dataset(
    settings: ScanSettings, name: str, root: Path, uris: Sequence[str]
) -> tuple[dict[str, dict[str, Value]], list[str], str]:
    loaded = read_dataset(name, root, official_split=settings.official_split)
    known = {str(video.path.absolute()): video.columns for video in loaded.videos}
    absolute = {uri: str(at(uri).absolute()) for uri in uris}
    columns_by_uri = {uri: dict(known[path]) for uri, path in absolute.items() if path in known}
    dataset = describe(name)
    published = "" if dataset.num_videos is None else f" of the {dataset.num_videos} that are published"
    line = f"{name}: {len(columns_by_uri)} videos{published}"
    if dataset.score is not None and dataset.score.direction == "dmos":
        line += f"; mos is {dataset.score.high:g} - DMOS"
    return columns_by_uri, list(loaded.missing), line


def _unlabelled(videos: Sequence[Row] | Sequence[str], columns: dict[str, dict[str, Value]]) -> list[Dropped]:
    dropped = []
    for video in videos:
        uri = video if isinstance(video, str) else video.uri
        labels = columns.get(uri, {})
        own = () if isinstance(video, str) else (video.label, video.mos)
        if not {"label", "mos"} & labels.keys() and all(value is None for value in own):
            name = video if isinstance(video, str) else video.id
            dropped.append(Dropped(name, "scan", "no_label", f"no label and no mos for {uri}"))
    return dropped
