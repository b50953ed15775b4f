"""Wrong settings are refused before any work, with value, what is allowed, and the nearest name."""

from pathlib import Path
from typing import Any

import pytest

from vqaprep.errors import InputError
from vqaprep.jobs import Common, get_job
from vqaprep.jobs.pipeline import PipelineSettings, run_pipeline
from vqaprep.settings import read_pipeline, validated
from vqaprep.stages.speed import Speed


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_frmes": 8}, "Did you mean 'num_frames'"),
        ({"num_frames": 1}, "--num-frames 1: give a number, 2 or more"),
        ({"task": "quick"}, r"--task 'quick': .*'pace'"),
        ({"task": "coarse", "order": "class"}, "allowed: pattern, flat"),
        ({"pairs": True}, "pairs need a task that draws speeds"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        validated(Speed, values)


def test_defaults_stand_where_nothing_is_said() -> None:
    assert validated(Speed, {}) == Speed()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("step = [", "is not TOML"),
        ("[[step]]\nrun = 'scan'\n[[stepp]]\nrun = 'scan'\n", "Did you mean 'step'"),
        ("summary = 'nothing'\n", "step"),
        ("[[step]]\nin = 'x'\n", "run"),
    ],
)
def test_a_wrong_pipeline_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_pipeline(tmp_path / "p.toml")


def test_a_missing_pipeline_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_pipeline(tmp_path / "p.toml")


@pytest.mark.parametrize("line", ["base = 3", "change = 3", "each = 3", "inputs = 'x'", "step = [3]"])
def test_a_pipeline_of_the_wrong_form_is_refused_by_its_key(tmp_path: Path, line: str) -> None:
    (tmp_path / "p.toml").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=line.split(maxsplit=1)[0]):
        read_pipeline(tmp_path / "p.toml")


@pytest.mark.parametrize("bases", [{"a": "a"}, {"a": "b", "b": "c", "c": "a"}, {"a": "b", "b": "b"}])
def test_a_pipeline_that_is_its_own_base_is_refused(tmp_path: Path, bases: dict[str, str]) -> None:
    for name, base in bases.items():
        (tmp_path / f"{name}.toml").write_text(f"base = './{base}.toml'\n", encoding="utf-8")
    with pytest.raises(InputError, match="is its own base"):
        read_pipeline(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("run = 'sped'", "Did you mean 'speed'"),
        ("run = 'speed'\ntsk = 'fine'", "Did you mean 'task'"),
        ("run = 'speed'\ntask = 'quick'", "step 2 \\(speed\\)"),
        ("run = 'doctor'", "cannot be 'doctor'"),
        ("run = 'logs'", "cannot be 'logs'"),
    ],
)
def test_every_step_is_checked_before_the_first_runs(tmp_path: Path, step: str, message: str) -> None:
    file = tmp_path / "p.toml"
    file.write_text(f"input = 'videos'\n[[step]]\nrun = 'scan'\n[[step]]\n{step}\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        run_pipeline(file, tmp_path / "out", PipelineSettings(), Common())
    assert not (tmp_path / "out").exists()


def test_a_pipeline_without_input_says_how_to_give_one(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("[[step]]\nrun = 'scan'\n", encoding="utf-8")
    with pytest.raises(InputError, match="--input"):
        run_pipeline(tmp_path / "p.toml", tmp_path / "out", PipelineSettings(), Common())


def test_an_unknown_command_gets_the_nearest_name() -> None:
    with pytest.raises(InputError, match="Did you mean 'split'"):
        get_job("splt")
