"""The page's files hold what a reviewer needs, whatever names look like, and nothing that a key hides."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import vqaprep
from tests.calling import call
from tests.clinic import leaks
from tests.correction.conftest import CROP
from tests.made import look, video
from tests.test_pseudonyms import make_key
from vqaprep.correction.build import FOLDER, HIDDEN_FOLDER
from vqaprep.correction.layouts import layouts_of
from vqaprep.datasets.naming import names_of
from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.rows import Box, Span

LEFT, RIGHT = Box(4, 8, 30, 30), Box(56, 12, 26, 26)


def data_of(folder: Path) -> Any:
    text = (folder / "data.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("const REVIEW = ").rstrip().removesuffix(";"))


def reviewed(study: Path, place: Path, *words: object) -> Path:
    """Return the folder of a page about all films of the study."""
    assert call("crop", study / "films", "-o", place, *CROP, "--max-drop-rate", 1, "--engine", "inline", *words) == 0
    return vqaprep.review(place, engine="inline").parent


def test_dropped_videos_come_first_with_faces_readings_and_reasons(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(study / "cache"))
    folder = reviewed(study, tmp_path / "1")
    assert folder.name == FOLDER
    videos = data_of(folder)["videos"]
    assert [bool(one.get("reason")) for one in videos] == [True, True, True, False, False]
    by_name = {one["name"]: one for one in videos}
    two = by_name["two misread.mp4"]
    (layout,) = two["layouts"]
    assert (layout["start_s"], layout["end_s"]) == (None, None)
    assert [seat["place"] for seat in layout["seats"]] == [[4, 8, 30, 30], [56, 12, 26, 26]]
    assert {reading["text"] for reading in layout["readings"]} == {"Nobody", "Else"}
    assert "Nobody" in two["detail"]
    assert [s["is_chosen"] for s in by_name["right.mp4"]["layouts"][0]["seats"]] == [False, True]
    pictures = [folder / layout["picture"] for one in videos for layout in one["layouts"]]
    assert len(pictures) == 5 and all(path.is_file() for path in pictures)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (*folder.iterdir(), *pictures) if path.is_file())
    assert folder.stat().st_mode & 0o077 == 0
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "http:" not in page and "https:" not in page
    again = ("--rule", "left", "--min-face-px", 8, "--max-drop-rate", 1, "--engine", "inline", "--force")
    assert call("crop", study / "films", "-o", tmp_path / "1", *again) == 0
    assert not folder.exists(), "the page is cleared with what it is about"


def test_decisions_of_an_earlier_table_are_on_the_page(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(study / "cache"))
    table = tmp_path / "overrides.csv"
    table.write_text("file,rule,start_s\ntwo misread.mp4,right,0.4\n", encoding="utf-8")
    folder = reviewed(study, tmp_path / "1")
    assert call("review", tmp_path / "1", "--overrides", table, "--which", "dropped", "--engine", "inline") == 0
    videos = data_of(folder)["videos"]
    assert len(videos) == 3
    decision = {"rule": "right", "box": None, "start_s": 0.4, "end_s": None, "keep": True, "by": ""}
    assert [one["decisions"] for one in videos if one["name"] == "two misread.mp4"] == [[decision]]


def test_under_a_key_no_name_and_no_path_is_on_the_page_and_captions_are_covered(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(study / "cache"))
    folder = reviewed(study, tmp_path / "1", "--pseudonymize", make_key(tmp_path / "key"))
    assert folder.name == HIDDEN_FOLDER
    names = ("misread", "wrong by", str(study).lower(), "maria", "silva", "nobody", "interviewer")
    assert leaks(folder, names) == []
    videos = data_of(folder)["videos"]
    assert all(one["name"].startswith("private:") for one in videos)
    assert all(layout["readings"] == [] for one in videos for layout in one["layouts"])
    two = next(one for one in videos if one.get("reason") == "subject_ambiguous")
    picture = cv2.imread(str(folder / two["layouts"][0]["picture"]))
    assert picture is not None
    assert np.abs(picture[54, 16].astype(int) - 40).max() < 12, "the caption is covered"


def test_a_folder_that_is_none_of_crop_is_refused(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("review", study / "films") == 2
    assert "not a finished OUT folder of crop; make one" in capsys.readouterr().err


def test_names_in_the_table_are_the_shortest_that_tell_videos_apart() -> None:
    uris = {
        "a": "/x/day 1/film.mp4", "b": "/x/day 2/film.mp4", "c": "/x/other.mkv", "d": "/x/day 2/Other.avi",
        "e": "/x/=cmd.mp4", "f": "/x/new\nline.mp4", "g": "/x/\udcff.mp4", "h": "private:" + "0" * 24,
    }  # fmt: skip
    rows = [video(name, uri=uri) for name, uri in uris.items()]
    assert names_of(rows, rows) == {
        "a": "day 1/film.mp4", "b": "day 2/film.mp4", "c": "x/other.mkv", "d": "day 2/Other.avi",
        "e": "e", "f": "f", "g": "g", "h": uris["h"],
    }  # fmt: skip


def sightings(*stretches: tuple[float, float, Box]) -> Sightings:
    faces = [
        Face(t / 2, round(25 * t / 2), box, 0.99)
        for t in range(16)
        for start_s, end_s, box in stretches
        if start_s <= t / 2 < end_s
    ]
    captions = (Caption(1.0, 25, "Anna", 0.9, Box(4, 50, 30, 8), tile=Box(0, 0, 48, 64)),)
    return Sightings(tuple(faces), captions, tuple(t / 2 for t in range(16)), (1.0,))


def test_stretches_open_at_cuts_and_where_people_come_or_go_and_leave_no_hole() -> None:
    row = video()
    cut = look(200, cuts=(100,))
    layouts = layouts_of(row, cut, sightings((0, 4, LEFT), (4, 8, RIGHT)))
    assert [layout.span for layout in layouts] == [Span(0.0, 4.0), Span(4.0, 8.0)]
    assert [[seat.face.box for seat in layout.seats] for layout in layouts] == [[LEFT], [RIGHT]]
    assert [layout.tiles for layout in layouts] == [(Box(0, 0, 48, 64),), ()]
    joined = layouts_of(row, look(200), sightings((0, 8, LEFT), (4, 8, RIGHT)))
    assert [layout.span for layout in joined] == [Span(0.0, 4.0), Span(4.0, 8.0)]
    flicker = layouts_of(row, look(200), sightings((0, 8, LEFT), (4, 4.5, RIGHT)))
    assert [layout.span for layout in flicker] == [Span(0.0, 8.0)]
    trimmed = row.having(keep_start_s=2.0, keep_end_s=6.0)
    assert [layout.span for layout in layouts_of(trimmed, cut, sightings((0, 8, LEFT)))] == [
        Span(2.0, 4.0),
        Span(4.0, 6.0),
    ]
