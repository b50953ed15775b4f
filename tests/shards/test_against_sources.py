"""Stored pixels are proved against the videos that they were cut from; a changed video is named."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.calling import call
from tests.made import Inline
from tests.shards.conftest import clips_of
from vqaprep.rows import Video
from vqaprep.rows.manifest import write_rows
from vqaprep.rows.outfolder import open_out
from vqaprep.running.accounts import finish
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings

WORK = ("--engine", "inline")


@pytest.fixture(params=["npy", "zstd", "jpeg"])
def folder(film: Callable[..., Video], tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A shard folder of two videos with distorted views, as `vqaprep shard` leaves it."""
    codec: str = request.param
    settings = ShardSettings(spatial="native", codec=codec)
    variants = (("none", 0), ("gaussian_noise", 1))
    clips = [
        clip
        for number, name in enumerate("ab")
        for clip in clips_of(film(f"{name}.mp4", seed=number), starts=(0, 8), variants=variants)
    ]
    out = open_out(tmp_path / "out", "shard", settings.model_dump(mode="json"), input_sha256="x")
    make_shards(clips, out.path, settings, Inline(), lambda *_: None)
    finish(out, clips, [*clips])
    return out.path


def lines(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    capsys.readouterr()
    code = call("verify", *words, *WORK)
    said = capsys.readouterr()
    return code, said.out + said.err


def test_sound_shards_are_those_of_their_sources(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = lines(capsys, folder, "--sources")
    assert (code, "the stored bytes of 2 videos are those of their sources" in said) == (0, True)
    code, said = lines(capsys, folder, "--sources", "--videos", "1")
    assert (code, "the stored bytes of 1 videos" in said) == (0, True)


@pytest.mark.parametrize("folder", ["npy"], indirect=True)
def test_a_video_that_changed_or_is_away_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = folder.parent / "a.mp4", folder.parent / "b.mp4"
    first.write_bytes(second.read_bytes())
    second.rename(folder.parent / "c.mp4")
    code, said = lines(capsys, folder, "--sources")
    assert code == 1
    assert f"{first}', key=None, what='2 samples could not be compared: changed" in said
    assert f"{second}', key=None, what='2 samples could not be compared: away" in said


@pytest.mark.parametrize("folder", ["npy"], indirect=True)
def test_forged_pixels_under_right_checksums_are_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever changes a tar can make its checksum anew; only the source tells."""
    import hashlib

    tar = folder / "shards" / "000000.tar"
    data = bytearray(tar.read_bytes())
    with tarfile.open(tar) as opened:
        member = next(one for one in opened if "gaussian_noise" in one.name)
    data[member.offset_data + member.size - 1] ^= 1
    tar.write_bytes(data)
    mark = json.loads(tar.with_suffix(".json").read_text())
    tar.with_suffix(".json").write_text(json.dumps(mark | {"sha256": hashlib.sha256(data).hexdigest()}))
    assert lines(capsys, folder)[0] == 0
    code, said = lines(capsys, folder, "--sources")
    assert code == 1 and said.count("the pixels of query gaussian_noise are not those of its source") == 1


@pytest.mark.parametrize("folder", ["npy"], indirect=True)
def test_shards_of_other_rows_are_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from vqaprep.rows.manifest import read_rows

    rows = [row.having(label="sad") for row in read_rows(folder / "manifest.parquet")]
    write_rows(folder / "manifest.parquet", rows)
    code, said = lines(capsys, folder, "--sources")
    assert code == 1 and said.count("its JSON does not say what the manifest gives: label") == 4


@pytest.mark.parametrize("folder", ["npy"], indirect=True)
def test_what_the_options_need_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = lines(capsys, folder, "--videos", "1")
    assert code == 2 and "--sources" in said
    (folder / "run.json").unlink()
    code, said = lines(capsys, folder, "--sources")
    assert code == 2 and "no run.json" in said
