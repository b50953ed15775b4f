"""From videos to a label table: three simulated raters in a real browser, by scores and by pairs."""

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import Page, browser
from tests.calling import call
from tests.clinic import leaks
from tests.films import pictures, write_film
from tests.test_pseudonyms import make_key
from vqaprep.media.probe import probe
from vqaprep.rows.manifest import read_rows

TRUE = {"reference.mp4": 5, "good.mp4": 4, "poor.mp4": 2, "other bad.mp4": 1}
BIAS = {"R1": 0, "R2": -1, "R3": 1}
HERE = ("--engine", "inline")
FAST = (*HERE, "--gray-s", 0)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with videos of a fifth of a second, and a plan with practice and a hidden reference."""
    place = tmp_path_factory.mktemp("rating")
    (place / "videos").mkdir()
    for number, name in enumerate((*TRUE, "practice.mkv")):
        write_film(place / "videos" / name, pictures(4, shade=60 + 25 * number))
    rows = ["good,reference,", "poor.mp4,reference.mp4,", "other bad,,", "practice.mkv,,yes"]
    (place / "plan.csv").write_text("\n".join(["video_name,reference,training", *rows]), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as found:
        yield found


def begin(page: Page, folder: Path, rater: str) -> None:
    """Fill in the form as a careful rater does, and begin."""
    page.open(folder / "index.html")
    values = {"#rater": rater, "#distance": "3", "#light": "dim", "#seen-patches": "8"}
    for selector, value in values.items():
        page.js(f"document.querySelector({json.dumps(selector)}).value = {json.dumps(value)}")
    page.js("document.querySelectorAll('.turn').forEach((turn, i) => { turn.value = sight.turns[i]; })")
    page.js("document.querySelector('#seen-number').value = plateNumber")
    page.click("#begin")


def rate(page: Page, keys: dict[tuple[str, ...], str], *, most: int = 99) -> None:
    """Answer every question by key until the end, or until so many answers were given."""
    for _ in range(60):
        page.wait("document.querySelectorAll('#answers button').length > 0 || !document.querySelector('#end').hidden")
        if page.js(f"!document.querySelector('#end').hidden || session.answers.length === {most}"):
            return
        if page.js("document.querySelectorAll('#answers button').length") == 1:
            page.press(" ")
            continue
        videos = page.js("session.trials[session.answers.length].videos")
        page.press(keys[tuple(videos)])
    raise AssertionError("the test has no end")


def saved(page: Page, rater: str, folder: Path) -> Any:
    page.press("Enter")  # the button has the focus
    name = page.js(f"`ratings-${{STUDY.id}}-{rater}.json`")
    folder.mkdir(exist_ok=True)
    return json.loads(Path(shutil.copy(page.downloaded(name), folder)).read_text(encoding="utf-8"))


def scores_of(rater: str) -> dict[tuple[str, ...], str]:
    keys: dict[tuple[str, ...], str] = {
        (name,): str(min(max(score + BIAS[rater], 1), 5)) for name, score in TRUE.items()
    }
    return keys | {("practice.mkv",): "3"}


def test_three_raters_score_videos_and_the_table_labels_a_scan(page: Page, study: Path, tmp_path: Path) -> None:
    out = tmp_path / "page"
    assert call("rate", study / "videos", "-o", out, "--plan", study / "plan.csv", *FAST) == 0
    orders = []
    for rater in BIAS:
        begin(page, out, rater)
        if rater == "R2":  # the page is closed in the midst and opened again
            rate(page, scores_of(rater), most=2)
            begin(page, out, rater)
        rate(page, scores_of(rater))
        told = saved(page, rater, tmp_path / "answers")
        assert (told["is_complete"], told["checks"]["letters_right"], told["checks"]["has_colours"]) == (True, 3, True)
        assert [one["kind"] for one in told["answers"]] == ["training", *["test"] * 4]
        assert sorted(one["videos"][0] for one in told["answers"][1:]) == sorted(TRUE)
        orders.append(tuple(one["videos"][0] for one in told["answers"]))
    assert len(set(orders)) > 1, "each rater has an order of their own"
    assert page.errors == []
    assert call("mos", tmp_path / "answers", "-o", tmp_path / "mos") == 0
    rows = {row["video_name"]: row for row in csv.DictReader((tmp_path / "mos" / "mos.csv").open(encoding="utf-8"))}
    assert {name: row["MOS"] for name, row in rows.items()} == {
        "reference.mp4": "4.66667", "good.mp4": "4", "poor.mp4": "2", "other bad.mp4": "1.33333",
    }  # fmt: skip
    assert rows["poor.mp4"]["difference_MOS"] == "2.33333"
    assert rows["other bad.mp4"]["difference_MOS"] == ""
    assert call("scan", study / "videos", "-o", tmp_path / "0", "--labels", tmp_path / "mos" / "mos.csv", *HERE) == 0
    labelled = {Path(row.uri).name: (row.mos, row.mos_std) for row in read_rows(tmp_path / "0" / "manifest.parquet")}
    assert labelled["good.mp4"] == (4.0, 1.0)
    assert labelled["practice.mkv"] == (None, None)


def test_three_raters_compare_pairs_and_the_next_pairs_are_those_in_doubt(
    page: Page, study: Path, tmp_path: Path
) -> None:
    out = tmp_path / "page"
    assert call("rate", study / "videos", "-o", out, "--method", "pc", "--pairs", 5, *FAST) == 0
    order = [*TRUE, "practice.mkv"]
    keys: dict[tuple[str, ...], str]
    keys = {(a, b): "1" if order.index(a) < order.index(b) else "2" for a in order for b in order if a != b}
    for rater in BIAS:
        begin(page, out, rater)
        rate(page, keys)
        assert len(saved(page, rater, tmp_path / "answers")["answers"]) == 5
    assert page.errors == []
    assert call("mos", tmp_path / "answers", "-o", tmp_path / "mos") == 0
    rows = list(csv.DictReader((tmp_path / "mos" / "mos.csv").open(encoding="utf-8")))
    ranked = [row["video_name"] for row in sorted(rows, key=lambda row: -float(row["MOS"]))]
    assert ranked[0] == order[0] and ranked[-1] == order[-1]
    more = ("--pairs", 4, "--after", tmp_path / "answers")
    assert call("rate", study / "videos", "-o", tmp_path / "next", "--method", "pc", *more, *HERE) == 0
    text = (tmp_path / "next" / "study.js").read_text(encoding="utf-8")
    told = json.loads(text.removeprefix("const STUDY = ").rstrip().removesuffix(";"))
    assert len(told["test"]) == 4


def test_the_form_fits_a_phone_and_clips_are_scaled_with_a_note(page: Page, study: Path, tmp_path: Path) -> None:
    write_film(tmp_path / "wide.mp4", [p.repeat(8, axis=0).repeat(8, axis=1) for p in pictures(3)])
    assert call("rate", tmp_path / "wide.mp4", "-o", tmp_path / "page", *HERE) == 0
    page.open(tmp_path / "page" / "index.html", width_px=390, height_px=800)
    assert page.js("document.documentElement.scrollWidth") <= 390
    assert "shown smaller" in page.js("document.querySelector('#window').textContent")
    assert page.js(
        "[...document.querySelectorAll('input, select')].every((e) => e.getBoundingClientRect().right <= 390)"
    )


def test_the_page_tells_a_rater_nothing_of_the_videos_and_plays_everywhere(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "page"
    assert call("rate", study / "videos", "-o", out, "--plan", study / "plan.csv", *HERE) == 0
    clips = sorted(path.name for path in (out / "clips").iterdir())
    assert clips == [f"c{number:04}.mp4" for number in range(1, 6)], "also the .mkv, which browsers do not play"
    assert all(probe(str(out / "clips" / name)).codec == "h264" for name in clips)
    text = (out / "index.html").read_text(encoding="utf-8")
    assert "http:" not in text and "https:" not in text
    assert out.stat().st_mode & 0o077 == 0 and (out / "study.js").stat().st_mode & 0o077 == 0
    assert call("rate", study / "videos", "-o", out, "--plan", study / "plan.csv", *HERE) == 0
    assert call("rate", study / "videos", "-o", out, "--method", "pc", *HERE) == 2
    assert call("rate", study / "videos", "-o", out, "--method", "pc", "--force", *HERE) == 0
    assert call("rate", study / "videos", "-o", tmp_path / "no", "--pairs", 3, *HERE) == 2


def test_of_hidden_videos_the_page_has_no_name(study: Path, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    assert call("scan", study / "videos", "-o", tmp_path / "0", "--pseudonymize", key, *HERE) == 0
    assert call("rate", tmp_path / "0", "-o", tmp_path / "page", *HERE) == 0
    assert leaks(tmp_path / "page", ("reference.mp4", "other bad", "practice.mkv", str(study))) == []


def test_parts_and_variants_are_not_shown_as_whole_files(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = study / "videos" / "good.mp4"
    assert call("distort", film, "-o", tmp_path / "1", "--kinds", "jpeg", "--levels", 1, *HERE) == 0
    assert call("rate", tmp_path / "1", "-o", tmp_path / "page", *HERE) == 2
    assert "write films with --render" in capsys.readouterr().err
    assert not (tmp_path / "page").exists()


def test_a_file_that_is_no_video_stops_the_test_before_it_is_given_to_raters(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "letter.mp4").write_bytes(b"I am a letter\n" * 100)
    shutil.copy(study / "videos" / "good.mp4", tmp_path / "videos")
    assert call("rate", tmp_path / "videos", "-o", tmp_path / "page", *HERE) == 2
    assert "letter.mp4" in (said := capsys.readouterr().err) and "leave such files out of the test" in said
