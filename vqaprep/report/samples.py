"""Pictures out of the tars: which samples to show, and their frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vqaprep.report.gather import Run
from vqaprep.shards.index import INDEX
from vqaprep.shards.read import ShardReader

Frames = npt.NDArray[np.uint8]


@dataclass
class Samples:
    """A shard folder to take pictures from."""

    folder: Path

    @cached_property
    def reader(self) -> ShardReader:
        """The samples in the order of the index."""
        return ShardReader(self.folder)

    @cached_property
    def columns(self) -> dict[str, list[Any]]:
        """The index columns that samples are chosen by."""
        names = ("key", "video_id", "rate_first", "rate_second", "distortions", "levels")
        return {name: self.reader.column(name) for name in names}

    def in_time(self) -> list[int]:
        """Return the numbers of all samples in the order of video and key."""
        keys = list(zip(self.columns["video_id"], self.columns["key"], strict=True))
        return sorted(range(len(keys)), key=keys.__getitem__)


def shard_folders(run: Run) -> Iterator[Samples]:
    """Yield each finished shard folder of the run that can be read."""
    for step in run.steps:
        found = Samples(step.path)
        if run.read(step.path / INDEX, lambda _, found=found: len(found.columns["key"])):  # type: ignore[misc]  # bound now
            yield found


def view_of(record: dict[str, Any], distortion: str = "none", level: int | None = None) -> dict[str, Any] | None:
    """Return the record's first query view of a distortion (and level)."""
    for view in record["views"]:
        if view["role"] == "query" and view["distortion"] == distortion and level in (None, view["level"]):
            query_view: dict[str, Any] = view
            return query_view
    return None
