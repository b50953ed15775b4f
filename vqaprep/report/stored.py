"""The stored data: tars, samples, views, bytes, and the first members of the first tar."""

import json
import tarfile
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

from vqaprep.report.blocks import Folded, Section, Table, Tiles
from vqaprep.report.gather import Run, StepFolder
from vqaprep.report.samples import Samples
from vqaprep.rows import parquet
from vqaprep.settings.quantities import size
from vqaprep.shards.index import INDEX

_MAX_TARS, _MAX_MEMBERS = 20, 24


def stored(run: Run) -> Section | None:
    """Return the shard folders of the run, each with its tars and the first one's listing."""
    blocks = [block for step in run.steps for block in _folder(run, step)]
    lead = "A sample is one scene: its JSON and one file a view, next to each other in the tar."
    return Section("shards", "Shards", lead, blocks) if blocks else None


def _folder(run: Run, step: StepFolder) -> list[Any]:
    index = run.read(step.path / INDEX, lambda path: parquet.read(path, ["shard", "members"]))
    tars = list(step.tars)
    if index is None or not tars:
        return []
    shards, members = index["shard"].to_pylist(), index["members"].to_pylist()
    samples, views = Counter(shards), Counter[str]()
    for shard, names in zip(shards, members, strict=True):
        views[shard] += len(names)
    num_bytes = sum(step.tars.values())
    tiles = [(f"{len(tars):,}", "tars"), (f"{len(shards):,}", "samples"), (f"{views.total():,}", "views")]
    tiles += [(size(num_bytes), "in all"), (size(num_bytes / max(len(shards), 1)), "a sample")]
    rows = [(tar.name, samples[tar.name], views[tar.name], size(step.tars[tar])) for tar in tars[:_MAX_TARS]]
    title = f"{step.path.name}/shards" + (f", the first {_MAX_TARS} of {len(tars)}" if len(tars) > _MAX_TARS else "")
    blocks = [Tiles(tiles), Table(("tar", "samples", "views", "size"), rows, title, is_folded=len(rows) > 4)]
    listing = run.read(tars[0], _listing)
    if listing:
        blocks.append(Table(("member", "bytes"), listing, f"How {tars[0].name} begins", is_folded=True))
    record = run.read(step.path / INDEX, lambda path: Samples(path.parent).reader.record(0)) if shards else None
    if record is not None:
        plain = json.dumps({k: v for k, v in record.items() if k != "source"}, ensure_ascii=False)
        blocks.append(Table(("first sample's JSON",), [[Folded(plain)]]))
    return blocks


def _listing(path: Path) -> list[tuple[str, int]]:
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file) as tar:
            return [(member.name, member.size) for member in islice(tar, _MAX_MEMBERS)]
    except tarfile.TarError as error:
        raise ValueError(str(error)) from error
