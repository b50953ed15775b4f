"""A share that is away, a worker that was killed, a machine that stood still: none of them is a bad video."""

import io
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.calling import call
from tests.films import pictures, write_film
from tests.made import Inline
from vqaprep.engines import Done, Failed
from vqaprep.errors import MediaError
from vqaprep.media.decode import decode
from vqaprep.media.source_bytes import _LocalBytes
from vqaprep.rows import Dropped
from vqaprep.rows.manifest import read_dropped, read_rows
from vqaprep.sources.folders import list_videos
from vqaprep.sources.scan import scan_one

CUT = ("--min-motion", "0", "--max-still", "1", "--clips", "2", "--num-frames", "8")
SHARD = ("--spatial", "resize", "--size-px", "32", "--sources-per-unit", "1")


class Faulty(Inline):
    """An engine that gives up the items in `lost`, once or each time."""

    lost: ClassVar[dict[str, str]] = {}
    worked_on: ClassVar[list[str]] = []

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        for index, item in enumerate(items):
            name = next((name for name in self.lost if name in repr(item)), None)
            self.worked_on.append(repr(item))
            yield Done(index, work(item)) if name is None else Failed(index, self.lost[name], "exit code -9")


@pytest.fixture(autouse=True)
def _inline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Work in this process, in the folder of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("vqaprep.jobs.get", lambda *_: Faulty())
    Faulty.worked_on.clear()
    yield
    Faulty.lost.clear()


@pytest.fixture
def share() -> Path:
    """A folder with three films."""
    folder = Path("share")
    folder.mkdir()
    for number in range(3):
        write_film(folder / f"{number}.mp4", pictures(30, shade=60 + 30 * number))
    return folder


def reasons(out: str) -> dict[str, str]:
    return {Path(drop.uri).name: drop.reason for drop in read_dropped(Path(out, "dropped.parquet"))}


def test_a_link_to_nothing_is_a_drop_unless_its_share_may_be_away(share: Path) -> None:
    (share / "lost.mp4").symlink_to("nowhere.mp4")
    (share / "gone.mp4").symlink_to("/no-such-folder/below/gone.mp4")
    assert call("scan", "share", "-o", "0") == 0
    assert reasons("0") == {"lost.mp4": "unreadable", "gone.mp4": "unreadable"}
    assert call("split", "0", "-o", "next") == 0
    Path("mounted-later").mkdir()
    for number, target in enumerate(("mounted-later/a.mp4", "no/such/folder/a.mp4")):
        link = share / "away.mp4"
        link.symlink_to(Path(target).absolute())
        assert call("scan", "share", "-o", f"away-{number}") == 1
        assert not Path(f"away-{number}/run.json").exists()
        link.unlink()


@pytest.mark.parametrize(
    ("command", "options"), [("scan", ()), ("speed", CUT), ("trim", ("--render",)), ("shard", SHARD)]
)
def test_a_file_that_is_away_is_not_done_and_comes_back(
    share: Path, command: str, options: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    call("scan", "share", "-o", "0")
    if command == "shard":
        call("speed", "0", "-o", "cut", *CUT)
    source = {"scan": "share", "shard": "cut"}.get(command, "0")
    whole, words = f"whole-{command}", [command, source, "-o", "out", *options]
    with monkeypatch.context() as patch:
        patch.setenv("VQAPREP_CACHE", str(Path("other-cache").absolute()))  # else the look is known already
        assert call(command, source, "-o", whole, *options) == 0
    if command == "scan":  # the file goes after the folder was listed
        listing = list_videos(share)
        monkeypatch.setattr("vqaprep.jobs.source.list_videos", lambda _: listing)
        monkeypatch.setattr("vqaprep.jobs.source.states", lambda uris: [(uri, 1, 1) for uri in uris])
    shutil.move(share / "1.mp4", "1.mp4")
    capsys.readouterr()
    assert call(*words) == 1
    said = capsys.readouterr().err
    assert re.search(r"share/1.mp4: away.*: No such file or directory", said) and "run the same command again" in said
    assert not Path("out/run.json").exists()
    assert call("split", "out", "-o", "next") == 2, "an unfinished folder is no input"
    shutil.move("1.mp4", share / "1.mp4")
    Faulty.worked_on.clear()
    assert call(*words) == 0
    if command == "speed":
        assert len(Faulty.worked_on) == 1
    assert reasons("out") == {}
    rows = [read_rows(Path(out, "manifest.parquet")) for out in (whole, "out")]
    assert rows[0] == rows[1]


def test_a_disk_that_fails_while_a_film_is_read_says_nothing_of_the_film(
    share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: io.FileIO, buffer: Any) -> int:
        if file.tell() >= 4096:
            raise OSError(5, "Input/output error")
        return io.FileIO.readinto(file, memoryview(buffer)[:4096]) or 0

    monkeypatch.setattr(_LocalBytes, "_read", fail)
    (drop,) = scan_one(str(share / "1.mp4"))
    assert isinstance(drop, Dropped)
    assert (drop.reason, drop.detail) == ("away", "Input/output error")
    with pytest.raises(MediaError, match="away: Input/output error"):
        list(decode(str(share / "1.mp4")))


@pytest.mark.parametrize("reason", ["crashed", "timeout"])
def test_a_lost_worker_ends_with_exit_1_and_the_next_call_tries_again(
    share: Path, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("scan", "share", "-o", "0") == 0
    assert call("speed", "0", "-o", "whole", *CUT) == 0
    Faulty.lost["share/1.mp4"] = reason
    capsys.readouterr()
    for _ in range(2):
        assert call("speed", "0", "-o", "cut", *CUT) == 1
        assert f"share/1.mp4: {reason}: exit code -9" in capsys.readouterr().err
        assert reasons("cut") == {"1.mp4": reason}
    Faulty.lost.clear()
    Faulty.worked_on.clear()
    assert call("speed", "0", "-o", "cut", *CUT) == 0
    assert len(Faulty.worked_on) == 1, "what had a verdict is not done again"
    for name in ("manifest.parquet", "dropped.parquet"):
        assert Path("cut", name).read_bytes() == Path("whole", name).read_bytes()
    assert sorted(path.name for path in Path("cut").iterdir()) == sorted(path.name for path in Path("whole").iterdir())


def test_clips_of_a_lost_worker_are_rendered_at_the_next_call(share: Path) -> None:
    call("scan", "share", "-o", "0")
    call("speed", "0", "-o", "cut", *CUT)
    assert call("shard", "cut", "-o", "whole", *SHARD) == 0
    Faulty.lost["share/1.mp4"] = "crashed"
    assert call("shard", "cut", "-o", "shards", *SHARD) == 1
    kept = {path.name: path.stat().st_ino for path in Path("shards/shards").glob("*.tar")}
    Faulty.lost.clear()
    assert call("shard", "cut", "-o", "shards", *SHARD) == 0
    files = {path.name: path.read_bytes() for path in Path("shards/shards").iterdir()}
    assert files == {path.name: path.read_bytes() for path in Path("whole/shards").iterdir()}
    same = [name for name, inode in kept.items() if Path("shards/shards", name).stat().st_ino == inode]
    assert len(same) == 2


def test_drops_of_a_reason_are_tried_again_on_demand(share: Path) -> None:
    film = (share / "1.mp4").read_bytes()
    (share / "1.mp4").write_bytes(film[:3000])
    assert call("scan", "share", "-o", "0") == 0
    (reason,) = reasons("0").values()
    Faulty.worked_on.clear()
    assert call("scan", "share", "-o", "0", "--retry", "no_face") == 0
    assert Faulty.worked_on == []
    assert call("scan", "share", "-o", "0", "--retry", reason) == 0
    assert len(Faulty.worked_on) == 1 and reasons("0") == {"1.mp4": reason}
    assert call("scan", "share", "-o", "0", "--retry", "no_fase") == 2


def test_the_default_drop_rate_is_loose_for_scan_alone(share: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(6):
        (share / f"junk-{number}.mp4").write_bytes(b"no film")
    assert call("scan", "share", "-o", "0") == 0
    for number in range(2):
        (share / f"{number}.mp4").write_bytes(b"replaced")
    assert call("speed", "0", "-o", "cut", *CUT) == 1
    assert "2 of 3 rows dropped, more than --max-drop-rate 0.5" in capsys.readouterr().err
    assert call("speed", "0", "-o", "cut", *CUT, "--max-drop-rate", "0.7") == 0


def test_a_pipeline_goes_on_without_a_lost_video_and_takes_it_in_at_the_next_call(
    share: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut, stored = "min_motion = 0\nmax_still = 1\nclips = 2\nnum_frames = 8", "spatial = 'resize'\nsize_px = 32"
    steps = (
        f'[[step]]\nrun = "{name}"\n{options}\n' for name, options in (("scan", ""), ("speed", cut), ("shard", stored))
    )
    Path("p.toml").write_text("".join(steps))
    run = ("run", "p.toml", "--input", "share", "-o")
    assert call(*run, "whole") == 0
    Faulty.lost["share/1.mp4"] = "crashed"
    capsys.readouterr()
    assert call(*run, "out") == 1
    assert "all 3 steps are complete, but videos hung or crashed in 01-scan" in capsys.readouterr().err
    assert len(read_rows(Path("out", "03-shard", "manifest.parquet"))) == 4
    Faulty.lost.clear()
    assert call(*run, "out") == 0
    for name in ("02-speed/manifest.parquet", "03-shard/manifest.parquet", "03-shard/index.parquet"):
        assert Path("out", name).read_bytes() == Path("whole", name).read_bytes()
