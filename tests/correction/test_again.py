"""With other decisions the same command does those videos again, and no others; all of them go on as rows do."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.calling import call
from tests.clinic import leaks
from tests.correction.conftest import CROP, FILMS
from tests.test_pseudonyms import make_key
from vqaprep.rows import Row
from vqaprep.rows.manifest import read_dropped, read_rows

HEAD = "file,rule,box,start_s,end_s,keep,by\n"


@pytest.fixture
def cropped(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which all films were scanned to 0 and cropped to 1."""
    monkeypatch.setenv("VQAPREP_CACHE", str(study / "cache"))
    if not (study / "1").exists():
        assert call("scan", study / "films", "-o", study / "0", "--engine", "inline") == 0
        assert call("crop", study / "0", "-o", study / "1", *CROP, "--max-drop-rate", 1, "--engine", "inline") == 0
    shutil.copytree(study / "0", tmp_path / "0")
    shutil.copytree(study / "1", tmp_path / "1")
    return tmp_path


def crop(folder: Path, *rows: str) -> int:
    (folder / "overrides.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    given = ("--overrides", folder / "overrides.csv") if rows else ()
    return call("crop", folder / "0", "-o", folder / "1", *CROP, "--max-drop-rate", 1, "--engine", "inline", *given)


def result(folder: Path) -> tuple[dict[str, Row], dict[str, str], dict[str, Any]]:
    """Return rows by file name, reasons by file name, and how many videos were done and reused."""
    rows = {Path(row.uri).name: row for row in read_rows(folder / "1" / "manifest.parquet")}
    drops = {Path(drop.uri).name: drop.reason for drop in read_dropped(folder / "1" / "dropped.parquet")}
    assert {*rows, *drops} == {*FILMS}
    return rows, drops, json.loads((folder / "1" / "run.json").read_text())["work"].get("crop", {})


def test_only_videos_whose_decisions_changed_are_done_again(cropped: Path) -> None:
    before, drops, _ = result(cropped)
    assert {*drops} == {"two misread.mp4", "one misread.mp4", "nobody seen.mp4"}
    corrected = ("two misread.mp4,right,,,,,AB", "one misread,,0 0 40 64,,,yes,", "wrong by rule.mp4,,50 0 46 64,,,,")
    assert crop(cropped, *corrected) == 0
    rows, drops, work = result(cropped)
    assert (work["items"], work["reused"], drops) == (5, 2, {"nobody seen.mp4": "no_face"})
    assert rows["right.mp4"] == before["right.mp4"]
    assert {name: row.subject_decided_by for name, row in rows.items()} == {
        "right.mp4": "tool",
        "two misread.mp4": "person AB",
        "one misread.mp4": "person",
        "wrong by rule.mp4": "person",
    }
    assert crop(cropped, corrected[2], corrected[0], corrected[1]) == 0
    assert result(cropped)[2] == work, "the same decisions in another order are the same work"
    assert crop(cropped, *corrected[:2]) == 0
    rows, _, work = result(cropped)
    assert (work["items"], work["reused"], rows["wrong by rule.mp4"]) == (5, 4, before["wrong by rule.mp4"])
    assert crop(cropped) == 0
    assert result(cropped)[0] == before


def test_a_fresh_folder_gives_the_same_as_a_corrected_one(cropped: Path, tmp_path: Path) -> None:
    rows = ("two misread.mp4,right,,,,,", "nobody seen.mp4,,30 20 30 30,0.4,2,yes,")
    assert crop(cropped, *rows) == 0
    corrected = result(cropped)[0]
    shutil.rmtree(cropped / "1")
    assert crop(cropped, *rows) == 0
    assert result(cropped)[0] == corrected


def test_an_interrupted_correction_takes_nothing_from_other_decisions(
    cropped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vqaprep.stages.crop import Crop

    real = Crop.__call__
    monkeypatch.setattr(Crop, "__call__", _stopping(real, after=1))
    with pytest.raises(KeyboardInterrupt):
        _run(cropped, "two misread.mp4,right,,,,,", "one misread.mp4,right,,,,,")
    monkeypatch.setattr(Crop, "__call__", real)
    assert crop(cropped, "two misread.mp4,left,,,,,", "one misread.mp4,right,,,,,") == 0
    assert {row.subject_rule for name, row in result(cropped)[0].items() if "misread" in name} == {"left", "right"}


def _stopping(real: Any, *, after: int) -> Any:
    left = [after]

    def call_once(*given: Any) -> Any:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return real(*given)

    return call_once


def _run(folder: Path, *rows: str) -> None:
    from vqaprep.jobs import Common, get_job
    from vqaprep.stages.crop import Crop
    from vqaprep.storage.hold import release_all

    (folder / "overrides.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    stage = Crop(
        subject="Maria Silva", rule="left", min_face_px=8, margin=0, overrides=folder / "overrides.csv"
    )  # fmt: skip
    try:
        get_job("crop")(folder / "0", folder / "1", stage, Common(engine="inline", max_drop_rate=1))
    finally:
        release_all()


def test_corrected_rows_go_on_through_every_stage(cropped: Path) -> None:
    assert crop(cropped, "two misread.mp4,right,,,,,", "nobody seen.mp4,,30 20 30 30,,,yes,") == 0
    here = ("--engine", "inline", "--max-drop-rate", 1)
    speed = ("--task", "none", "--num-frames", 8, "--clips", 1)
    assert call("distort", cropped / "1", "-o", cropped / "2", "--kinds", "jpeg", "--levels", 1, *here) == 0
    assert call("speed", cropped / "2", "-o", cropped / "3", *speed, *here) == 0
    assert call("split", cropped / "3", "-o", cropped / "4", "--fractions", "0.5,0.25,0.25", *here) == 0
    assert call("shard", cropped / "4", "-o", cropped / "5", "--spatial", "face", "--size-px", 32, *here) == 0
    assert call("verify", cropped / "5") == 0
    assert {Path(row.uri).name for row in read_rows(cropped / "4" / "manifest.parquet")} >= {
        "two misread.mp4",
        "nobody seen.mp4",
    }


def test_only_what_changed_is_rendered_and_the_film_of_a_skipped_video_goes(cropped: Path) -> None:
    shutil.rmtree(cropped / "1")
    words = ("crop", cropped / "0", "-o", cropped / "1", *CROP, "--max-drop-rate", 1, "--engine", "inline", "--render")
    assert call(*words) == 0
    ids = {Path(row.uri).name: row.video_id for row in read_rows(cropped / "1" / "manifest.parquet")}
    films = {name: cropped / "1" / "media" / f"{i}-contains-faces.mp4" for name, i in ids.items()}
    before = {name: film.stat().st_mtime_ns for name, film in films.items()}
    assert len(before) == 2
    (cropped / "overrides.csv").write_text(
        f"{HEAD}wrong by rule.mp4,,,,,no,\ntwo misread.mp4,right,,,,,\n", encoding="utf-8"
    )
    assert call(*words, "--overrides", cropped / "overrides.csv") == 0
    assert films["right.mp4"].stat().st_mtime_ns == before["right.mp4"]
    assert not films["wrong by rule.mp4"].exists()
    assert len(list((cropped / "1" / "media").iterdir())) == 2


def test_a_bad_table_changes_nothing(cropped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (cropped / "1" / "run.json").read_bytes()
    assert crop(cropped, "lost.mp4,left,,,,,") == 2
    assert "'lost.mp4' is none of the 5 videos" in capsys.readouterr().err
    assert crop(cropped, "right.mp4,,200 0 10 10,,,,") == 2
    assert "lies outside the picture of 96x64" in capsys.readouterr().err
    assert (cropped / "1" / "run.json").read_bytes() == before


def test_a_folder_of_videos_takes_decisions_too(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(study / "cache"))
    table = tmp_path / "overrides.csv"
    table.write_text(HEAD + "two misread.mp4,right,,,,,\n", encoding="utf-8")
    words = (*CROP, "--max-drop-rate", 1, "--engine", "inline", "--overrides", table)
    assert call("crop", study / "films", "-o", tmp_path / "1", *words) == 0
    assert {Path(r.uri).name for r in read_rows(tmp_path / "1" / "manifest.parquet")} == {
        "two misread.mp4", "right.mp4", "wrong by rule.mp4",
    }  # fmt: skip


def test_under_pseudonyms_decisions_are_matched_and_no_name_is_kept(cropped: Path, study: Path) -> None:
    key = make_key(cropped / "key")
    hidden = cropped / "hidden"
    words = (*CROP, "--max-drop-rate", 1, "--engine", "inline", "--pseudonymize", key)
    assert call("crop", cropped / "0", "-o", hidden, *words) == 0
    pseudonym = next(drop.uri for drop in read_dropped(hidden / "dropped.parquet") if drop.reason == "no_face")
    table = cropped / "overrides.csv"
    table.write_text(HEAD + f"{pseudonym},,30 20 30 30,,,,Zyxwvut\ntwo misread,right,,,,,Zyxwvut\n", encoding="utf-8")
    assert call("crop", cropped / "0", "-o", hidden, *words, "--overrides", table) == 0
    assert {row.subject_decided_by for row in read_rows(hidden / "manifest.parquet")} == {"tool", "person"}
    table.write_text(f"file,box,keep\ntwo misread,0 0 96 64,\n{pseudonym},,no\n", encoding="utf-8")
    (cropped / "Zyxwvut").mkdir()
    table = table.rename(cropped / "Zyxwvut" / "overrides.csv")
    assert call("crop", cropped / "0", "-o", hidden, *words, "--overrides", table) == 0
    details = [drop.detail for drop in read_dropped(hidden / "dropped.parquet")]
    assert any(detail.startswith("decision of line 2: two faces are in the box") for detail in details), details
    assert leaks(hidden, ("zyxwvut", "misread", "overrides.csv")) == []
