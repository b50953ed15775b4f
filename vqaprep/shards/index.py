"""`index.parquet`: one row a sample, with its labels and where each of its bytes lies."""

import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqaprep.errors import InputError, IntegrityError
from vqaprep.rows import parquet
from vqaprep.shards.parse import MOST_JSON_BYTES, parsed
from vqaprep.shards.record import SAMPLE_LABELS, SPEED_LABELS
from vqaprep.shards.write import Mark, Packed, layout, mark_path, tar_path
from vqaprep.storage import at
from vqaprep.storage.durable import durable
from vqaprep.storage.folder import is_local

INDEX = "index.parquet"


@dataclass(frozen=True, slots=True)
class Entry:
    """One sample in a tar: the parsed JSON, and (offset, size) of the JSON and of each view."""

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
        # "r:" takes no compressed tar, which could unpack to any size.
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            # All headers come first: reading a member moves the file under the iterator of tarfile.
            members = [_place(member) for member in tar]
            waiting = iter(members)
            for name, offset, size in waiting:
                file.seek(offset)
                record = parsed(file.read(min(size, MOST_JSON_BYTES + 1)), path.name)
                views = [next(waiting, ("", 0, 0)) for _ in record["views"]]
                named = [f"{record['key']}.json", *(view["member"] for view in record["views"])]
                if [name, *(view[0] for view in views)] != named:
                    # A reader takes bytes by the index alone, so members must be in the order that the JSON names.
                    raise IntegrityError(f"{path.name}: sample {record['key']} lacks members its JSON names")
                yield Entry(shard, record, (offset, size), tuple((at, length) for _, at, length in views))
    except (tarfile.TarError, ValueError, LookupError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise IntegrityError(f"{path.name} is damaged: {error}") from error


def _place(member: tarfile.TarInfo) -> tuple[str, int, int]:
    if not member.isreg() or member.issparse():
        raise IntegrityError(f"member {member.name!r} is no plain file")
    return member.name, member.offset_data, member.size


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


def read_index(folder: Path | str, columns: list[str] | None = None) -> Any:
    """Return the table of `index.parquet`, or some of its columns.

    Raises:
        InputError: there is none.
        IntegrityError: it is damaged.
    """
    import pyarrow as pa

    try:
        table = parquet.read(at(folder) / INDEX, columns)
        known = {field.name: field for field in _columns()}
        # Other programs write other widths of the same types.
        return table.cast(pa.schema([known.get(field.name, field) for field in table.schema]))
    except FileNotFoundError as error:
        raise InputError(f"{folder} has no {INDEX}; run `vqaprep shard` (again: it resumes)") from error
    except (pa.ArrowException, ValueError, LookupError, MemoryError) as error:
        raise IntegrityError(f"{INDEX} is damaged ({str(error)[:200]})") from error
    except OSError as error:
        if error.errno is not None:  # what Arrow says of damaged pages has none
            raise
        raise IntegrityError(f"{INDEX} is damaged ({str(error)[:200]})") from error


def check_index(table: Any) -> None:
    """Refuse an index that does not say where in a tar of this folder each sample lies.

    Raises:
        IntegrityError: says which column is wrong.
    """
    import pyarrow.compute as pc

    needed = ("shard", "key", "json_offset", "json_size", "offsets", "sizes")
    wrong = [name for name in needed if name not in table.column_names or table[name].null_count]
    if not wrong:
        places = {name: pc.list_flatten(table[name]) for name in ("offsets", "sizes")}
        places |= {name: table[name] for name in ("json_offset", "json_size")}
        wrong = [name for name, values in places.items() if values.null_count or _least(values) < 0]
        lengths = [pc.list_value_length(table[name]) for name in ("offsets", "sizes")]
        wrong += [] if lengths[0].equals(lengths[1]) and _least(lengths[0]) > 0 else ["offsets"]
        names = pc.match_substring_regex(pc.unique(table["shard"]), r"^\d{6,18}\.tar$")
        wrong += [] if pc.all(names, min_count=0).as_py() else ["shard"]
    if wrong:
        raise IntegrityError(f"column {wrong[0]} of {INDEX} has wrong values; run `vqaprep verify`")


def _least(values: Any) -> int:
    import pyarrow.compute as pc

    return int(pc.min(values).as_py()) if len(values) else 1


def write_index(folder: Path, marks: Mapping[int, Mark]) -> int:
    """Write `index.parquet` from the tars themselves, a tar at a time; return the number of views.

    Raises:
        IntegrityError: a tar is not what its mark says. The mark is taken back, so that the tar is made again.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, num_views = _columns(), 0
    with durable(folder / INDEX) as temporary, pq.ParquetWriter(temporary, columns) as writer:
        for shard, mark in marks.items():
            rows = _checked_rows(folder, shard, mark)
            num_views += mark.num_views
            if rows:
                writer.write_table(pa.Table.from_pylist(rows, schema=columns))
    for shard in marks:
        if not is_local(folder):
            _note_path(folder, shard).unlink(missing_ok=True)
    return num_views


def _checked_rows(folder: Path, shard: int, mark: Mark) -> list[dict[str, Any]]:
    try:
        rows = [row(entry) for entry in _noted(folder, shard) or entries(folder, shard)]
        if (found := sum(len(one["members"]) for one in rows)) != mark.num_views:
            raise IntegrityError(f"it holds {found} clips, was written with {mark.num_views}")
    except IntegrityError as error:
        mark_path(folder, shard).unlink()
        tar = tar_path(folder, shard)
        raise IntegrityError(f"{tar} is damaged ({error}). Run the same command again: it makes it anew") from error
    return rows


def note_entries(folder: Path, shard: int, samples: Sequence[Packed]) -> None:
    """Note in a store what `entries` would find in a tar, which could be read there only by asking many times."""
    if not is_local(folder):
        found = zip(samples, layout(samples), strict=True)
        noted = [[json.loads(sample.record), *places] for sample, places in found]
        _note_path(folder, shard).write_text(json.dumps(noted))


def _noted(folder: Path, shard: int) -> list[Entry]:
    if is_local(folder):
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
