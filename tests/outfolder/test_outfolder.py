"""An OUT folder is resumed by its own command, refused to any other, and started over only when told."""

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from vqaprep.errors import InputError, VqaprepError
from vqaprep.rows.outfolder import OutFolder, open_out
from vqaprep.rows.outfolder.record import check_sound, read_run

SETTINGS = {"level": 2, "kinds": ("a", "b")}


def opened(path: Path, *, command: str = "speed", sha256: str = "x", **changes: Any) -> OutFolder:
    how = {name: changes.pop(name) for name in ("force", "retry", "version") if name in changes}
    return open_out(path, command, SETTINGS | changes, input_sha256=sha256, **how)


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
    torn = f".{16 * 'f'}.tmp"
    for stale in (f".manifest.parquet{torn}", f"media/.film.mp4{torn}", "media/film.mp4", f"other/.run.json{torn}"):
        (out.path / stale).touch()
    (out.path / ".theirs.tmp").touch()
    out.finish()
    assert sorted(path.name for path in out.path.iterdir()) == [
        ".theirs.tmp", "media", "other", "run.json", "started.json",
    ]  # fmt: skip
    assert [path.name for path in (out.path / "media").iterdir()] == ["film.mp4"]
    assert (inside.path / f".run.json{torn}").exists(), "another run may be writing it"


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


def test_force_removes_what_the_run_wrote_after_saying_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    out = opened(tmp_path / "out")
    out.will_write(["media/film.mp4"])
    (out.path / "media").mkdir()
    for name in ("media/film.mp4", "manifest.parquet"):
        (out.path / name).write_bytes(bytes(2_000_000))
    out.finish()
    assert not opened(out.path, level=3, force=True).is_complete
    assert sorted(path.name for path in out.path.iterdir()) == [".held.json", "started.json"]
    words = r"out: removing 4 files \(4 MB, written .* ago\): manifest.parquet, media/film.mp4, run.json, started.json"
    assert re.search(words, caplog.text)


@pytest.mark.parametrize("foreign", ["raw/film.mp4", "media/mine.mp4", "notes", "empty/", "other/run.json", "link"])
def test_force_touches_nothing_where_something_foreign_lies(tmp_path: Path, foreign: str) -> None:
    out = opened(tmp_path / "out")
    out.will_write(["media/film.mp4"])
    out.finish()
    theirs = out.path / foreign
    theirs.parent.mkdir(exist_ok=True)
    if foreign == "link":
        theirs.symlink_to(tmp_path)
    elif foreign == "empty/":
        theirs.mkdir()
    else:
        theirs.touch()
    with pytest.raises(InputError, match=f"did not write {foreign.rstrip('/')}; move that away"):
        opened(out.path, level=3, force=True)
    assert theirs.exists()
    assert (out.path / "run.json").exists()


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_another_command_is_never_cleared(tmp_path: Path, *, force: bool) -> None:
    opened(tmp_path / "out").finish()
    with pytest.raises(InputError, match=r"was made by `vqaprep speed`; choose another -o/--out$"):
        opened(tmp_path / "out", command="trim", force=force)
    assert (tmp_path / "out" / "run.json").exists()


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("foreign", ["letters.txt", "run.json"])
def test_a_folder_of_someone_else_is_never_touched(tmp_path: Path, foreign: str, *, force: bool) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / foreign).write_text('{"mine": 1}', encoding="utf-8")
    with pytest.raises(InputError, match="no vqaprep run made it"):
        opened(out, force=force)
    assert [path.name for path in out.iterdir()] == [foreign]


@pytest.mark.parametrize("damage", [b"", b"{", bytes(200), b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_record_of_a_complete_folder_is_made_again(tmp_path: Path, damage: bytes) -> None:
    opened(tmp_path / "out").finish()
    (tmp_path / "out" / "run.json").write_bytes(damage)
    again = opened(tmp_path / "out")
    assert not again.is_complete
    again.finish()
    assert opened(tmp_path / "out").is_complete


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": [1]}, {"settings": "x"}, {"input_sha256": 3}, {"command": None}, {"version": "new"},
        {"names": 3}, {"names": [["a"]]}, {"files": []}, {"files": {"a": 3}}, {"files": {"a": {"bytes": "x"}}},
        {"files": {"a": {"bytes": 1, "sha256": 5}}}, {"files": {"../../a": {"bytes": 1, "sha256": None}}},
        {"files": {"/etc/hostname": {"bytes": 1, "sha256": None}}}, {"counts": 3}, {"counts": {"in": "x"}},
        {"counts": {"in": -1}}, {"reasons": ["crashed"]}, {"reasons": {"crashed": None}}, {"seconds": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_a_record_that_no_run_wrote_is_made_again(tmp_path: Path, changes: dict[str, Any]) -> None:
    """An edited or hostile run.json ends in no traceback and is never believed."""
    opened(tmp_path / "out").finish(counts={"in": 1}, reasons={})
    path = tmp_path / "out" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    with pytest.raises(InputError, match="not finished"):
        check_sound(tmp_path / "out")
    again = opened(tmp_path / "out")
    assert not again.is_complete
    again.finish(counts={"in": 1})
    assert opened(tmp_path / "out").is_complete


def test_a_folder_whose_records_are_both_damaged_is_started_over_on_demand(tmp_path: Path) -> None:
    opened(tmp_path / "out").finish()
    for name in ("run.json", "started.json"):
        (tmp_path / "out" / name).write_bytes(b"")
    with pytest.raises(VqaprepError, match=r"damaged.*--force removes what the run wrote"):
        opened(tmp_path / "out")
    assert not opened(tmp_path / "out", force=True).is_complete


def test_a_lost_or_damaged_file_is_made_again(tmp_path: Path) -> None:
    for damage in (None, b"", b"other", bytes(5)):
        out = opened(tmp_path / "out")
        (out.path / "manifest.parquet").write_bytes(b"12345")
        out.finish()
        assert opened(out.path).is_complete
        (out.path / "manifest.parquet").unlink() if damage is None else (out.path / "manifest.parquet").write_bytes(
            damage
        )
        again = opened(out.path)
        assert not again.is_complete
        again.release()


def test_what_says_nothing_of_a_video_is_tried_again(tmp_path: Path) -> None:
    opened(tmp_path / "out").finish(reasons={"no_face": 2})
    assert opened(tmp_path / "out").is_complete
    asked = opened(tmp_path / "out", retry=("no_face",))
    assert (asked.is_complete, asked.is_reopened) == (False, True)
    asked.finish(reasons={"crashed": 1})
    assert opened(tmp_path / "out").is_reopened


def test_another_version_of_a_command_is_other_work(tmp_path: Path) -> None:
    opened(tmp_path / "out", version=1).finish()
    with pytest.raises(InputError, match="by another version of `vqaprep speed`"):
        opened(tmp_path / "out", version=2)


def test_a_record_that_says_no_version_is_taken_for_this_one(tmp_path: Path) -> None:
    opened(tmp_path / "out", version=3)
    path = tmp_path / "out" / "started.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({name: record[name] for name in ("command", "settings", "input_sha256")}))
    assert not opened(tmp_path / "out", version=3).is_complete


def test_what_a_run_left_that_was_killed_at_its_end_is_removed(tmp_path: Path) -> None:
    opened(tmp_path / "out").finish()
    for names in ((f".run.json.{16 * '0'}.tmp", "speed.journal.jsonl"), (".held.json",)):
        for name in names:
            (tmp_path / "out" / name).touch()
        assert opened(tmp_path / "out").is_complete
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["run.json", "started.json"]


def test_a_folder_is_begun_where_a_run_was_killed_before_it_had_begun(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in (f".started.json.{16 * '0'}.tmp", ".held.json"):
        (tmp_path / "out" / name).touch()
    opened(tmp_path / "out").finish()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["run.json", "started.json"]


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
