"""`logs` shows who hung or crashed, why, and what the worker wrote; `status` names them, too."""

from pathlib import Path

import pytest

from vqaprep import cli
from vqaprep.engines.array_task import signed
from vqaprep.report.failures import log_lines
from vqaprep.report.status import status_lines
from vqaprep.rows import Dropped
from vqaprep.rows.journal import Journal
from vqaprep.rows.manifest import DROPPED, write_dropped
from vqaprep.rows.outfolder import OutFolder, open_out


@pytest.fixture
def out(tmp_path: Path) -> OutFolder:
    """A crop in progress: one video hung in Slurm task 12_3, two crashed elsewhere, one has no face."""
    out = open_out(tmp_path / "crop", "crop", {}, input_sha256="0")
    logs = out.path / ".engine" / "logs"
    logs.mkdir(parents=True)
    (logs / "12_3.log").write_bytes(b"".join(b"line %d\n" % i for i in range(30)) + b"ill \x1b[31m and \xff\n")
    (logs / "13_0.log").write_text("item 4: done in 2.0 s\n")
    with Journal(out.path / "crop.journal.jsonl") as book:
        book.record("a", [Dropped("a", "crop", "timeout", signed("killed after 2 s", "12_3"))])
        book.record("b", [Dropped(f"b{i}", "crop", "crashed", "exit code -9") for i in range(2)])
        book.record("c", [Dropped("c", "crop", "no_face")])
    return out


def lines(out: OutFolder, *, failed: bool) -> list[str]:
    return log_lines(out.path, failed=failed, spool_of=lambda path: path / ".engine")


def test_a_failed_item_is_shown_with_the_end_of_its_log(out: OutFolder) -> None:
    logs = out.path / ".engine" / "logs"
    found = lines(out, failed=True)
    assert found[:3] == ["crop: timeout: killed after 2 s (Slurm task 12_3)", "  a", f"  log {logs}/12_3.log"]
    assert found[3:13] == [*(f"  | line {i}" for i in range(21, 30)), "  | ill \\x1b[31m and \N{REPLACEMENT CHARACTER}"]


def test_every_other_dropped_file_is_named_with_its_reason(out: OutFolder) -> None:
    drops = [Dropped(f"{i}", "crop", "no_face", "none seen", f"/in/{i}.mp4") for i in range(30)]
    write_dropped(out.path / DROPPED, [*drops, Dropped("v-0007-none", "crop", "too_small", "", "/in/odd\x1b[2J.mp4")])
    out.finish(counts={"in": 31, "out": 0, "dropped": 31})
    found = lines(out, failed=True)
    assert found[:2] == ["crop: /in/0.mp4: no_face: none seen", "crop: /in/1.mp4: no_face: none seen"]
    assert found[30:] == [r"crop: /in/odd\x1b[2J.mp4: too_small"]


def test_items_that_failed_alike_are_told_together_and_that_they_have_no_log(out: OutFolder) -> None:
    found = lines(out, failed=True)
    at = found.index("crop: crashed: exit code -9")
    assert found[at + 1 : at + 4] == ["  b0", "  b1", "  no log: only --engine slurm keeps them"]


def test_an_exception_is_shown_with_its_calls(out: OutFolder) -> None:
    with Journal(out.path / "crop.journal.jsonl") as book:
        book.record("e", [Dropped("e", "crop", "crashed", "KeyError: 'a' (at stages/trim.py:7 f < runner.py:9 g)")])
    found = lines(out, failed=True)
    at = found.index("crop: crashed: KeyError: 'a'")
    assert found[at + 1 : at + 4] == ["  at stages/trim.py:7 f", "  at runner.py:9 g", "  e"]


def test_running_tasks_can_be_followed(out: OutFolder) -> None:
    assert lines(out, failed=True)[-1].endswith(f"tail -f {out.path}/.engine/logs/*.log")


def test_every_log_is_shown_by_its_last_line(out: OutFolder) -> None:
    logs = out.path / ".engine" / "logs"
    found = lines(out, failed=False)
    assert found[1] == f"{logs}/13_0.log: item 4: done in 2.0 s"
    assert len(found) == 3


def test_a_run_without_logs_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_out(tmp_path / "crop", "crop", {}, input_sha256="0")
    cli.main(["logs", str(tmp_path / "crop")])
    assert "no logs: only --engine slurm keeps them" in capsys.readouterr().out
    cli.main(["logs", str(tmp_path / "crop"), "--failed"])
    assert "nothing was dropped, and no item hung or crashed" in capsys.readouterr().out


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["logs", str(tmp_path / "gone")])
    assert "does not exist" in capsys.readouterr().err


def test_status_names_the_files_that_were_dropped_those_that_failed_first(out: OutFolder) -> None:
    assert status_lines(out.path)[-4:] == [
        "    a: timeout: killed after 2 s (Slurm task 12_3)",
        "    b0: crashed: exit code -9",
        "    b1: crashed: exit code -9",
        "    c: no_face",
    ]


def test_a_journal_that_a_complete_run_left_is_not_counted_again(out: OutFolder) -> None:
    write_dropped(out.path / DROPPED, [Dropped("a", "crop", "timeout", "killed")])
    out.finish(counts={"in": 4, "out": 3, "dropped": 1})
    assert status_lines(out.path)[1:] == ["  1 timeout", "    a: timeout: killed"]


def test_status_names_only_the_first_of_many(out: OutFolder) -> None:
    with Journal(out.path / "crop.journal.jsonl") as book:
        book.record("d", [Dropped(f"d{i}", "crop", "timeout") for i in range(9)])
    assert status_lines(out.path)[-1] == f"    and 8 more files: vqaprep logs {out.path} --failed"
