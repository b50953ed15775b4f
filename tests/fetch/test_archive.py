"""Archives: exact names only, regular files only, broken ones named."""

import io
import tarfile
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO

import pytest

from tests.fetch.packages import make_tar
from vqaprep.errors import InputError
from vqaprep.packages.archive import read_members


def test_only_named_members_of_a_zip_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as file:
        file.writestr("in/a.bin", b"a")
        file.writestr("in/b.bin", b"b")
    assert _read(tmp_path / "a.whl", {"in/b.bin", "absent"}) == {"in/b.bin": b"b"}


def test_only_named_members_of_a_tar_are_read(tmp_path: Path) -> None:
    make_tar(tmp_path / "a.tgz", members={"./in/a.bin": b"a", "in/b.bin": b"b"})
    assert _read(tmp_path / "a.tgz", {"in/a.bin", "absent"}) == {"in/a.bin": b"a"}


def test_links_in_a_tar_are_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        link = tarfile.TarInfo("film.mp4")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    assert _read(tmp_path / "a.tar", {"film.mp4"}) == {}


def test_reading_stops_when_all_is_found(tmp_path: Path) -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as file:
        for name in ("first", "second"):
            info = tarfile.TarInfo(name)
            info.size = 20_000
            file.addfile(info, io.BytesIO(bytes(info.size)))
    (tmp_path / "cut.tar").write_bytes(raw.getvalue()[:30_000])
    assert set(_read(tmp_path / "cut.tar", {"first"})) == {"first"}


def test_cut_off_tar_is_an_input_error(tmp_path: Path) -> None:
    make_tar(tmp_path / "a.tgz", members={"film.mp4": bytes(range(256)) * 400})
    whole = (tmp_path / "a.tgz").read_bytes()
    (tmp_path / "a.tgz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"a\.tgz is broken"):
        _read(tmp_path / "a.tgz", {"film.mp4"})


def test_zip_with_changed_bytes_is_an_input_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as file:
        file.writestr("film.mp4", b"0123456789")
    changed = (tmp_path / "a.whl").read_bytes().replace(b"0123456789", b"0123456780")
    (tmp_path / "a.whl").write_bytes(changed)
    with pytest.raises(InputError, match=r"a\.whl is broken"):
        _read(tmp_path / "a.whl", {"film.mp4"})


def _read(archive: Path, names: Collection[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}

    def take(name: str, stream: IO[bytes]) -> None:
        found[name] = stream.read()

    read_members(archive, names, take=take)
    return found
