"""The labels that `scan` gives to videos: from a known data set, from a table."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from vqaprep.datasets.columns import Value
from vqaprep.datasets.layout import dataset_names, describe
from vqaprep.datasets.load import read_dataset
from vqaprep.durable import durable
from vqaprep.label_join import On, join_labels, parse_renames, read_labels
from vqaprep.media.reading import Reading
from vqaprep.plain_text import csv_cell
from vqaprep.pseudonyms import Veil
from vqaprep.rows import Dropped, Row
from vqaprep.storage import at
from vqaprep.written import OneOf


class ScanSettings(Reading):
    """Where the labels of scanned videos come from, and how the videos are read."""

    dataset: Annotated[
        str | None,
        Field(description="the known data set that IN is the folder of, or a TOML file that describes it"),
        OneOf(dataset_names),
    ] = None
    official_split: Annotated[
        int, Field(ge=1, description="which of the data set's official splits, where it has several")
    ] = 1
    labels: Annotated[Path | None, Field(description="table of labels, CSV or Parquet; it outranks --dataset")] = None
    on: Annotated[On, Field(description="what names a video in the table: columns path, stem or video_id")] = "path"
    column: Annotated[
        tuple[str, ...], Field(description="a column of the table that has another name, such as mos=MOS_score")
    ] = ()
    require_labels: Annotated[bool, Field(description="drop videos that have neither a label nor a mos")] = False
    pseudonymize: Annotated[
        Path | None, Field(description="key file; hides people and files, here and in all that follows")
    ] = None

    @model_validator(mode="after")
    def _table_for_renames(self) -> "ScanSettings":
        if self.column and self.labels is None:
            raise ValueError("--column renames columns of a table; give it with --labels")
        return self

    @property
    def has_source(self) -> bool:
        """Whether any labels are asked for."""
        return self.dataset is not None or self.labels is not None

    def record(self) -> dict[str, Any]:
        """Return the settings for `run.json`, with the table's checksum in it: another table is another run."""
        values = self.model_dump(mode="json")
        if self.labels is not None and self.labels.is_file():
            values["labels_sha256"] = hashlib.sha256(self.labels.read_bytes()).hexdigest()
        return values


@dataclass(frozen=True, slots=True)
class Labels:
    """What is known of the videos.

    columns: by uri, what to set in the video's row; a uri that nothing is known of is absent.
    dropped: the videos that `require_labels` refuses, by row id (or uri, where uris were given).
    unmatched: (`video`, uri) without labels, and (`label`, name) without a video.
    lines: what to tell the user.
    """

    columns: dict[str, dict[str, Value]]
    dropped: tuple[Dropped, ...]
    unmatched: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]


def check_labels(settings: ScanSettings, root: Path, uris: Sequence[str] = ()) -> None:
    """Read every source of labels and hold it against `uris`, so that a wrong one stops the run before any work.

    Raises:
        InputError: as `labels_for`, but for what only probed videos can show.
    """
    if settings.dataset is not None:
        read_dataset(settings.dataset, root, official_split=settings.official_split)
    if settings.labels is not None:
        renames = parse_renames(settings.column)
        if uris and settings.on != "id":
            join_labels(uris, settings.labels, on=settings.on, renames=renames)
        else:
            read_labels(settings.labels, on=settings.on, renames=renames)


def labels_for(settings: ScanSettings, root: Path, videos: Sequence[Row] | Sequence[str]) -> Labels:
    """Return the labels of `videos` (rows, or uris); `root` is the data set's folder, the scan's IN.

    Raises:
        InputError: the data set, the table or what they say is wrong.
    """
    uris = list(dict.fromkeys(video if isinstance(video, str) else video.uri for video in videos))
    columns: dict[str, dict[str, Value]] = {}
    missing: list[str] = []
    lines: list[str] = []
    if settings.dataset is not None:
        found, missing, line = _from_dataset(settings, settings.dataset, root, uris)
        columns = found
        lines.append(line)
    if settings.labels is not None:
        join = join_labels(videos, settings.labels, on=settings.on, renames=parse_renames(settings.column))
        columns |= {uri: columns.get(uri, {}) | told for uri, told in join.columns.items()}
        missing += join.unmatched_labels
        lines.append(f"labels for {len(join.columns)} of {len(uris)} videos")
    unmatched = [("video", uri) for uri in uris if settings.has_source and uri not in columns]
    dropped = _unlabelled(videos, columns) if settings.require_labels else []
    return Labels(columns, tuple(dropped), tuple(unmatched + [("label", name) for name in missing]), tuple(lines))


def write_unmatched(path: Path, labels: Labels, veil: Veil | None = None) -> None:
    """Write `labels.unmatched` as CSV (side, name), durably; under a `veil`, names are pseudonyms."""
    found = labels.unmatched
    if veil is not None:
        found = tuple((side, veil.video(name) if side == "video" else veil.word(name)) for side, name in found)
    with durable(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("side", "name"), *((side, csv_cell(name)) for side, name in found)])


def _from_dataset(
    settings: ScanSettings, name: str, root: Path, uris: Sequence[str]
) -> tuple[dict[str, dict[str, Value]], list[str], str]:
    loaded = read_dataset(name, root, official_split=settings.official_split)
    known = {str(video.path.absolute()): video.columns for video in loaded.videos}
    absolute = {uri: str(at(uri).absolute()) for uri in uris}
    found = {uri: dict(known[path]) for uri, path in absolute.items() if path in known}
    dataset = describe(name)
    published = "" if dataset.num_videos is None else f" of the {dataset.num_videos} that are published"
    line = f"{name}: {len(found)} videos{published}"
    if dataset.score is not None and dataset.score.direction == "dmos":
        line += f"; mos is {dataset.score.high:g} - DMOS"
    return found, list(loaded.missing), line


def _unlabelled(videos: Sequence[Row] | Sequence[str], columns: dict[str, dict[str, Value]]) -> list[Dropped]:
    dropped = []
    for video in videos:
        uri = video if isinstance(video, str) else video.uri
        known = columns.get(uri, {})
        own = () if isinstance(video, str) else (video.label, video.mos)
        if not {"label", "mos"} & known.keys() and all(value is None for value in own):
            name = video if isinstance(video, str) else video.id
            dropped.append(Dropped(name, "scan", "no_label", f"neither label nor mos is known of {uri}"))
    return dropped
