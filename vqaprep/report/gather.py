"""Read a run's folder: its steps, manifests and shards. Damaged files become notes; missing ones are skipped."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa

from vqaprep.errors import VqaprepError
from vqaprep.rows import Dropped, Row, parquet
from vqaprep.rows.manifest import DROPPED, MANIFEST, from_record, read_dropped
from vqaprep.rows.no_veil import NO_VEIL
from vqaprep.rows.pseudonyms import Veil, is_hidden
from vqaprep.rows.veils import veil_of
from vqaprep.shards.index import INDEX
from vqaprep.shards.write import committed, tar_path
from vqaprep.sources.addresses import moved_to

T = TypeVar("T")
Status = Literal["done", "reused", "failed", "unfinished"]
_LONG = ("frames", "ticks", "times_s", "crop_track", "usable_spans")


@dataclass(frozen=True)
class StepFolder:
    """One OUT folder: `record` is its `run.json` (empty while unfinished), `seconds` what its work took."""

    number: int
    name: str
    path: Path
    status: Status
    seconds: float | None
    record: dict[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """The settings it ran with."""
        settings = self.record.get("settings")
        return settings if isinstance(settings, dict) else {}

    @property
    def counts(self) -> dict[str, Any]:
        """Rows in, out and dropped, where the step counts rows."""
        counts = self.record.get("counts")
        return counts if isinstance(counts, dict) else {}

    @cached_property
    def tars(self) -> dict[Path, int]:
        """The committed tars, in order, and the bytes of each."""
        return {tar_path(self.path, shard): mark.bytes for shard, mark in committed(self.path).items()}


@dataclass
class ClipSet:
    """Clips that were cut together, as `step` left them; `cut` holds the settings of their `speed` step."""

    step: StepFolder
    cut: dict[str, Any]
    table: pa.Table

    @cached_property
    def columns(self) -> dict[str, list[Any]]:
        """The label columns: a row a clip, or a row a sample where only an index is left."""
        return {name: self.table[name].to_pylist() for name in self.table.column_names}

    @property
    def num_clips(self) -> int | None:
        """How many clips there are, where a manifest says it."""
        return self.table.num_rows if "clip_id" in self.table.column_names else None


@dataclass
class Run:
    """A run to report on. `notes` collects what could not be read; `shows_faces` allows pictures of the videos."""

    path: Path
    pipeline: dict[str, Any]
    steps: list[StepFolder]
    notes: list[str] = field(default_factory=list)
    shows_faces: bool = True
    root: Path | None = None
    """The folder where the videos lie now, if they were moved since the run was made."""

    def read(self, path: Path, reader: Callable[[Path], T]) -> T | None:
        """Return the result of `reader` on a file; None if it is absent, or damaged, which is noted."""
        if not path.exists():
            return None
        try:
            return reader(path)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, VqaprepError) as error:
            note = f"{path.relative_to(self.path)} is damaged or of another version: {str(error)[:300]}"
            self.notes += [] if note in self.notes else [note]
            return None

    @cached_property
    def rows(self) -> list[tuple[StepFolder, dict[str, Row]]]:
        """The first row of each video, by step that left a manifest."""
        read = ((step, self.read(step.path / MANIFEST, _one_a_video)) for step in self.steps)
        return [(step, found) for step, found in read if found is not None]

    @cached_property
    def sources(self) -> dict[str, Row]:
        """Each video as it was first written down, by id."""
        found: dict[str, Row] = {}
        for _, rows in self.rows:
            found = rows | found
        return found

    @cached_property
    def dropped(self) -> list[tuple[StepFolder, Dropped]]:
        """Every drop with its step."""
        read = ((step, self.read(step.path / DROPPED, read_dropped)) for step in self.steps)
        return [(step, drop) for step, drops in read for drop in drops or ()]

    @cached_property
    def clip_sets(self) -> list[ClipSet]:
        """The last manifest of each set of clips, or its shard index; every `speed` step begins a new set."""
        sets: list[ClipSet] = []
        cut: dict[str, Any] = {}
        is_new = True
        for step in self.steps:
            if step.name == "speed":
                cut, is_new = step.settings, True
            table = self._clip_table(step)
            if table is not None:
                sets = [*(sets if is_new else sets[:-1]), ClipSet(step, cut, table)]
                is_new = False
        return sets

    def _clip_table(self, step: StepFolder) -> pa.Table | None:
        for name in (MANIFEST, INDEX):
            table = self.read(step.path / name, _labels)
            if table is not None and table.num_rows and {"clip_id", "shard"} & set(table.column_names):
                return table
        return None

    def named(self, name: str) -> list[StepFolder]:
        """Return the steps that ran command `name`."""
        return [step for step in self.steps if step.name == name]

    @property
    def is_hidden(self) -> bool:
        """Whether the run keeps its videos behind pseudonyms."""
        return any(is_hidden(row) for row in self.sources.values())

    @cached_property
    def _veils(self) -> list[Veil]:
        return [veil for step in self.steps if (veil := veil_of(step.path, (), None)).is_hiding]

    def opened(self, row: Row) -> Row | None:
        """Return the row with its video's address; None where that is not kept, or its pictures are not to be shown."""
        if not (row.uri and self.shows_faces):
            return None
        opened_row = row.having(uri=self._moved.get(row.uri) or self._address(row.uri))
        return None if is_hidden(opened_row) else opened_row

    def _address(self, uri: str) -> str:
        """Return where a file lay when the run was made; a pseudonym stays one where that is not kept."""
        addresses = (veil.address(uri) for veil in self._veils)
        return next((address for address in addresses if address != uri), uri)

    @cached_property
    def _moved(self) -> dict[str, str]:
        """The address of each source below `root`, where one is given."""
        if self.root is None:
            return {}
        rows = [row.having(uri=self._address(row.uri)) for row in self.sources.values()]
        now = moved_to(self.root, rows, NO_VEIL)
        return {row.uri: now[shown.uri] for row, shown in zip(self.sources.values(), rows, strict=True)}

    def file_name(self, video_id: str) -> str:
        """Return the base name of a video's file, or the start of its id where no address is kept."""
        row = self.sources.get(video_id)
        return base_name(row.uri) if row is not None and row.uri else video_id[:12]


def load(path: Path) -> Run:
    """Read a pipeline's folder, a single command's, or one that holds several commands' folders."""
    run = Run(path, {}, [])
    run.pipeline = run.read(path / "pipeline.json", json_object) or {}
    listed = run.pipeline.get("steps")
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and (folder := base_name(str(entry.get("folder", "")))):
            run.steps.append(_step(run, path / folder, entry))
    step_paths = {step.path for step in run.steps}
    folders = (
        [path]
        if not step_paths and _is_out(path)
        else [p for p in _folders(path) if p not in step_paths and _is_out(p)]
    )
    for found in folders:
        run.steps.append(_step(run, found, {}))
    return run


def base_name(uri: str) -> str:
    """Return the last part of an address: folders may name people and places."""
    return PurePath(uri.replace("\\", "/")).name


def json_object(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file.

    Raises:
        ValueError: it is no JSON, or no object.
    """
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _folders(path: Path) -> list[Path]:
    return sorted(entry for entry in path.iterdir() if entry.is_dir())


def _is_out(path: Path) -> bool:
    return any((path / name).is_file() for name in ("run.json", "started.json", MANIFEST, INDEX))


def _step(run: Run, path: Path, entry: dict[str, Any]) -> StepFolder:
    record = run.read(path / "run.json", json_object) or {}
    name = (
        entry.get("run") or (record or run.read(path / "started.json", json_object) or {}).get("command") or path.name
    )
    unfinished = path.is_dir() and _is_out(path) and not (path / "run.json").is_file()
    status: Status = entry.get("status") or ("unfinished" if unfinished else "done")
    took_s = record.get("seconds", entry.get("seconds"))
    took_s = took_s if isinstance(took_s, int | float) else None
    return StepFolder(len(run.steps) + 1, str(name), path, status, took_s, record)


def _one_a_video(path: Path) -> dict[str, Row]:
    table = parquet.read(path)
    _, first = np.unique(np.asarray(table["video_id"].to_pylist(), str), return_index=True)
    rows = [from_record(record) for record in table.take(pa.array(np.sort(first))).to_pylist()]
    return {row.video_id: row for row in rows}


def _labels(path: Path) -> pa.Table:
    columns = [name for name in parquet.schema(path).names if name not in _LONG]
    return parquet.read(path, columns)
