"""A real browser opens the page from the disk, and a person's clicks and keys become decisions that crop follows."""

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Page, browser
from tests.calling import call
from tests.correction.conftest import CROP
from tests.correction.test_page import data_of, reviewed
from vqaprep.media.render_crop import box_at
from vqaprep.rows.manifest import read_dropped, read_rows


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def folder(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VQAPREP_CACHE", str(study / "cache"))
        return reviewed(study, tmp_path_factory.mktemp("reviewed") / "1")


def go_to(page: Page, name: str) -> None:
    page.js(f"goTo(VIDEOS.findIndex((video) => video.name === {json.dumps(name)}))")


def test_a_session_corrects_three_dropped_films_and_a_wrong_one(
    page: Page, folder: Path, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(study / "cache"))
    page.open(folder / "index.html")
    assert page.js("document.querySelectorAll('#videos li').length") == 5
    page.wait("[...document.querySelectorAll('#strip img')].every((image) => image.naturalWidth > 0)")
    go_to(page, "two misread.mp4")
    page.click("rect.seat", nth=1)  # one click: this tile
    page.press("n")
    assert page.js("currentVideo().name") in ("one misread.mp4", "nobody seen.mp4")
    go_to(page, "one misread.mp4")
    page.press("1")  # by keyboard alone
    go_to(page, "nobody seen.mp4")
    page.press("b", "ArrowRight", "Shift+ArrowDown", "Enter")
    go_to(page, "wrong by rule.mp4")
    page.press("Shift+1", "2")
    go_to(page, "right.mp4")
    page.press("s", "u")
    assert page.js("document.querySelector('#progress').textContent").endswith("0 of them without a decision")
    page.open(folder / "index.html")  # closed and opened again: nothing is lost
    page.press("w")
    table = page.downloaded("overrides.csv")
    rows = list(csv.DictReader(table.open(encoding="utf-8-sig", newline="")))
    assert sorted((row["file"], row["keep"]) for row in rows) == [
        ("nobody seen.mp4", "yes"), ("one misread.mp4", "yes"), ("two misread.mp4", "yes"),
        ("wrong by rule.mp4", "no"), ("wrong by rule.mp4", "yes"),
    ]  # fmt: skip
    assert page.errors == []
    out = folder.parent
    before = read_rows(out / "manifest.parquet")
    given = ("--overrides", table, "--max-drop-rate", 1, "--engine", "inline")
    assert call("crop", study / "films", "-o", out, *CROP, *given) == 0
    assert json.loads((out / "run.json").read_text())["work"]["crop"]["reused"] == 1
    assert read_dropped(out / "dropped.parquet") == []
    after = {Path(row.uri).name: row for row in read_rows(out / "manifest.parquet")}
    assert [row for row in before if Path(row.uri).name == "right.mp4"] == [after["right.mp4"]]
    sides = {name: box_at(row.crop_track or (), 1.0).center_px[0] > 40 for name, row in after.items()}
    assert sides == {
        "two misread.mp4": True, "one misread.mp4": False, "nobody seen.mp4": True, "wrong by rule.mp4": True,
        "right.mp4": True,
    }  # fmt: skip
    assert {after[name].subject_decided_by for name in sides if name != "right.mp4"} == {"person"}


def test_a_box_is_dragged_on_a_phone_and_a_stretch_given_in_seconds(page: Page, folder: Path) -> None:
    page.open(folder / "index.html", width_px=390, height_px=800)
    page.js("localStorage.clear()")
    page.open(folder / "index.html", width_px=390, height_px=800)
    assert page.js("document.documentElement.scrollWidth") <= 390
    go_to(page, "nobody seen.mp4")
    page.press("b")
    page.js("document.querySelector('#strip figure.at').scrollIntoView({block: 'center'})")
    x, y, w, h = page.js(
        "((r) => [r.x, r.y, r.width, r.height])(document.querySelector('svg.drawing').getBoundingClientRect())"
    )
    page.drag((x + w / 4, y + h / 4), (x + w * 3 / 4, y + h / 2))
    page.js("document.querySelector('figure.at input.end').value = '1.2'")
    page.press("Enter")
    (row,) = page.js("rowsOf(currentVideo())")
    assert (row["start_s"], row["end_s"], row["keep"]) == (None, 1.2, True)
    assert [abs(a - b) <= 1 for a, b in zip(row["box"], (24, 16, 48, 16), strict=True)] == [True] * 4
    page.press("b", "Escape", "u")
    assert page.js("rowsOf(currentVideo())") == []
    assert page.errors == []


def test_five_hundred_videos_are_listed_found_and_stepped_through(page: Page, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "many")
    shown = data_of(folder)
    videos = [
        one | {"id": f"{one['id']}-{number}", "name": f"{number:03} {one['name']}"}
        for number in range(100)
        for one in shown["videos"]
    ]
    data = shown | {"id": "many", "videos": videos}
    (tmp_path / "many" / "data.js").write_text(f"const REVIEW = {json.dumps(data)};\n", encoding="utf-8")
    page.open(tmp_path / "many" / "index.html", width_px=390, height_px=800)
    assert page.js("document.querySelectorAll('#videos li').length") == 500
    assert page.js("document.querySelectorAll('#strip figure').length") == 1
    page.press(*"jjj", "k", "1", "n", "s")
    page.js("document.querySelector('#find').value = '099 '; showList()")
    assert page.js("document.querySelectorAll('#videos li').length") == 5
    assert page.js("tableText().trim().split('\\r\\n').length") == 3
    assert page.js("document.documentElement.scrollWidth") <= 390
    assert page.errors == []
