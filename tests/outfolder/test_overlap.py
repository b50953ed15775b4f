"""Input is never written to: OUT that is, holds or lies in what a command reads is refused, however it is written."""

import os
import re
from pathlib import Path

import pytest

from tests.made import video
from vqaprep import cli
from vqaprep.errors import InputError
from vqaprep.rows.outfolder import open_out
from vqaprep.rows.outfolder.overlap import refuse_overlap
from vqaprep.running.accounts import finish
from vqaprep.storage import at


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with videos, links to them, and the OUT folder of a scan."""
    monkeypatch.chdir(tmp_path)
    for name in ("videos/day", "beside", "elsewhere"):
        Path(name).mkdir(parents=True)
    Path("videos/day/a.mp4").touch()
    Path("link").symlink_to("videos")
    Path("videos/out-link").symlink_to("../elsewhere")
    finish(open_out(Path("scanned"), "scan", {}, input_sha256="x"), [video()], [video()])
    return tmp_path


@pytest.mark.parametrize(
    ("read", "out", "relation"),
    [
        ("videos", "videos", "is what"),
        ("videos", "videos/out", "lies in"),
        ("videos", "videos/day/../out/deep", "lies in"),
        ("videos", "link", "is what"),
        ("link", "videos/out", "lies in"),
        ("link/day", "videos", "holds"),
        ("videos/day/a.mp4", "videos/day", "holds"),
        ("videos", ".", "holds"),
        ("scanned/manifest.parquet", "scanned", "is what"),
        ("scanned/manifest.parquet", "scanned/out", "lies in"),
        ("memory://bucket/videos", "memory://bucket/videos", "is what"),
        ("memory://bucket/videos", "memory://bucket/videos/out", "lies in"),
        ("memory://bucket/videos/day", "memory://bucket/videos", "holds"),
    ],
)
@pytest.mark.usefixtures("study")
def test_a_folder_that_is_read_is_not_written(read: str, out: str, relation: str) -> None:
    for given, written in ((at(read), at(out)), (at(read).absolute(), at(out).absolute())):
        with pytest.raises(InputError, match=f"{relation}.*choose another folder beside it"):
            refuse_overlap(written, [Path("beside"), given])


@pytest.mark.usefixtures("study")
def test_a_table_that_was_put_into_the_folder_is_to_be_moved() -> None:
    Path("scanned/overrides.csv").write_text("file,rule\na.mp4,left\n", encoding="utf-8")
    words = "scanned/overrides.csv lies in -o/--out scanned, .*; move the file beside it and name it there"
    with pytest.raises(InputError, match=words):
        refuse_overlap(Path("scanned"), [Path("videos"), Path("scanned/overrides.csv")])


@pytest.mark.parametrize(
    ("read", "out"),
    [
        ("videos", "out"), ("videos/day/a.mp4", "videos/out"), ("videos", "videos2"), ("scanned", "out"),
        ("nowhere", "nowhere"), ("memory://bucket/videos", "memory://bucket/videos2"),
        ("memory://bucket/videos", "out"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("study")
def test_a_folder_beside_is_fine(read: str, out: str) -> None:
    refuse_overlap(at(out), [at(read)])


@pytest.mark.usefixtures("study")
def test_the_same_folder_under_another_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under a bind mount, or where a file system takes `Videos` for `videos`: only the inode is the same."""
    stat = Path.stat
    monkeypatch.setattr(Path, "stat", lambda self, **how: stat(Path(str(self).replace("Videos", "videos")), **how))
    with pytest.raises(InputError, match="is what"):
        refuse_overlap(Path("Videos"), [Path("videos")])
    with pytest.raises(InputError, match="lies in"):
        refuse_overlap(Path("Videos/out"), [Path("videos")])


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize(
    "words",
    [
        ["scan", "videos", "-o", "videos/out"],
        ["scan", "beside", "--labels", "scanned/people.csv", "-o", "scanned"],
        ["crop", "scanned", "-o", "scanned"],
        ["shard", "scanned", "-o", "scanned/shards"],
        ["train", "speediness", "scanned", "-o", "scanned"],
        ["evaluate", "beside", "scanned", "-o", "scanned"],
        ["score", "beside", "elsewhere", "videos", "-o", "videos"],
        ["export", "scanned", "-o", "scanned"],
        ["compare", "beside", "scanned", "-o", "scanned"],
        ["run", "p.toml", "--input", "videos", "-o", "videos"],
        ["run", "p.toml", "--input", "beside", "--input", "more=scanned", "-o", "scanned"],
    ],
    ids=" ".join,
)
def test_every_command_refuses_before_any_work(
    study: Path, words: list[str], force: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("scanned/people.csv").touch()
    Path("p.toml").write_text('inputs = { more = "more" }\n[[step]]\nrun = "scan"\n', encoding="utf-8")
    before = sorted(os.walk(study))
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, *force])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert re.search("(which|is what) the command reads|which holds only what the command writes", said)
    assert "--force" not in said
    assert sorted(os.walk(study)) == before
