"""`index.parquet`: one row a sample, with its labels and where each of its bytes lies."""

import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqaprep.durable import durable
from vqaprep.errors import IntegrityError
from vqaprep.shards.record import SAMPLE_LABELS, SPEED_LABELS
from vqaprep.shards.write import Packed, layout, tar_path
from vqaprep.storage import StorePath

INDEX = "index.parquet"


@dataclass(frozen=True, slots=True)
class Entry:
    """One sample as it lies in a tar: the parsed JSON, and (offset, size) of the JSON and of each view."""

    shard: int
    record: dict[str, Any]
    json_at: tuple[int, int]
    views_at: tuple[tuple[int, int], ...]


def entries(folder: Path, shard: int) -> Iterator[Entry]:
    """Yield the samples of a tar from its own headers.

    Raises:
        IntegrityError: the tar is damaged, or its members are not those that its JSONs name.
    """
    path = tar_path(folder, shard)
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file) as tar:
            members = [(m.name, m.offset_data, m.size) for m in tar]
            waiting = iter(members)
            for name, offset, size in waiting:
                file.seek(offset)
                record = json.loads(file.read(size))
                views = [next(waiting, ("", 0, 0)) for _ in record["views"]]
                named = [f"{record['key']}.json", *(view["member"] for view in record["views"])]
                if [name, *(view[0] for view in views)] != named:
                    raise IntegrityError(f"{path.name}: sample {record['key']} lacks members its JSON names")
                yield Entry(shard, record, (offset, size), tuple((at, length) for _, at, length in views))
    except (tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise IntegrityError(f"{path.name} is damaged: {error}") from error


def row(entry: Entry) -> dict[str, Any]:
    """Return the index row of a sample; its times and speed labels are those of its first view."""
    record, views = entry.record, entry.record["views"]
    return (
        {"shard": f"{entry.shard:06d}.tar", "key": record["key"], "scene_id": record["scene_id"]}
        | {name: record[name] for name in SAMPLE_LABELS}
        | {name: views[0][name] for name in SPEED_LABELS}
        | {"times_s": views[0]["times_s"]}
        | {
            "json_offset": entry.json_at[0],
            "json_size": entry.json_at[1],
            "members": [view["member"] for view in views],
            "roles": [view["role"] for view in views],
            "distortions": [view["distortion"] for view in views],
            "levels": [view["level"] for view in views],
            "offsets": [at for at, _ in entry.views_at],
            "sizes": [size for _, size in entry.views_at],
        }
    )


def write_index(folder: Path, shards: Sequence[int]) -> int:
    """Write `index.parquet` from the tars themselves, a tar at a time; return the number of views."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, num_views = _columns(), 0
    with durable(folder / INDEX) as temporary, pq.ParquetWriter(temporary, columns) as writer:
        for shard in shards:
            rows = [row(entry) for entry in _noted(folder, shard) or entries(folder, shard)]
            num_views += sum(len(found["members"]) for found in rows)
            if rows:
                writer.write_table(pa.Table.from_pylist(rows, schema=columns))
    for shard in shards:
        if isinstance(folder, StorePath):
            _note_path(folder, shard).unlink(missing_ok=True)
    return num_views


def note_entries(folder: Path, shard: int, samples: Sequence[Packed]) -> None:
    """Note in a store what `entries` would find in a tar, which could be read there only by asking many times."""
    if isinstance(folder, StorePath):
        found = zip(samples, layout(samples), strict=True)
        noted = [[json.loads(sample.record), *places] for sample, places in found]
        _note_path(folder, shard).write_text(json.dumps(noted))


def _noted(folder: Path, shard: int) -> list[Entry]:
    if not isinstance(folder, StorePath):
        return []
    try:
        noted = json.loads(_note_path(folder, shard).read_bytes())
    except (FileNotFoundError, ValueError):
        return []
    return [Entry(shard, found, tuple(first), tuple(map(tuple, rest))) for found, first, *rest in noted]


def _note_path(folder: Path, shard: int) -> Path:
    return tar_path(folder, shard).with_suffix(".entries")


def _columns() -> Any:
    """Return the Arrow schema of the index."""
    import pyarrow as pa

    text, number, real = pa.string(), pa.int64(), pa.float64()
    plain = dict.fromkeys(("shard", "key", "scene_id", *SAMPLE_LABELS, "task"), text)
    plain |= {"fold": number, "mos": real, "mos_std": real}
    plain |= dict.fromkeys((*SPEED_LABELS[1:], "json_offset", "json_size"), number)
    lists = {name: pa.list_(text) for name in ("members", "roles", "distortions")}
    lists |= {"times_s": pa.list_(real)} | {name: pa.list_(number) for name in ("levels", "offsets", "sizes")}
    return pa.schema(list((plain | lists).items()))
