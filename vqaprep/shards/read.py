"""Read samples of a shard folder by number, from a disk or an `fsspec` address."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from vqaprep.errors import IntegrityError
from vqaprep.shards.codecs import decode, extension_of
from vqaprep.shards.index import INDEX, check_index, read_index
from vqaprep.shards.parse import parsed
from vqaprep.shards.write import SHARDS
from vqaprep.storage import at
from vqaprep.storage.folder import folder_at

Frames = npt.NDArray[np.uint8]

_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Sample:
    """One scene: `labels` is its `KEY.json` (see `record`), `views` maps names such as `query.none` to frames.

    Frames are uint8 (T, H, W, 3) RGB. `labels["views"]` describes the views in the same order, each with its
    `place` among them.
    """

    key: str
    labels: dict[str, Any]
    views: dict[str, Frames]


class ShardReader:
    """A sequence of samples, each read by one ranged read of its tar.

    Holds no open file, so it may be copied to any process. `split` and `fold` choose samples by their
    labels; `without_fold` leaves one fold out.

    Raises:
        InputError: the folder is no complete shard folder.
    """

    _COLUMNS: ClassVar = ["shard", "key", "split", "fold", "json_offset", "json_size", "offsets", "sizes"]

    def __init__(
        self,
        folder: Path | str,
        *,
        split: str | None = None,
        fold: int | None = None,
        without_fold: int | None = None,
    ) -> None:
        self.folder = str(folder)
        table = read_index(self.folder, self._COLUMNS)
        check_index(table)
        known = {name: table[name].to_numpy() for name in ("split", "fold")}
        keep = np.ones(table.num_rows, bool)
        if split is not None:
            keep &= known["split"] == split
        if fold is not None:
            keep &= known["fold"] == fold
        if without_fold is not None:
            keep &= known["fold"] != without_fold
        self.rows = np.flatnonzero(keep)
        """Which rows of `index.parquet` the samples are: (len(self),)."""
        self._shards = table["shard"].combine_chunks().dictionary_encode()
        self._keys = table["key"].combine_chunks()
        self._json = np.stack([table["json_offset"].to_numpy(), table["json_size"].to_numpy()], axis=1)
        # A list column is one flat array and the places where each row begins: one array for all views of all samples.
        lists = [table[name].combine_chunks() for name in ("offsets", "sizes")]
        self._first_view = lists[0].offsets.to_numpy()
        self._at = np.stack([part.flatten().to_numpy() for part in lists], axis=1)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: int) -> Sample:
        """Read sample `i`; its arrays are writable and its own.

        Raises:
            IntegrityError: the bytes are not the sample that the index says.
        """
        row = int(self.rows[i])
        shard = self._shards[row].as_py()
        at = self._at[self._first_view[row] : self._first_view[row + 1]]
        # The members of a sample follow each other in the tar, the JSON first, so one read has them all.
        start, json_size = (int(v) for v in self._json[row])
        block = self._bytes(shard, start, int(at[-1].sum()) - start)
        labels = parsed(block[:json_size], shard)
        key, described = labels["key"], labels["views"]
        if key != self._keys[row].as_py() or len(described) != len(at):
            raise IntegrityError(f"{shard} holds sample {key} where {INDEX} has another; run `vqaprep verify`")
        views = {}
        for view, (offset, size) in zip(described, at.tolist(), strict=True):
            name = view["member"].removeprefix(f"{key}.").removesuffix(f".{extension_of(view['member'])}")
            views[name] = _frames(block[offset - start : offset - start + size], view)
        return Sample(key, labels, views)

    def record(self, i: int) -> dict[str, Any]:
        """Return the `KEY.json` of sample `i`, and read nothing else."""
        row = int(self.rows[i])
        shard = self._shards[row].as_py()
        return parsed(self._bytes(shard, *(int(v) for v in self._json[row])), shard)

    def records(self, which: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Yield the `KEY.json` of some samples, from a store many at a time."""
        shards = folder_at(at(f"{self.folder}/{SHARDS}"))
        for first in range(0, len(which), _AT_ONCE):
            rows = self.rows[list(which[first : first + _AT_ONCE])]
            wanted = [(self._shards[row].as_py(), *map(int, self._json[row])) for row in rows.tolist()]
            for shard, _, size in wanted:
                _check_size(shard, size)
            for part, data in zip(wanted, shards.read_ranges(wanted), strict=True):
                yield parsed(_whole(data, *part), part[0])

    def view(self, i: int, described: Mapping[str, Any]) -> Frames:
        """Return the frames of one view of sample `i`, an entry of its record, and read nothing else."""
        row = int(self.rows[i])
        shard = self._shards[row].as_py()
        data = self._bytes(shard, *(int(v) for v in self._at[self._first_view[row] + described["place"]]))
        return _frames(data, described)

    def column(self, name: str) -> list[Any]:
        """Return one column of the index for these samples, in their order."""
        values: list[Any] = read_index(self.folder, [name])[name].take(self.rows).to_pylist()
        return values

    def _bytes(self, shard: str, start: int, size: int) -> memoryview:
        _check_size(shard, size)
        data = folder_at(at(f"{self.folder}/{SHARDS}")).read_range(shard, start, size)
        return _whole(data, shard, start, size)


def _check_size(shard: str, size: int) -> None:
    if size <= 0:
        raise IntegrityError(f"{INDEX} says where no sample of {shard} can lie; run `vqaprep verify`")


def _whole(data: bytes | memoryview, shard: str, start: int, size: int) -> memoryview:
    if len(data) != size:
        raise IntegrityError(f"{shard} ends before byte {start + size}; run `vqaprep verify`")
    return memoryview(data)


def _frames(data: memoryview, described: Mapping[str, Any]) -> Frames:
    extension = extension_of(described["member"])
    return decode(data, extension, num_frames=len(described["frames"]), shape=described.get("shape"))
