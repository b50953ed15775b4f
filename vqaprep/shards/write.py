"""Write one tar and its commit mark: whole or absent, and the same bytes for the same samples."""

import hashlib
import json
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from vqaprep.durable import durable, write_json
from vqaprep.rows import Dropped

SHARDS = "shards"


@dataclass(frozen=True, slots=True)
class Packed:
    """One sample ready to be written: (member name, bytes) of each view, after its JSON."""

    key: str
    record: bytes
    members: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """The commit mark `000000.json` of a tar: what it holds, and what was to be in it but is not."""

    count: int
    num_views: int
    bytes: int
    sha256: str
    dropped: tuple[Dropped, ...]
    jpeg_psnr_db: float | None = None
    """Mean damage of the jpeg codec to the views of this tar; None for the exact codecs."""


def tar_path(folder: Path, shard: int) -> Path:
    """Return where tar number `shard` lies."""
    return folder / SHARDS / f"{shard:06d}.tar"


def mark_path(folder: Path, shard: int) -> Path:
    """Return where the commit mark of tar number `shard` lies."""
    return folder / SHARDS / f"{shard:06d}.json"


def write_shard(
    folder: Path,
    shard: int,
    samples: Sequence[Packed],
    *,
    dropped: Sequence[Dropped],
    jpeg_psnr_db: float | None = None,
) -> Mark:
    """Write a tar, then its mark. Owner, time and mode are fixed, so equal samples are equal bytes."""
    with durable(tar_path(folder, shard)) as temporary, temporary.open("wb") as file:
        hashing = _Hashing(file)
        for name, data in _files(samples):
            hashing.write(_header(name, len(data)))
            hashing.write(data)
            hashing.write(bytes(-len(data) % tarfile.BLOCKSIZE))
        end = 2 * tarfile.BLOCKSIZE
        hashing.write(bytes(end + -(hashing.num_bytes + end) % tarfile.RECORDSIZE))
    num_views = sum(len(sample.members) for sample in samples)
    digest = hashing.digest.hexdigest()
    mark = Mark(len(samples), num_views, hashing.num_bytes, digest, tuple(dropped), jpeg_psnr_db)
    write_json(mark_path(folder, shard), asdict(mark))
    return mark


def read_mark(folder: Path, shard: int) -> Mark | None:
    """Return the mark of a committed tar; None when the mark, or a tar of its size, is not there."""
    try:
        value: dict[str, Any] = json.loads(mark_path(folder, shard).read_text(encoding="utf-8"))
        mark = Mark(**value | {"dropped": tuple(Dropped(**row) for row in value["dropped"])})
        return mark if tar_path(folder, shard).stat().st_size == mark.bytes else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def jpeg_damage_db(folder: Path) -> float | None:
    """Return the mean PSNR of all stored views against what was rendered; None where the codec is exact."""
    marks = [read_mark(folder, int(path.stem)) for path in sorted((folder / SHARDS).glob("*.json"))]
    known = [(m.jpeg_psnr_db, m.num_views) for m in marks if m is not None and m.jpeg_psnr_db is not None]
    return sum(db * num for db, num in known) / sum(num for _, num in known) if known else None


def _files(samples: Iterable[Packed]) -> Iterable[tuple[str, bytes]]:
    for sample in samples:
        yield f"{sample.key}.json", sample.record
        yield from sample.members


def _header(name: str, num_bytes: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = num_bytes, 0o644
    return info.tobuf(tarfile.USTAR_FORMAT)


class _Hashing:
    """A file that is checksummed while it is written, front to back."""

    def __init__(self, file: BinaryIO) -> None:
        self.digest = hashlib.sha256()
        self.num_bytes = 0
        self._file = file

    def write(self, data: bytes) -> None:
        """Write all of `data`."""
        self._file.write(data)
        self.digest.update(data)
        self.num_bytes += len(data)
