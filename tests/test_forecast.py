"""A dry run foretells from one video what all will come to, says what is done, and leaves nothing behind."""

import re
from pathlib import Path

import pytest

from tests.films import pictures, write_film
from vqaprep import cli
from vqaprep.errors import memory
from vqaprep.rows.manifest import read_rows


def call(*words: str | Path) -> None:
    cli.main([str(word) for word in words])


@pytest.fixture
def films(folder: Path) -> Path:
    for number, num_frames in enumerate((30, 60, 90)):
        write_film(folder / f"{number}.mp4", pictures(num_frames, shade=40 + 20 * number))
    return folder


def test_rows_are_foretold_from_the_middle_video(
    films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("distort", films, "-o", tmp_path / "out", "--kinds", "gaussian_blur", "--levels", "all")
    call(*words, "--dry-run")
    said = capsys.readouterr().out
    assert "would decide distort for 3 rows" in said
    assert "nothing is done" in said
    assert f"sampled {films / '1.mp4'}" in said
    assert not (tmp_path / "out").exists()
    call(*words)
    assert f"in all about {len(read_rows(tmp_path / 'out' / 'manifest.parquet'))} rows" in said
    call(*words, "--dry-run")
    assert "is complete" in capsys.readouterr().out


def test_bytes_of_tars_are_foretold(films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("speed", films, "-o", tmp_path / "clips", "--num-frames", "8", "--min-motion", "0", "--max-still", "1")
    words = ("shard", tmp_path / "clips", "-o", tmp_path / "out", "--spatial", "native")
    capsys.readouterr()
    call(*words, "--dry-run")
    said = capsys.readouterr().out
    assert not (tmp_path / "out").exists()
    call(*words)
    num_mb = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*.tar")) / 1e6
    foretold = re.search(r"in all about (\d+) clips, ([\d.]+) MB written", said)
    assert foretold is not None, said
    assert int(foretold[1]) == len(read_rows(tmp_path / "clips" / "manifest.parquet"))
    assert float(foretold[2]) == pytest.approx(num_mb, rel=0.1)


def test_memory_is_predicted_and_what_does_not_fit_named(
    films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call("distort", films, "-o", tmp_path / "rows", "--kinds", "gaussian_blur", "--kinds", "h264_crf")
    call("speed", tmp_path / "rows", "-o", tmp_path / "clips", "--min-motion", "0", "--max-still", "1")
    words = ("shard", tmp_path / "clips", "-o", tmp_path / "out", "--spatial", "native")
    capsys.readouterr()
    call(*words, "--dry-run")
    said = capsys.readouterr().out
    assert re.search(r"sampled .* [\d.]+ MB of memory\n", said)
    assert re.search(r"in all about .*, [\d.]+ MB of memory in each worker\n", said)
    assert "MB of memory in each worker, of --max-memory-mb 2,000\n" in said
    monkeypatch.setattr(memory, "PROGRAM_MB", memory.DEFAULT_MB - 1)
    call(*words, "--dry-run")
    said = capsys.readouterr().out
    assert re.search(
        r"--max-memory-mb 2,000; \d+ clips would be dropped, such as: rendering h264_crf-\d at 96x64 px", said
    )


def test_what_an_interrupted_run_left_is_told(films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = 'x\n{"item": "a", "rows": []}\n'
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "scan.journal.jsonl").write_text(lines, encoding="ascii")
    capsys.readouterr()
    call("scan", films, "-o", tmp_path / "half", "--dry-run")
    assert "1 of 3 are done" in capsys.readouterr().out


def test_nothing_is_foretold_from_a_video_that_is_dropped(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.mp4").write_bytes(b"no film at all")
    call("scan", folder, "-o", tmp_path / "out", "--dry-run")
    said = capsys.readouterr().out
    assert "dropped: unreadable" in said
    assert "in all" not in said
