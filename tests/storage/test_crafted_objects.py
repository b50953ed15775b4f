"""An object of a store that refers to files, hosts or devices reads none of them."""

from pathlib import Path

import pytest

from tests.films import pictures, write_film
from tests.media.crafted import NUM_OWN, REFERRING, SELF_CONTAINED
from tests.storage.server import Gate
from vqaprep.errors import MediaError
from vqaprep.media.decode import decode
from vqaprep.media.source_bytes import open_source
from vqaprep.rows import Dropped, Video
from vqaprep.sources.scan import scan_one
from vqaprep.storage import at


def test_no_object_leads_to_a_file_of_this_machine(door: Gate, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    write_film(folder / "private.mp4", pictures(20))
    known = {**REFERRING, **SELF_CONTAINED}
    for name, make in known.items():
        (at("s3://bucket/crafted") / name).write_bytes(make(folder, int(door.address.rpartition(":")[2])))
    door.seen.clear()
    for name in known:
        (row,) = scan_one(f"s3://bucket/crafted/{name}")
        if name in REFERRING:
            assert isinstance(row, Dropped) and row.reason in ("unreadable", "no_video"), name
        else:
            assert isinstance(row, Video) and row.num_frames == NUM_OWN, name
    assert all("/bucket/crafted/" in asked for asked in door.seen)


def test_an_object_that_is_replaced_is_noticed(door: Gate, tmp_path: Path) -> None:
    first, second = (write_film(tmp_path / f"{i}.mp4", pictures(20, shade=80 + 60 * i)) for i in range(2))
    place = at("s3://bucket/replaced/a.mp4")
    place.write_bytes(first.read_bytes())
    (row,) = scan_one(str(place))
    assert isinstance(row, Video)
    door.seen.clear()
    assert len(list(decode(row.uri, scanned=row))) == 20
    place.write_bytes(second.read_bytes())
    for scanned in (row, row.having(num_bytes=len(second.read_bytes()))):
        with pytest.raises(MediaError, match="changed"):
            list(decode(row.uri, scanned=scanned))


def test_an_object_that_becomes_shorter_while_it_is_read_is_changed(door: Gate, tmp_path: Path) -> None:
    """The store refuses a range behind its end: that says nothing of the store."""
    place = at("s3://bucket/shorter/a.mp4")
    place.write_bytes(bytes(5_000_000))
    with pytest.raises(MediaError, match="changed"), open_source(str(place)) as source:
        place.write_bytes(b"short")
        source.file.seek(4_500_000)
        source.file.read(10)


def test_an_object_has_no_place_before_its_start(door: Gate) -> None:
    place = at("s3://bucket/start/a.mp4")
    place.write_bytes(b"0123456789")
    with open_source(str(place)) as source:
        assert source.file.seek(-5) < 0
        assert source.file.seek(99) == 99
        assert source.file.read(5) == b""
