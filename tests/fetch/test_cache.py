"""The cache folder: where it is, who may read it, and what is said when it cannot be used."""

import hashlib
from pathlib import Path

import pytest

from vqaprep.errors import InputError
from vqaprep.packages.cache import cache_dir, has_sha256, private_folder


def test_cache_folder_is_made_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path / "some" / "where"))
    folder = cache_dir()
    assert folder == tmp_path / "some" / "where"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_cache_folder_defaults_to_that_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VQAPREP_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir() == tmp_path / "xdg" / "vqaprep"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_dir() == tmp_path / "home" / ".cache" / "vqaprep"


def test_folder_that_cannot_be_made_is_an_input_error_with_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"cannot be used.*; choose another"):
        private_folder(tmp_path / "file" / "below", remedy="choose another")


def test_only_a_file_with_the_right_bytes_is_right(tmp_path: Path) -> None:
    path = tmp_path / "file"
    sha256 = hashlib.sha256(b"right").hexdigest()
    assert not has_sha256(path, sha256)
    path.write_bytes(b"wrong")
    assert not has_sha256(path, sha256)
    path.write_bytes(b"right")
    assert has_sha256(path, sha256)
