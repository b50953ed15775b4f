"""A film that was replaced after `scan` costs its rows a reason, and nothing is kept of the wrong one."""

from pathlib import Path

import pytest

from tests.films import picture, write_film
from vqaprep import cli
from vqaprep.packages.cache import cache_dir
from vqaprep.rows.manifest import read_dropped, read_rows
from vqaprep.shards.read import ShardReader

_SPEED = ("--min-motion", "0", "--max-still", "1", "--clips", "1", "--num-frames", "8")
_SHARD = ("--spatial", "resize", "--size-px", "32")


def film(path: Path, shade: int) -> None:
    write_film(path, [picture(i, shade=shade) for i in range(30)])


def call(*words: str | Path) -> None:
    cli.main([*map(str, words), "--workers", "1"])


def reasons(out: Path) -> list[str]:
    return [drop.reason for drop in read_dropped(out / "dropped.parquet")]


def test_a_film_replaced_after_scan_is_dropped_wherever_it_is_opened(folder: Path, tmp_path: Path) -> None:
    film(folder / "a.mp4", 60)
    film(folder / "b.mp4", 90)
    scanned, cut, shards = (tmp_path / name for name in ("scan", "speed", "shard"))
    call("scan", folder, "-o", scanned)
    wrong = next(row for row in read_rows(scanned / "manifest.parquet") if row.uri.endswith("a.mp4"))
    call("speed", scanned, "-o", cut, *_SPEED)
    film(folder / "a.mp4", 140)

    call("shard", cut, "-o", shards, *_SHARD)
    assert reasons(shards) == ["changed"]
    assert [ShardReader(shards).record(i)["video_id"] == wrong.video_id for i in range(1)] == [False]

    for look in cache_dir().glob("*/*.look*"):
        look.unlink()
    call("speed", scanned, "-o", tmp_path / "again", *_SPEED)
    assert reasons(tmp_path / "again") == ["changed"]
    assert not list(cache_dir().glob(f"*/{wrong.sha256}.look*"))


def test_a_film_that_is_replaced_is_not_shown_as_the_scanned_one(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film(folder / "a.mp4", 60)
    call("scan", folder, "-o", tmp_path / "scan")
    film(folder / "a.mp4", 140)
    call("trim", tmp_path / "scan", "-o", tmp_path / "trim", "--render")
    assert not list((tmp_path / "trim" / "media").glob("*.mp4"))
    words = capsys.readouterr().err
    assert "not rendered" in words and "changed" in words
