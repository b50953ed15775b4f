"""Clumsy uses of the command line: each answer gives the value, what is allowed, and the remedy.

The numbers are those of a list of 63 uses that new users made; a use may have several cases.
"""

import shlex
from pathlib import Path

import pytest

from tests.calling import call
from tests.cli.uses_at_once import AT_ONCE
from tests.cli.uses_in_steps import IN_STEPS, Place, Step

ALONE: list[tuple[str, list[Step]]] = [(name, [(words, code, said)]) for name, words, code, said in AT_ONCE]
USES = ALONE + IN_STEPS
NUM_USES = 63


@pytest.mark.parametrize(
    "steps",
    [steps for _, steps in USES],
    ids=[f"{int(name.split()[0]):02d} {name.partition(' ')[2]}" for name, _ in USES],
)
def test_a_use_is_answered(
    steps: list[Step], study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Place(study, tmp_path, monkeypatch)
    for step in steps:
        if callable(step):
            step(place)
        else:
            _answer(place, step, capsys)


def _answer(place: Place, step: tuple[str, int, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """Type one command, and check its exit code and its words."""
    words, code, said = step
    out = place.own / "out"
    had_out = out.exists()
    places = {"study": str(place.study), "own": str(place.own), "out": str(out)}
    capsys.readouterr()
    ended = call(*(word.format(**places) for word in shlex.split(words)))
    answer = capsys.readouterr()
    place.shown = answer.out + answer.err
    on_one_line = " ".join(place.shown.split())
    assert ended == code, place.shown
    missing = [text for text in said if text.format(**places) not in (place.shown if "\n" in text else on_one_line)]
    assert missing == [], place.shown
    assert "Traceback" not in place.shown and "pydantic" not in place.shown
    if code == 2:
        assert answer.out == "" and (had_out or not (out / "run.json").exists())
        assert answer.err.startswith("vqaprep: ")


def test_every_use_of_the_list_is_here() -> None:
    assert {int(name.split()[0]) for name, _ in USES} == set(range(1, NUM_USES + 1))


@pytest.mark.parametrize("name", ["0.8", "1", "2e3"])
def test_a_folder_with_the_name_of_a_number_is_an_argument(
    name: str, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("distort", study / "videos.parquet", "-o", name, "--kinds", "jpeg") == 0
    assert call("split", "-o", "apart", "--fractions", "0.5", "0", "0.5", name) == 0
    assert call("split", "-o", "commas", "--fractions", "0.5,0,0.5", name) == 0
    assert call("split", "-o", "again", "--fractions", "0.5", "--fractions", "0", "--fractions", "0.5", name) == 0
