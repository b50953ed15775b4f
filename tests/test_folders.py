"""A folder gives all videos in it, by whichever way they lie there, and says what it passed over."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av.format
import pytest

from tests.calling import call
from tests.films import pictures, write_film
from tests.made import Inline
from vqaprep.errors import InputError
from vqaprep.jobs import Common
from vqaprep.media.formats import ALLOWED
from vqaprep.rows.manifest import read_dropped, read_rows
from vqaprep.sources.endings import OTHERS, SUFFIXES
from vqaprep.sources.folders import absolute, list_folder, list_videos

ENDINGS = "3g2 f4v gif m2t mod qt tod dv divx ogm m2v insv lrv 360 M2TS MOV mp4v"


@pytest.fixture(autouse=True)
def _inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Common, "make_engine", lambda self, out: Inline())


def fill(folder: Path, *names: str) -> Path:
    """Write files of different bytes; return the folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def names(folder: Path) -> list[str]:
    return [str(Path(uri).relative_to(folder)) for uri in list_videos(folder).uris]


def test_every_ending_of_a_demuxer_is_looked_for_or_left_out_on_purpose() -> None:
    known: set[str] = set()
    for name in ALLOWED:
        with suppress(ValueError):  # a name that only some versions of the library know
            known |= {f".{ending}" for ending in av.format.ContainerFormat(name, "r").extensions}
    assert known - SUFFIXES == OTHERS
    assert not SUFFIXES & OTHERS


def test_films_of_all_endings_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, ending in enumerate(ENDINGS.split()):
        write_film(tmp_path / "film.mp4", pictures(5, shade=40 + 8 * number))
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "film.mp4").rename(tmp_path / "in" / f"x{number}.{ending}")
    fill(tmp_path / "in", "notes.txt", "labels.csv", "LICENSE", "._x0.mp4", ".DS_Store", "~$labels.xlsx")
    assert call("scan", tmp_path / "in", "-o", tmp_path / "out") == 0
    assert len(read_rows(tmp_path / "out" / "manifest.parquet")) == len(ENDINGS.split())
    said = capsys.readouterr().out.splitlines()[0]
    assert said == "not looked at: 3 files with other endings (none 1, .csv 1, .txt 1), 3 hidden files"


def test_links_to_files_and_folders_are_followed_and_loops_end(tmp_path: Path) -> None:
    folder, elsewhere = fill(tmp_path / "in", "a/one.mp4"), fill(tmp_path / "elsewhere", "two.mp4", "deep/three.mp4")
    (folder / "link.mp4").symlink_to(elsewhere / "two.mp4")
    (folder / "site2").symlink_to(elsewhere, target_is_directory=True)
    (folder / "a" / "up").symlink_to(folder, target_is_directory=True)
    (elsewhere / "deep" / "around").symlink_to(elsewhere, target_is_directory=True)
    assert names(folder) == ["a/one.mp4", "link.mp4", "site2/deep/three.mp4", "site2/two.mp4"]
    assert list_folder(folder).unread == []


def test_a_folder_reached_in_two_ways_is_taken_as_itself(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in", "z/one.mp4")
    (folder / "a").symlink_to(folder / "z", target_is_directory=True)
    assert names(folder) == ["z/one.mp4"]


def test_folders_linked_to_each_other_are_listed_once(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in", *(f"{i}/x.mp4" for i in range(9)))
    for i in range(9):
        for j in range(9):
            (folder / str(i) / f"to{j}").symlink_to(folder / str(j), target_is_directory=True)
    assert len(names(folder)) == 9


def test_what_cannot_be_opened_is_a_drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill(tmp_path / "in", "locked/x.mp4", "open/y.mp4")
    (folder / "share").symlink_to(tmp_path / "away", target_is_directory=True)
    (folder / "loop.mp4").symlink_to(folder / "loop.mp4")
    os.mkfifo(folder / "pipe.mp4")
    real = os.scandir

    def scandir(path: Path) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert call("scan", folder, "-o", tmp_path / "out") == 1, "y.mp4 is no film either"
    drops = {Path(d.uri).name: (d.reason, d.detail) for d in read_dropped(tmp_path / "out" / "dropped.parquet")}
    assert drops.pop("y.mp4")[0] == "unreadable"
    assert drops == {
        "locked": ("unreadable", "the folder cannot be listed: Permission denied"),
        "share": ("away", "the link leads nowhere: No such file or directory"),
        "loop.mp4": ("unreadable", "the link leads nowhere: Too many levels of symbolic links"),
        "pipe.mp4": ("unreadable", "it is no regular file but a pipe, a socket or a device"),
    }


def test_a_link_whose_target_is_away_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, share = tmp_path / "in", tmp_path / "share"
    folder.mkdir()
    share.mkdir()
    for number in range(2):
        write_film(share / f"{number}.mp4", pictures(5, shade=40 + 30 * number))
        (folder / f"{number}.mp4").symlink_to(share / f"{number}.mp4")
    share.rename(tmp_path / "unmounted")
    assert call("scan", folder, "-o", tmp_path / "out") == 1
    said = capsys.readouterr().err
    assert "in/0.mp4: away: No such file or directory" in said and "run the same command again" in said
    (tmp_path / "unmounted").rename(share)
    assert call("scan", folder, "-o", tmp_path / "out") == 0
    assert len(read_rows(tmp_path / "out" / "manifest.parquet")) == 2
    assert read_dropped(tmp_path / "out" / "dropped.parquet") == []


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scandir(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(InputError, match=r"cannot be listed: Permission denied; make it readable"):
        list_videos(tmp_path)


def test_out_folders_inside_are_passed_over(tmp_path: Path) -> None:
    folder = fill(tmp_path / "in", "a.mp4", "out/media/face.mp4", "half/media/face.mp4", "mine/b.mp4")
    (folder / "out" / "run.json").write_text('{"command": "crop"}', encoding="utf-8")
    (folder / "half" / "started.json").write_text("", encoding="utf-8")
    (folder / "mine" / "run.json").write_text('{"participant": 3}', encoding="utf-8")
    listing = list_videos(folder)
    assert names(folder) == ["a.mp4", "mine/b.mp4"]
    assert listing.lines() == ["not looked at: 1 file with other endings (.json 1), 2 OUT folders of vqaprep"]
    assert names(folder / "out" / "media") == ["face.mp4"]


def test_an_empty_folder_says_what_lies_there_instead(tmp_path: Path) -> None:
    fill(tmp_path, "a.txt", ".hidden/b.mp4")
    with pytest.raises(
        InputError, match=r"no video in .*\.mp4 [\s\S]*not looked at: 1 file with other endings \(.txt 1"
    ):
        list_videos(tmp_path)


@pytest.mark.parametrize(
    "name", ["2024-01-05T10:30.mp4", "subject12:visit2.mp4", "http:x.mp4", "concat:a|b.mp4", "-i.mp4"]
)
def test_names_that_look_like_protocols_are_files(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    write_film(tmp_path / "film.mp4", pictures(5)).rename(tmp_path / "in" / name)
    monkeypatch.chdir(tmp_path / "in")
    assert call("scan", ".", "-o", tmp_path / "out") == 0
    (row,) = read_rows(tmp_path / "out" / "manifest.parquet")
    assert row.uri == str(tmp_path / "in" / name)


def test_an_address_holds_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a" / "deep", target_is_directory=True)
    monkeypatch.chdir(tmp_path / "a")
    assert absolute(Path("../a/deep")) == tmp_path / "a" / "deep"
    assert absolute(Path("../link/../deep")) == tmp_path / "a" / "../link/../deep", "a link goes up elsewhere"
