"""Write one tar and its commit mark: whole or absent, and the same bytes for the same samples."""

import hashlib
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from vqaprep.packages.cache import sha256_of
from vqaprep.rows import Dropped
from vqaprep.storage.durable import durable, write_json
from vqaprep.storage.folder import folder_at, is_local

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
            # A tar is made of blocks of 512 bytes; the negative remainder is what fills the last one.
            hashing.write(bytes(-len(data) % tarfile.BLOCKSIZE))
        # Two empty blocks end a tar, and GNU tar pads the file to a record of 20 blocks.
        end = 2 * tarfile.BLOCKSIZE
        hashing.write(bytes(end + -(hashing.num_bytes + end) % tarfile.RECORDSIZE))
    num_views = sum(len(sample.members) for sample in samples)
    digest = hashing.digest.hexdigest()
    mark = Mark(len(samples), num_views, hashing.num_bytes, digest, tuple(dropped), jpeg_psnr_db)
    # The mark follows the tar: where the mark is, the tar is whole. The other order could promise a torn tar.
    write_json(mark_path(folder, shard), asdict(mark))
    return mark


def read_mark(folder: Path, shard: int) -> Mark | None:
    """Return the mark of a committed tar; None when the mark, or a tar of its size, is not there."""
    try:
        mark = _parsed(mark_path(folder, shard).read_text(encoding="utf-8"))
        return mark if mark is not None and tar_path(folder, shard).stat().st_size == mark.bytes else None
    except (OSError, ValueError):
        return None


def take_back_doubtful(folder: Path) -> list[int]:
    """Take back the marks of tars that are not what they say, among the last ones written; return their numbers.

    A mark and its tar are forced to disk, but disks may lose what they said they hold when the power goes. What was
    written minutes before is safe, and reading all tars again would take hours. A store has only whole objects.
    """
    if not is_local(folder):
        return []
    written_s = {shard: mark_path(folder, shard).stat().st_mtime for shard in numbers(folder, ".json")}
    doubtful = [shard for shard, at_s in written_s.items() if at_s >= max(written_s.values()) - _UNSAFE_S]
    lost = []
    for shard in doubtful:
        mark = read_mark(folder, shard)
        if mark is not None and sha256_of(tar_path(folder, shard)) != mark.sha256:
            mark_path(folder, shard).unlink()
            lost.append(shard)
    return lost


_UNSAFE_S = 120.0  # Linux writes back dirty pages within half a minute, and disks empty their caches within seconds


class Marks:
    """The marks of a folder. Those in a store are read all at once, and again only when `update` is told to.

    What is committed does not change there as long as a run holds the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[int, Mark] = {}
        self._is_local = is_local(folder)
        shards = folder_at(folder / SHARDS)
        if ahead := shards.read_ahead("*.json"):
            sizes = shards.sizes()
            for name, data in ahead.items():
                mark, stem = _parsed(data), name.removesuffix(".json")
                if mark is not None and sizes.get(f"{stem}.tar") == mark.bytes:
                    self._known[int(stem)] = mark

    def get(self, shard: int) -> Mark | None:
        """Return the mark of a committed tar."""
        return read_mark(self._folder, shard) if self._is_local else self._known.get(shard)

    def update(self, shards: Iterable[int]) -> None:
        """Read the marks of tars that may have been committed meanwhile."""
        for shard in shards:
            if not self._is_local and (mark := read_mark(self._folder, shard)) is not None:
                self._known[shard] = mark


def numbers(folder: Path, suffix: Literal[".tar", ".json"]) -> list[int]:
    """Return the numbers of the tars, or of the marks, that lie in `folder`, in order."""
    return sorted(int(path.stem) for path in (folder / SHARDS).glob(f"*{suffix}") if path.stem.isdecimal())


def committed(folder: Path) -> dict[int, Mark]:
    """Return the marks of all committed tars by number, in order; none where there are no shards."""
    marks = Marks(folder)
    return {shard: mark for shard in numbers(folder, ".json") if (mark := marks.get(shard)) is not None}


def jpeg_damage_db(folder: Path) -> float | None:
    """Return the mean PSNR of all stored views against what was rendered; None where the codec is exact."""
    known = [(m.jpeg_psnr_db, m.num_views) for m in committed(folder).values() if m.jpeg_psnr_db is not None]
    return sum(db * num for db, num in known) / sum(num for _, num in known) if known else None


def layout(samples: Sequence[Packed]) -> Iterator[list[tuple[int, int]]]:
    """Yield where the JSON and the views of each sample lie in the tar that `write_shard` makes: (offset, size)."""
    start = 0
    for sample in samples:
        places = []
        for data in (sample.record, *(data for _, data in sample.members)):
            # The header of a member is one block, and its bytes begin after it.
            places.append((start + tarfile.BLOCKSIZE, len(data)))
            start += tarfile.BLOCKSIZE + len(data) + -len(data) % tarfile.BLOCKSIZE
        yield places


def _parsed(text: str | bytes) -> Mark | None:
    try:
        value: dict[str, Any] = json.loads(text)
        return Mark(**value | {"dropped": tuple(Dropped(**row) for row in value["dropped"])})
    except (ValueError, TypeError, KeyError):
        return None


def _files(samples: Iterable[Packed]) -> Iterator[tuple[str, bytes]]:
    for sample in samples:
        yield f"{sample.key}.json", sample.record
        yield from sample.members


def _header(name: str, num_bytes: int) -> bytes:
    info = tarfile.TarInfo(name)
    # Owner, group and time stay 0, which is what TarInfo begins with: they would differ from run to run.
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
