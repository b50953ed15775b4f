"""Read a data set's folder as its manifest in `data_manifests/` says: which videos, with which labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vqaprep.datasets.columns import Value, typed
from vqaprep.datasets.layout import Dataset, LabelFile, Score, describe
from vqaprep.datasets.matching import VideoIndex
from vqaprep.datasets.pattern import fill, fillable, part_names, parts_of
from vqaprep.datasets.tables import SPACE, Record, read_table
from vqaprep.errors import InputError
from vqaprep.sources.endings import SUFFIXES
from vqaprep.sources.folders import list_folder

_DELIMITERS = {",": ",", ";": ";", "tab": "\t", "space": SPACE}


@dataclass(frozen=True, slots=True)
class Labelled:
    """One video of a data set and the label columns that are known of it; absent ones are left out."""

    path: Path
    columns: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The videos of a data set in the order of their paths, and the names in its tables that no file has."""

    videos: tuple[Labelled, ...]
    missing: tuple[str, ...]


def load_dataset(name: str, root: Path, *, official_split: int = 1) -> list[Labelled]:
    """Return the videos of data set `name` under `root`; `official_split` chooses where several are published.

    Raises:
        InputError: no such data set or split, `root` lacks what the data set has (says what), or a
            table contradicts itself.
    """
    return list(read_dataset(name, root, official_split=official_split).videos)


def read_dataset(name: str, root: Path, *, official_split: int = 1) -> Loaded:
    """Do as `load_dataset`, and say also which videos of the tables are not there."""
    dataset = describe(name)
    if not 1 <= official_split <= dataset.num_official_splits:
        raise InputError(f"{name} has no official split {official_split}; it has 1 to {dataset.num_official_splits}")
    if not root.is_dir():
        raise InputError(f"{root} is no folder; give the one that holds {dataset.title}")
    files = sorted(path.relative_to(root).as_posix() for path in list_folder(root).files)
    folder = _Folder(name, dataset, root, tuple(files))
    videos = _videos(folder)
    missing = _add_tables(folder, videos, official_split)
    labelled = [Labelled(root / path, _finished(folder, path, texts)) for path, texts in videos.items()]
    return Loaded(tuple(labelled), tuple(missing))


@dataclass(frozen=True, slots=True)
class _Folder:
    """A data set where it lies; `files` are below `root`, with `/`, sorted."""

    name: str
    dataset: Dataset
    root: Path
    files: tuple[str, ...]


_Texts = dict[str, tuple[str, Record | None]]
"""Column to its text, and the table row that said so."""


def _videos(folder: _Folder) -> dict[str, _Texts]:
    videos: dict[str, _Texts] = {}
    for path in folder.files:
        if Path(path).suffix.lower() not in SUFFIXES:
            continue
        for kind in folder.dataset.video:
            parts = parts_of(path, kind.path)
            if parts is not None:
                filled = {column: fill(templates, parts) for column, templates in kind.columns.items()}
                videos[path] = {column: (text, None) for column, text in filled.items() if text is not None}
                break
    if not videos:
        raise InputError(_no_video(folder))
    return videos


def _no_video(folder: _Folder) -> str:
    raw = next((path for path in folder.files if path.lower().endswith(".yuv")), None)
    if raw is not None:
        return (
            f"{folder.root} holds raw video such as {raw}, which does not say its size or rate; "
            f"wrap each losslessly under its own name: "
            f"ffmpeg -f rawvideo -pix_fmt yuv420p -s WxH -r RATE -i X.yuv -c:v ffv1 X.mkv"
        )
    expected = " or ".join(kind.path for kind in folder.dataset.video)
    return f"{folder.root} holds no video of {folder.name}; expected {expected} below it"


def _add_tables(folder: _Folder, videos: dict[str, _Texts], official_split: int) -> list[str]:
    """Add what the tables say to `videos`; return the names in them that no video has."""
    index = VideoIndex(videos)
    missing: list[str] = []
    for labels in folder.dataset.labels:
        for record in _records(folder, labels, official_split):
            paths = _meant(labels, record, videos, index)
            if not paths:
                missing.append(fill(labels.key, record.cells) or record.where)
            filled = {column: fill(templates, record.cells) for column, templates in labels.columns.items()}
            for path in paths:
                _merge(videos[path], {c: text for c, text in filled.items() if text is not None}, path, record)
    return missing


def _records(folder: _Folder, labels: LabelFile, official_split: int) -> Iterator[Record]:
    root = folder.root
    tables = [(path, parts) for path in folder.files if (parts := parts_of(path, labels.path)) is not None]
    chosen = [(path, parts) for path, parts in tables if int(parts.get("official", official_split)) == official_split]
    if not chosen and not labels.optional:
        raise InputError(f"{root} lacks the labels of {folder.name}: expected {labels.path} below it")
    for path, parts in chosen:
        beside = None if labels.beside is None else (root / path).with_name(labels.beside)
        if beside is not None and not beside.is_file():
            raise InputError(f"{root} lacks labels of {folder.name}: expected {labels.beside} beside {path}")
        delimiter = None if labels.delimiter is None else _DELIMITERS[labels.delimiter]
        table = read_table(root / path, delimiter=delimiter, fields=labels.fields, beside=beside).records
        _check_columns(labels, table)
        for record in table:
            yield Record(record.where, parts | record.cells, record.decimal_comma)


def _check_columns(labels: LabelFile, table: list[Record]) -> None:
    """Refuse a table of another edition: what the manifest takes from it must be there."""
    for record in table[:1]:
        column_names = record.cells.keys() | part_names(labels.path)
        for templates in (labels.key, *labels.columns.values()):
            if not fillable(templates, column_names):
                has = ", ".join(record.cells)
                raise InputError(f"{record.where}: no column for {' or '.join(templates)}; the table has {has}")


def _meant(labels: LabelFile, record: Record, videos: dict[str, _Texts], index: VideoIndex) -> list[str]:
    """Return the videos that a row of the table speaks of; templates of its key are tried in turn."""
    for template in labels.key:
        key = fill((template,), record.cells)
        if key is None:
            continue
        if labels.on == "subject_id":
            return [path for path, texts in videos.items() if texts.get("subject_id", ("", None))[0] == key]
        path = index.find(key, where=record.where)
        if path is not None:
            return [path]
    return []


def _merge(texts: _Texts, told: dict[str, str], path: str, record: Record) -> None:
    for column, text in told.items():
        before, source = texts.get(column, (text, None))
        if source is not None and before != text:
            raise InputError(f"{record.where}: {column} of {path} is {text!r}, but {before!r} in {source.where}")
        texts[column] = (text, record)


def _finished(folder: _Folder, path: str, texts: _Texts) -> dict[str, Value]:
    """Return the columns with their types, the data set's words replaced by ours, and scores as MOS."""
    dataset = folder.dataset
    columns: dict[str, Value] = {"dataset": folder.name}
    for column, (word, record) in texts.items():
        text = dataset.values.get(column, {}).get(word, word)
        where = path if record is None else record.where
        value = typed(column, text, where=where, decimal_comma=record is not None and record.decimal_comma)
        if column == "mos" and isinstance(value, float) and dataset.score is not None:
            value = _as_mos(value, dataset.score, where=where)
        if value is not None:
            columns[column] = value
    return columns


def _as_mos(value: float, score: Score, *, where: str) -> float:
    if not score.low <= value <= score.high:
        scale = f"{score.low:g} to {score.high:g}"
        raise InputError(f"{where}: score {value:g} is not on the published scale of {scale}; is this another edition?")
    return score.high - value if score.direction == "dmos" else value
