"""`status` tells complete, in progress and failed apart."""

import json
import re
import shutil
from pathlib import Path

from vqaprep.report.status import status_lines
from vqaprep.rows import Dropped
from vqaprep.rows.journal import Journal
from vqaprep.rows.outfolder import open_out


def test_a_complete_run_says_its_rows_and_drops(run: Path) -> None:
    lines = status_lines(run)
    assert lines[0].startswith("01-scan: complete in") and lines[0].endswith("3 rows in, 2 out, 1 dropped")
    assert lines[1] == "  1 unreadable"
    assert re.fullmatch(r"    .*/lost\|\.mp4: unreadable: .*", lines[2])
    assert sum(": complete" in line for line in lines) == 5


def test_an_interrupted_step_says_what_its_journal_holds(tmp_path: Path) -> None:
    out = open_out(tmp_path / "crop", "crop", {}, input_sha256="0")
    with Journal(out.path / "crop.journal.jsonl") as book:
        book.record("a", [Dropped("a", "crop", "no_face")])
        book.record("b", [])
    with (out.path / "crop.journal.jsonl").open("a") as file:
        file.write('{"item": "c", "rows"')
    started, *others = status_lines(out.path)
    assert "crop in progress or interrupted" in started
    assert others == ["  crop: 2 items done", "  1 no_face", "    a: no_face"]


def test_interrupted_shards_say_how_many_tars_there_are(run: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(run / "05-shard", tmp_path / "shard"))
    num_tars = len(list((out / "shards").glob("*.tar")))
    shutil.move(out / "run.json", out / "started.json")
    (out / "shards" / "000000.tar").unlink()
    assert f"  {num_tars - 1} of {num_tars} tars written" in status_lines(out)


def test_interrupted_training_says_its_step(tmp_path: Path) -> None:
    out = open_out(tmp_path / "train", "train", {}, input_sha256="0")
    (out.path / "curve.csv").write_text("phase,epoch,step,name,value\ntrain,2,17,loss,0.5\n")
    assert status_lines(out.path)[1:] == ["  epoch 2, step 17"]


def test_a_failed_step_and_the_one_after_it_are_told_apart(tmp_path: Path) -> None:
    open_out(tmp_path / "01-scan", "scan", {}, input_sha256="0")
    open_out(tmp_path / "02-trim", "trim", {}, input_sha256="0")
    steps = [{"run": "scan", "folder": "01-scan", "status": "failed"}]
    (tmp_path / "pipeline.json").write_text(json.dumps({"pipeline": "p.toml", "steps": steps}))
    failed, running = status_lines(tmp_path)
    assert failed == "01-scan: failed"
    assert running.startswith("02-trim: trim in progress")


def test_a_folder_without_a_run_says_so(tmp_path: Path) -> None:
    assert status_lines(tmp_path) == [f"{tmp_path}: no vqaprep run is here"]
