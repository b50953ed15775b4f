"""A shard folder may come from anywhere: what is not as its record says is refused, cheaply, and `verify` finds it."""

import gzip
import hashlib
import io
import json
import pickle
import resource
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from tests.made import Inline
from tests.shards.conftest import clips_of
from vqaprep.errors import IntegrityError, VqaprepError
from vqaprep.rows import Video
from vqaprep.shards.headers import npy_header
from vqaprep.shards.index import entries, row, write_index
from vqaprep.shards.make import make_shards
from vqaprep.shards.read import ShardReader
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.verify import verify
from vqaprep.shards.write import read_mark

Member = tuple[str, bytes]
Bend = Callable[[list[Member]], list[Member]]
SHAPE = (4, 64, 96, 3)
_ROOM_BYTES = 3 << 30


@pytest.fixture
def folder(film: Callable[..., Video], tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    codec: str = getattr(request, "param", "npy")
    clips = clips_of(film("a.mp4"), variants=(("none", 0), ("contrast", 1)))
    make_shards(clips, tmp_path / "out", ShardSettings(spatial="native", codec=codec), Inline(), lambda _n, _d: None)
    return tmp_path / "out"


@pytest.fixture(autouse=True)
def _little_room() -> Iterator[None]:
    """Let no test have more memory than a bomb would fill."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _ROOM_BYTES, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def bend(folder: Path, change: Bend, *, kind: bytes = tarfile.REGTYPE, is_indexed: bool = True) -> None:
    """Change the members of the one tar, and make mark and index anew, as whoever hands out a folder can."""
    path = folder / "shards" / "000000.tar"
    with tarfile.open(path) as tar:
        members = [(m.name, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]  # plain files
    with tarfile.open(path, "w") as tar:
        for name, data in change(members):
            info = tarfile.TarInfo(name)
            info.size, info.type = len(data), tarfile.REGTYPE if name.endswith(".json") else kind
            info.linkname = "/etc/hostname"
            tar.addfile(info, io.BytesIO(data))
    mark(folder)
    if is_indexed:
        with suppress(VqaprepError, pa.ArrowException, LookupError):  # then the old index stays
            known = read_mark(folder, 0)
            assert known is not None
            num_views = sum(len(entry.views_at) for entry in entries(folder, 0))
            write_index(folder, {0: replace(known, num_views=num_views)})


def mark(folder: Path) -> None:
    path = folder / "shards" / "000000.tar"
    written = json.loads(path.with_suffix(".json").read_text())
    written |= {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(written))


def pixels(data: bytes | Callable[[bytes], bytes]) -> Bend:
    """Replace the bytes of the first view."""

    def change(members: list[Member]) -> list[Member]:
        name, before = members[1]
        return [members[0], (name, data(before) if callable(data) else data), *members[2:]]

    return change


def record(**changes: Any) -> Bend:
    """Replace keys of the record."""

    def change(members: list[Member]) -> list[Member]:
        text = json.dumps(json.loads(members[0][1]) | changes)
        return [(members[0][0], text.encode()), *members[1:]]

    return change


def view(**changes: Any) -> Bend:
    """Replace keys of the first view in the record; None takes one away."""

    def change(members: list[Member]) -> list[Member]:
        said = json.loads(members[0][1])
        said["views"][0] |= changes
        said["views"][0] = {name: value for name, value in said["views"][0].items() if value is not None}
        return [(members[0][0], json.dumps(said).encode()), *members[1:]]

    return change


def text(content: bytes) -> Bend:
    return lambda members: [(members[0][0], content), *members[1:]]


def npy(shape: tuple[int, ...], data: bytes, *, descr: str = "|u1") -> bytes:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": descr, "fortran_order": False, "shape": shape})
    return head.getvalue() + data


def python_header(text: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def zstd_bomb(num_bytes: int) -> bytes:
    """Return a frame of run-length blocks, four bytes for 128 KiB of zeros each (RFC 8878, 3.1.1)."""
    head = b"\x28\xb5\x2f\xfd\xc0\x58" + num_bytes.to_bytes(8, "little")
    blocks = [(1 << 17 << 3 | 1 << 1 | is_last).to_bytes(3, "little") + b"\0" for is_last in (0, 1)]
    return head + blocks[0] * ((num_bytes >> 17) - 1) + blocks[1]


def saved(value: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, value, allow_pickle=True)
    return file.getvalue()


def rename(name: str) -> Bend:
    return lambda members: [members[0], (name, members[1][1]), *members[2:]]


def member(name: str) -> Bend:
    """Give the first view another name, in the record too."""

    def change(members: list[Member]) -> list[Member]:
        return rename(name)(view(member=name)(members))

    return change


PIXELS = bytes(int(np.prod(SHAPE)))
NPY: dict[str, Bend] = {
    "one frame for many": pixels(npy((1, 2, 2, 3), bytes(12))),
    "another size": pixels(npy((4, 32, 192, 3), PIXELS)),
    "fewer bytes": pixels(npy(SHAPE, PIXELS[:-1])),
    "more bytes": pixels(npy(SHAPE, PIXELS + b"\0")),
    "more than there is": pixels(npy((4, 99999, 99999, 3), bytes(100))),
    "a negative side": pixels(npy((4, -64, -96, 3), PIXELS)),
    "floats": pixels(npy(SHAPE, PIXELS * 4, descr="<f4")),
    "objects": pixels(saved(np.asarray([{"a": 1}], dtype=object))),
    "a pickle": pixels(pickle.dumps([1, 2])),
    "nested parentheses": pixels(python_header(b"(" * 3890 + b" " * 10)),
    "nested lists": pixels(python_header(b"[" * 3000 + b"]" * 3000 + b"\n")),
    "an expression": pixels(python_header(b"__import__('os').system('true')\n")),
    "an endless number": pixels(python_header(b"{'descr': '|u1', 'shape': (" + b"9" * 5000 + b",)}\n")),
    "version 2": pixels(b"\x93NUMPY\x02\x00" + bytes(200)),
    "no byte": pixels(b""),
    "a picture": pixels(lambda _: cv2.imencode(".png", np.zeros((64, 96, 3), np.uint8))[1].tobytes()),
    "a path for a member": member("../../../etc/passwd.npy"),
    "an absolute member": member("/tmp/a.npy"),
    "a pickle for a member": member("a.query.none.pkl"),
    "no views": record(views=[]),
    "views that are none": record(views={"a": 1}),
    "a key that is a path": record(key="../../a"),
    "a key that is no text": record(key=7),
    "NaN for a label": text(b'{"key": NaN}'),
    "a deep record": text(b"[" * 100_000 + b"]" * 100_000),
    "a record of an endless number": text(b'{"key": ' + b"9" * 10_000 + b"}"),
    "no record": text(b"\xff\xfe"),
    "a list for a record": text(b"[]"),
    "frames of text": view(frames="0123"),
    "negative frames": view(frames=[-1, 0, 1, 2]),
    "no frames": view(frames=[], ticks=[]),
    "a record of another shape": view(shape=[4, 8, 8, 3]),
    "a record of a huge shape": view(shape=[4, 10**6, 10**6, 3]),
    "a shape of text": view(shape="big"),
}

ZSTD: dict[str, Bend] = {
    "a bomb of zstd": pixels(lambda _: zstd_bomb(1 << 33)),
    "a bomb without a size": pixels(zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 26))),
    "a bomb that its record tells of": lambda members: view(shape=[4, 8192, 65536, 3])(
        pixels(lambda _: zstd_bomb(3 << 31))(members)
    ),
    "one packed frame for many": pixels(zstandard.ZstdCompressor().compress(npy((1, 2, 2, 3), bytes(12)))),
    "packed parentheses": pixels(zstandard.ZstdCompressor().compress(python_header(b"(" * 3890 + b" " * 10))),
    "packed noise": pixels(b"\x28\xb5\x2f\xfd" + bytes(100)),
}

JPEG: dict[str, Bend] = {
    "a picture of another size": pixels(cv2.imencode(".jpg", np.zeros((32, 32, 3), np.uint8))[1].tobytes()),
    "a grey picture": pixels(cv2.imencode(".jpg", np.zeros((256, 96), np.uint8))[1].tobytes()),
    "a JPEG bomb": pixels(
        lambda data: data.replace((256).to_bytes(2) + (96).to_bytes(2), (65500).to_bytes(2) + (65500).to_bytes(2), 1)
    ),
    "a PNG for a JPEG": pixels(cv2.imencode(".png", np.zeros((256, 96, 3), np.uint8))[1].tobytes()),
    "a JPEG cut off": pixels(lambda data: data[:700]),
}


def refused(folder: Path) -> None:
    """Every way to read the sample ends in one of our errors, and `verify` finds it."""
    with pytest.raises(IntegrityError):
        ShardReader(folder)[0]
    with pytest.raises(IntegrityError):
        reader = ShardReader(folder)
        for described in reader.record(0)["views"]:
            reader.view(0, described)
    assert verify(folder, labels=True)


@pytest.mark.parametrize("name", NPY)
def test_a_sample_that_is_not_what_its_record_says_is_refused(folder: Path, name: str) -> None:
    bend(folder, NPY[name])
    refused(folder)
    assert verify(folder)


@pytest.mark.parametrize("folder", ["zstd"], indirect=True)
@pytest.mark.parametrize("name", ZSTD)
def test_a_packed_member_unpacks_to_no_more_than_its_record_says(folder: Path, name: str) -> None:
    bend(folder, ZSTD[name])
    refused(folder)


@pytest.mark.parametrize("folder", ["jpeg"], indirect=True)
@pytest.mark.parametrize("name", JPEG)
def test_a_picture_is_a_jpeg_of_the_size_its_record_says(folder: Path, name: str) -> None:
    bend(folder, JPEG[name])
    refused(folder)


@pytest.mark.parametrize("name", ["other.query.none.npy", "a.query.contrast.npy", "../a.npy"])
def test_a_member_that_its_record_does_not_name_is_found(folder: Path, name: str) -> None:
    bend(folder, rename(name), is_indexed=False)
    assert "lacks members" in " ".join(problem.what for problem in verify(folder))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_members_that_are_no_files_are_found(folder: Path, kind: bytes) -> None:
    bend(folder, lambda members: members, kind=kind, is_indexed=False)
    assert "no plain file" in " ".join(problem.what for problem in verify(folder))


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda data: data[:-5000], lambda data: bytes(len(data)), lambda _: b"x"]
)
def test_a_tar_that_is_none_is_found(folder: Path, pack: Callable[[bytes], bytes]) -> None:
    path = folder / "shards" / "000000.tar"
    path.write_bytes(pack(path.read_bytes()))
    mark(folder)
    assert verify(folder)
    with pytest.raises(IntegrityError):
        ShardReader(folder)[0]


INDEX: dict[str, dict[str, Any]] = {
    "a shard that is a path": {"shard": "../../../../etc/passwd"},
    "a shard of another name": {"shard": "0.tar"},
    "a negative place": {"json_offset": -512},
    "a place behind the end": {"json_offset": 10**15},
    "a huge record": {"json_size": 10**15},
    "a negative size": {"json_size": -1},
    "negative places of views": {"offsets": [-1, -1]},
    "places behind the end": {"offsets": [2**60, 2**60]},
    "huge views": {"sizes": [10**15, 10**15]},
    "no views": {"offsets": [], "sizes": []},
    "one size for two": {"sizes": [1]},
    "views before their record": {"offsets": [0, 0]},
    "another key": {"key": "another"},
    "null": {"json_offset": None},
    "null in a list": {"sizes": [None, 5]},
}


@pytest.mark.parametrize("name", INDEX)
def test_an_index_that_points_elsewhere_is_refused(folder: Path, name: str) -> None:
    table = pq.read_table(folder / "index.parquet")
    pq.write_table(pa.Table.from_pylist([table.to_pylist()[0] | INDEX[name]], table.schema), folder / "index.parquet")
    with pytest.raises(IntegrityError):
        ShardReader(folder)[0]
    assert verify(folder)


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"PAR1" + bytes(64) + b"PAR1", None])
def test_a_damaged_index_is_found_and_its_tars_are_checked_all_the_same(folder: Path, damage: bytes | None) -> None:
    path = folder / "index.parquet"
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    (folder / "shards" / "000000.tar").write_bytes(b"x")
    assert {"index.parquet", "000000.tar"} <= {problem.shard for problem in verify(folder)}
    with pytest.raises(IntegrityError, match="damaged"):
        ShardReader(folder)


def test_an_index_of_other_types_is_refused(folder: Path) -> None:
    table = pq.read_table(folder / "index.parquet")
    place = table.column_names.index("json_offset")
    for wrong in (pa.array(["far"]), pa.array([[1]]), pa.array([0.5])):
        pq.write_table(table.set_column(place, "json_offset", wrong), folder / "index.parquet")
        with pytest.raises(IntegrityError, match=r"index\.parquet"):
            ShardReader(folder)
        assert verify(folder)


def test_an_index_without_a_column_is_refused(folder: Path) -> None:
    pq.write_table(pq.read_table(folder / "index.parquet").drop_columns(["sizes"]), folder / "index.parquet")
    with pytest.raises(IntegrityError, match=r"index\.parquet"):
        ShardReader(folder)
    assert verify(folder)


def test_a_sound_folder_stays_sound(folder: Path) -> None:
    bend(folder, lambda members: members)
    assert verify(folder, labels=True) == []
    assert [row(entry)["key"] for entry in entries(folder, 0)] == ShardReader(folder).column("key")


def test_a_bomb_is_one() -> None:
    assert zstandard.ZstdDecompressor().decompress(zstd_bomb(1 << 24)) == bytes(1 << 24)


def test_the_header_is_the_one_that_numpy_writes() -> None:
    for shape in (SHAPE, (1, 1, 1, 3), (128, 2160, 3840, 3)):
        assert npy_header(shape) == npy(shape, b"")
