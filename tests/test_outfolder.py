"""An OUT folder is resumed by its own command, refused to any other, and started over only when told."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from vqaprep.errors import InputError, VqaprepError
from vqaprep.outfolder import OutFolder, open_out, read_run

SETTINGS = {"level": 2, "kinds": ("a", "b")}


def opened(path: Path, *, command: str = "speed", sha256: str = "x", force: bool = False, **changes: Any) -> OutFolder:
    return open_out(path, command, SETTINGS | changes, input_sha256=sha256, force=force)


def test_a_finished_folder_is_complete_and_tells_how_it_was_made(tmp_path: Path) -> None:
    opened(tmp_path / "out").finish(counts={"in": 1})
    assert opened(tmp_path / "out").is_complete
    run = read_run(tmp_path / "out")
    assert run is not None
    assert (run["command"], run["settings"]["level"], run["counts"]) == ("speed", 2, {"in": 1})
    assert "vqaprep" in run["versions"]


def test_an_unfinished_folder_is_resumed(tmp_path: Path) -> None:
    opened(tmp_path / "out")
    assert not opened(tmp_path / "out").is_complete
    assert read_run(tmp_path / "out") is None


def test_what_killed_workers_left_half_written_is_removed_at_the_end(tmp_path: Path) -> None:
    out = opened(tmp_path / "out")
    (out.path / "media").mkdir()
    inside = opened(tmp_path / "out" / "other")
    for stale in (".manifest.parquet.0f.tmp", "media/.film.mp4.0f.tmp", "media/film.mp4", "other/.run.json.0f.tmp"):
        (out.path / stale).touch()
    out.finish()
    assert sorted(path.name for path in out.path.iterdir()) == ["media", "other", "run.json"]
    assert [path.name for path in (out.path / "media").iterdir()] == ["film.mp4"]
    assert (inside.path / ".run.json.0f.tmp").exists(), "another run may be writing it"


def test_the_folder_is_private(tmp_path: Path) -> None:
    opened(tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


@pytest.mark.parametrize("is_finished", [False, True])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level": 3}, "level was 2, is 3"),
        ({"new": 1}, "new was None, is 1"),
        ({"command": "trim"}, "made by `vqaprep speed`"),
        ({"sha256": "y"}, "another input"),
    ],
)
def test_a_difference_is_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], message: str, *, is_finished: bool
) -> None:
    out = opened(tmp_path / "out")
    if is_finished:
        out.finish()
    with pytest.raises(InputError, match=message):
        opened(tmp_path / "out", **changes)


def test_force_starts_over(tmp_path: Path) -> None:
    opened(tmp_path / "out").finish()
    (tmp_path / "out" / "deep").mkdir()
    (tmp_path / "out" / "deep" / "old").touch()
    assert not opened(tmp_path / "out", level=3, force=True).is_complete
    assert not (tmp_path / "out" / "deep").exists()


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("foreign", ["letters.txt", "run.json"])
def test_a_folder_of_someone_else_is_never_touched(tmp_path: Path, foreign: str, *, force: bool) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / foreign).write_text('{"mine": 1}', encoding="utf-8")
    with pytest.raises(InputError, match="no vqaprep run made it"):
        opened(out, force=force)
    assert [path.name for path in out.iterdir()] == [foreign]


def test_a_damaged_record_is_told_and_force_gets_past_it(tmp_path: Path) -> None:
    opened(tmp_path / "out").finish()
    (tmp_path / "out" / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(VqaprepError, match="--force"):
        opened(tmp_path / "out")
    assert not opened(tmp_path / "out", force=True).is_complete


def test_a_file_in_the_way_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(InputError, match="choose another"):
        opened(tmp_path / "out")


def test_the_record_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = opened(tmp_path / "out")

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        out.finish()
    monkeypatch.undo()
    assert sorted(path.name for path in out.path.iterdir()) == [".held.json", "started.json"]
    assert json.loads((out.path / "started.json").read_text(encoding="utf-8"))["command"] == "speed"


def test_a_folder_is_given_up_when_its_input_is_refused(folder: Path) -> None:
    out = open_out(folder / "run", "train", {}, input_sha256="a")
    with pytest.raises(InputError, match="wrong"), out.unless_refused():
        raise InputError("wrong")
    assert not out.path.exists()


def test_a_folder_with_work_in_it_is_kept_when_input_is_refused_later(folder: Path) -> None:
    out = open_out(folder / "run", "train", {}, input_sha256="a")
    (out.path / "meta.json").touch()
    with pytest.raises(InputError, match="wrong"), out.unless_refused():
        raise InputError("wrong")
    assert (out.path / "meta.json").exists()
