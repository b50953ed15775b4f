"""The page says how many videos the tool decided, and how many people."""

from pathlib import Path

from tests.films import pictures, write_film
from vqaprep.media.probe import probe
from vqaprep.report.blocks import Table
from vqaprep.report.crops import crops
from vqaprep.report.gather import Run, StepFolder


def test_decisions_are_counted_by_who_made_them_and_how(tmp_path: Path) -> None:
    film = probe(str(write_film(tmp_path / "film.mp4", pictures(16))))
    decided = [
        ("tool", "caption"),
        ("tool", "caption"),
        ("person Ann Lee", "box"),
        ("tool+person Bo, Cy", "caption+box"),
    ]
    rows = {
        str(i): film.having(subject_decided_by=by, subject_rule=rule)
        for i, (by, rule) in enumerate([*decided, (None, None)])
    }
    run = Run(tmp_path, {}, [])
    run.__dict__["rows"] = [(StepFolder(2, "crop", tmp_path, "done", 1.0, {}), rows)]
    section = crops(run)
    assert section is not None
    [table] = [block for block in section.blocks if isinstance(block, Table)]
    assert [list(row) for row in table.rows] == [
        ["person", "box", 1], ["tool", "caption", 2], ["tool+person", "caption+box", 1],
    ]  # fmt: skip


def test_a_run_without_a_crop_says_nothing_of_decisions(tmp_path: Path) -> None:
    run = Run(tmp_path, {}, [])
    run.__dict__["rows"] = []
    assert crops(run) is None
