"""An object of a store that refers to files, hosts or devices reads none of them."""

from pathlib import Path

import pytest

from tests.films import pictures, write_film
from tests.media.crafted import NUM_OWN, REFERRING, SELF_CONTAINED
from tests.storage.server import Gate
from vqaprep.errors import MediaError
from vqaprep.media.decode import decode
from vqaprep.rows import Dropped, Video
from vqaprep.scan import scan_one
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
