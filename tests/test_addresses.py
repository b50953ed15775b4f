"""Manifests hold from every working folder, and after their videos were moved."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.calling import call
from tests.films import pictures, write_film
from tests.made import Inline, video
from tests.test_pseudonyms import make_key
from vqaprep.errors import InputError
from vqaprep.jobs import Common
from vqaprep.rows import Row
from vqaprep.rows.manifest import read_rows
from vqaprep.rows.no_veil import NO_VEIL
from vqaprep.sources.addresses import from_everywhere, moved_to


@pytest.fixture(autouse=True)
def _inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Common, "make_engine", lambda self, out: Inline())


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two films in folders of their own; the working folder is beside them."""
    for number in range(2):
        (tmp_path / "films" / f"site{number}").mkdir(parents=True)
        write_film(tmp_path / "films" / f"site{number}" / "a.mp4", pictures(40, shade=60 + 40 * number))
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "films"


def uris(out: Path) -> list[str]:
    return sorted({row.uri for row in read_rows(out / "manifest.parquet")})


def test_a_manifest_made_with_a_relative_path_is_read_from_elsewhere(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("scan", "films", "-o", "0") == 0
    monkeypatch.chdir(films)
    assert call("speed", "../0", "-o", "../1", "--clips", "1", "--min-motion", "0") == 0
    assert uris(tmp_path / "1") == [str(films / "site0" / "a.mp4"), str(films / "site1" / "a.mp4")]


def test_the_same_folder_is_the_same_input_under_every_name(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("scan", "films", "-o", tmp_path / "0") == 0
    monkeypatch.chdir(films)
    assert call("scan", ".", "-o", tmp_path / "0") == 0
    shutil.copytree(films, tmp_path / "copy")
    assert call("scan", tmp_path / "copy", "-o", tmp_path / "0") == 0
    assert capsys.readouterr().out.count("already done") == 2


@pytest.mark.parametrize("hides", [False, True], ids=["plain", "pseudonymized"])
def test_moved_videos_are_found_below_root(films: Path, tmp_path: Path, hides: bool) -> None:
    hiding = ["--pseudonymize", str(make_key(tmp_path / "key"))] if hides else []
    assert call("scan", films, "-o", "0", *hiding) == 0
    films.rename(tmp_path / "moved")
    cut = ["speed", "0", "-o", "1", "--clips", "1", "--min-motion", "0"]
    assert call(*cut, "--root", "moved") == 0
    assert call("shard", "1", "-o", "2", "--spatial", "native") == 0, "the new manifest has the new addresses"
    assert call("report", "0", "--root", "moved") == 0
    (tmp_path / "moved").rename(tmp_path / "again")
    assert call("shard", "1", "-o", "3", "--spatial", "native", "--root", "again") == 0
    tars = [(tmp_path / name / "shards" / "000000.tar").read_bytes() for name in "23"]
    assert tars[0] == tars[1]
    assert call(*cut) == 0, "done: where the videos lie is no setting"


def test_a_run_goes_on_with_moved_videos(films: Path, tmp_path: Path) -> None:
    step = '[[step]]\nrun = "scan"\n'
    Path("p.toml").write_text(step, encoding="utf-8")
    assert call("run", "p.toml", "--input", films, "-o", "out") == 0
    films.rename(tmp_path / "moved")
    Path("p.toml").write_text(step + '[[step]]\nrun = "speed"\nclips = 1\nmin_motion = 0.0\n', encoding="utf-8")
    assert call("run", "p.toml", "--input", "moved", "-o", "out", "--root", "moved") == 0
    assert uris(tmp_path / "out" / "02-speed") == [f"{tmp_path}/moved/site{i}/a.mp4" for i in range(2)]


def test_a_root_without_the_videos_is_refused(films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("scan", films, "-o", "0") == 0
    (tmp_path / "empty").mkdir()
    assert call("speed", "0", "-o", "1", "--root", "empty") == 2
    looked = tmp_path / "empty" / "site0" / "a.mp4"
    assert f"has none of the videos; looked for {looked}" in capsys.readouterr().err
    assert call("speed", films, "-o", "1", "--root", "empty") == 2
    assert "is for manifests" in capsys.readouterr().err


def test_so_much_of_the_path_is_kept_as_finds_the_files(tmp_path: Path) -> None:
    for name in ("data/s1/a.mp4", "data/s1/b.mp4", "data/other/a.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    rows: list[Row] = [video("a", uri="/old/data/s1/a.mp4"), video("b", uri="s3://old/data/s1/b.mp4")]
    for row, root in ((rows[0], tmp_path), (rows[0], tmp_path / "data"), (rows[1], tmp_path / "data" / "s1")):
        name = row.uri.rpartition("/")[2]
        assert moved_to(root, [row], NO_VEIL) == {row.uri: str(tmp_path / "data" / "s1" / name)}
    with pytest.raises(InputError, match="has none"):
        moved_to(tmp_path / "data" / "other", rows[1:], NO_VEIL)


def test_a_relative_address_is_looked_for_beside_its_manifest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    for name in ("here.mp4", "work/here.mp4", "work/there.mp4"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path / "work")
    names = ["here.mp4", "there.mp4", "gone.mp4", "/x/y.mp4", "s3://b/y.mp4", "private:abc"]
    found = from_everywhere([video(uri=name) for name in names], tmp_path)
    assert [row.uri for row in found] == [
        str(tmp_path / "here.mp4"),
        str(tmp_path / "work" / "there.mp4"),
        str(tmp_path / "work" / "gone.mp4"),
        "/x/y.mp4",
        "s3://b/y.mp4",
        "private:abc",
    ]
