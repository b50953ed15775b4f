"""The command line: options come from settings, results go to stdout, and exit codes say what happened."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.calling import call
from tests.films import pictures, write_film, write_sound
from tests.made import clip, video
from vqaprep import cli
from vqaprep import jobs as room
from vqaprep.jobs import Common, jobs
from vqaprep.rows.manifest import read_rows, write_rows


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    write_rows(tmp_path / "in.parquet", [video("a", label="x"), video("b", label="y")])
    return tmp_path / "in.parquet"


@pytest.mark.parametrize("name", list(jobs()))
def test_every_command_explains_itself_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(name, "--help") == 0
    said = capsys.readouterr().out
    assert jobs()[name].example.split()[1] in said
    assert "Example: vqaprep" in said
    for field in jobs()[name].settings.model_fields:
        assert field.rstrip("_").replace("_", "-") in said.lower().replace("_", "-"), field


@pytest.mark.parametrize("name", list(jobs()))
def test_a_command_shows_the_common_options_that_it_reads_and_no_others(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call(name, "--help")
    said = capsys.readouterr().out
    for field in Common.model_fields:
        is_shown = f"--{field.replace('_', '-')} " in said.replace("\n", " ")
        assert is_shown == (field in jobs()[name].takes | jobs()[name].settings.model_fields.keys()), field


def test_every_common_option_is_in_one_group() -> None:
    groups = [room.SEED, room.WORKERS, room.DROPS, room.OUT, room.LOOKS, room.FILES, room.PROGRESS]
    assert sorted(name for group in groups for name in group) == sorted(Common.model_fields)


def test_results_go_to_stdout_and_logs_to_stderr(
    manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("distort", manifest, "-o", tmp_path / "out", "--kinds", "jpeg", "--levels", "all") == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"{tmp_path / 'out'}: ")
    assert "vqaprep" not in said.err
    variants = [row.variant for row in read_rows(tmp_path / "out" / "manifest.parquet") if row.video_id == "a"]
    assert variants[0] == "none"
    assert len(variants) > 2


def test_a_second_call_says_that_it_is_done(manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("distort", manifest, "-o", tmp_path / "out")
    assert [call(*words), call(*words)] == [0, 0]
    assert "already done" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("distort", "{in}", "-o", "{out}", "--levels", "some"), "some"),
        (("distort", "{in}", "-o", "{out}", "--kinds", "jpg"), "Did you mean 'jpeg'"),
        (("distort", "{in}", "-o", "{out}", "--seeed", "1"), "seeed"),
        (("distort", "{in}", "-o", "{out}", "--engine", "cloud"), "local"),
        (("distort", "{in}"), "--out"),
        (("distort", "{out}/nowhere", "-o", "{out}"), "does not exist"),
        (("shard", "{in}", "-o", "{out}"), "holds videos, not clips"),
        (("nonsense",), "nonsense"),
        (("train", "speedines", "{in}", "-o", "{out}"), "Did you mean 'speediness'"),
        (("train", "speediness", "{in}", "-o", "{out}"), "no finished shard folder"),
        (("evaluate", "{out}", "{in}", "-o", "{out}"), "no run folder"),
        (("report", "{out}"), "does not exist"),
    ],
)
def test_wrong_input_ends_with_exit_code_two_and_a_remedy(
    manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    places = {"in": str(manifest), "out": str(tmp_path / "out")}
    assert call(*(word.format(**places) for word in words)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err
    assert "Traceback" not in said.err


def test_other_settings_on_the_same_folder_are_refused_until_forced(
    manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("distort", manifest, "-o", tmp_path / "out")
    assert call(*words) == 0
    assert call(*words, "--seed", "1") == 2
    assert "seed was 0, is 1" in capsys.readouterr().err
    assert call(*words, "--seed", "1", "--force") == 0


def test_a_preset_sets_what_the_command_line_does_not(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.parquet", [video("a", duration_s=1000.0)])
    words = ("trim", tmp_path / "in.parquet", "-o", tmp_path / "out", "--preset", "iconect", "--tail-s", "0")
    assert call(*words) == 0
    (row,) = read_rows(tmp_path / "out" / "manifest.parquet")
    assert (row.keep_start_s, row.keep_end_s) == (180.0, 1000.0)


def test_too_many_drops_end_with_exit_code_one_each_time(folder: Path, tmp_path: Path) -> None:
    write_film(folder / "good.mp4", pictures(10))
    write_sound(folder / "sound.mp4")
    words = ("scan", folder, "-o", tmp_path / "out", "--workers", "1")
    assert call(*words, "--max-drop-rate", "0.4") == 1
    assert call(*words, "--max-drop-rate", "0.4") == 1
    assert call(*words) == 0
    assert len(read_rows(tmp_path / "out" / "manifest.parquet")) == 1


@pytest.mark.parametrize("name", ["scan", "distort", "speed", "split", "trim", "crop"])
def test_a_dry_run_writes_nothing(
    manifest: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(name, manifest, "-o", tmp_path / "out", "--dry-run") == 0
    assert "would" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_dry_run_of_shard_tells_clips_and_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(tmp_path / "in.parquet", [clip("a"), clip("b")])
    assert call("shard", tmp_path / "in.parquet", "-o", tmp_path / "out", "--spatial", "resize", "--dry-run") == 0
    assert "2 clips to 1 tars" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_an_interruption_ends_with_130(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vqaprep.jobs.prepare.run_stage", interrupt)
    assert call("distort", manifest, "-o", tmp_path / "out") == 130
    assert "resumes" in capsys.readouterr().err


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", "from vqaprep import cli; cli.main(['speed', '--help'])"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_nothing_asked_shows_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert call() == 0
    said = capsys.readouterr()
    assert all(f"\n  {name} " in said.out and job.summary[:40] in said.out for name, job in jobs().items())
    assert said.err == ""


def test_json_logs_are_json(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import json

    write_film(folder / "good.mp4", pictures(10))
    assert call("scan", folder, "-o", tmp_path / "out", "--workers", "1", "--log-json") == 0
    entries = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert any(entry["message"].startswith("scan: 1 in") for entry in entries)


def test_help_loads_nothing_heavy() -> None:
    heavy = ["torch", "cv2", "av", "pandas", "pyarrow", "easyocr", "onnxruntime", "sklearn", "scipy", "matplotlib"]
    code = (
        "import sys; from vqaprep import cli; import vqaprep.jobs; vqaprep.jobs.jobs();"
        "\ntry: cli.main(['speed', '--help'])\nexcept SystemExit: pass"
        f"\nprint('loaded:', [name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "loaded: []" in done.stdout, done.stdout[-300:]


def test_a_setting_of_a_job_outranks_the_common_one_of_that_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = tmp_path / "p.toml"
    pipeline.write_text('summary = "s"\ninput = "x"\nseed = 3\n[[step]]\nrun = "scan"\n', encoding="utf-8")
    cli.main(["run", str(pipeline), "-o", str(tmp_path / "out"), "--dry-run"])
    assert "would run scan" in capsys.readouterr().out


def test_a_split_that_leaks_fails_and_its_remedy_takes_the_same_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [video(name, group_id="g", split=split) for name, split in (("a", "train"), ("b", "test"))]
    write_rows(tmp_path / "in.parquet", rows)
    command: list[str | Path] = ["split", tmp_path / "in.parquet", "-o", tmp_path / "out", "--method", "official"]
    assert call(*command) == 2
    assert "--allow-leaks" in capsys.readouterr().err
    assert call(*command, "--allow-leaks") == 0
    assert len(read_rows(tmp_path / "out" / "manifest.parquet")) == 2
