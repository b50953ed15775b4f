"""The page shows a run as it is, alone, and keeps harmful names harmless."""

import json
import re
import shutil
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.made import video
from tests.report.conftest import HOSTILE
from vqaprep.packages.samples import load_samples
from vqaprep.report import CARD, REPORT, write_report
from vqaprep.report.blocks import Section, Table
from vqaprep.report.card import card, markdown
from vqaprep.report.gather import load
from vqaprep.report.page import write_page
from vqaprep.rows.manifest import write_rows


class Page(HTMLParser):
    """The tags of a page, its sections, and its words."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    @property
    def sections(self) -> list[str | None]:
        return [attrs["id"] for tag, attrs in self.tags if tag == "section"]


@pytest.fixture(scope="session")
def page(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Page:
    return Page(write_report(run, out=tmp_path_factory.mktemp("out")))


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "copy"))


def test_a_run_has_all_its_sections(page: Page) -> None:
    shown = ["overview", "drops", "sources", "crops", "damage", "strips", "labels", "shards", "card"]
    assert page.sections == shown


def test_rows_in_are_those_that_go_on_and_those_dropped(page: Page) -> None:
    assert "3 = 2 + 1 dropped" in page.words
    assert "0 dropped" in page.words


def test_nothing_is_fetched_and_nothing_runs(page: Page) -> None:
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "form"}
    addresses = [attrs[key] for _, attrs in page.tags for key in ("src", "href") if key in attrs]
    assert addresses and all((a or "").startswith(("data:image/", "#")) for a in addresses)
    assert not [key for _, attrs in page.tags for key in attrs if key.startswith("on")]


def test_a_harmful_file_name_is_only_words(page: Page) -> None:
    assert HOSTILE in page.words
    assert "<script>moov</script>" in page.words


def test_folders_of_the_sources_are_not_told(page: Page, run: Path) -> None:
    assert "lost|.mp4" in page.words
    assert "secret_ward" not in page.words


def test_pictures_are_real_images_of_the_size_they_claim(page: Page) -> None:
    images = [attrs for tag, attrs in page.tags if tag == "img"]
    assert images
    for attrs in images:
        data = b64decode((attrs["src"] or "").partition(",")[2])
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert decoded is not None
        width_px, height_px = (int(attrs[name] or 0) for name in ("width", "height"))
        zoom = width_px // decoded.shape[1]
        assert (width_px, height_px) == (zoom * decoded.shape[1], zoom * decoded.shape[0])


def test_every_level_of_a_distortion_is_beside_its_original(page: Page) -> None:
    captions = [attrs["alt"] or "" for tag, attrs in page.tags if tag == "img"]
    levels = [re.match(r"level (\d)", caption) for caption in captions]
    assert [found[1] for found in levels if found] == ["1", "2", "3"]
    assert captions[captions.index(next(c for c in captions if c.startswith("level 1"))) - 1] == "original"
    assert all("PSNR" in caption for caption in captions if caption.startswith("level"))


def test_the_same_run_gives_the_same_page(run: Path, tmp_path: Path) -> None:
    first, second = (write_report(run, out=tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


@pytest.mark.parametrize("step", ["01-scan", "02-distort", "03-speed", "05-shard"])
def test_a_single_step_has_a_page_of_its_own(run: Path, tmp_path: Path, step: str) -> None:
    sections = Page(write_report(run / step, out=tmp_path)).sections
    assert "overview" in sections and "sources" in sections
    assert ("strips" in sections) == (step == "05-shard")


def test_bare_shards_have_a_page(copy: Path, tmp_path: Path) -> None:
    for name in ("run.json", "manifest.parquet", "dropped.parquet"):
        (copy / "05-shard" / name).unlink()
    assert {"strips", "damage", "labels", "shards"} <= set(Page(write_report(copy / "05-shard", out=tmp_path)).sections)


@pytest.mark.parametrize(
    "name",
    ["pipeline.json", "01-scan/run.json", "01-scan/dropped.parquet", "03-speed/manifest.parquet",
     "05-shard/index.parquet", "05-shard/shards/000000.tar"],
)  # fmt: skip
@pytest.mark.parametrize("content", [b"", b"[1]", b"\x00\xff" * 50])
def test_damage_is_told_and_the_rest_is_shown(copy: Path, name: str, content: bytes) -> None:
    (copy / name).write_bytes(content)
    page = Page(write_report(copy))
    assert any(attrs.get("class") == "damage" for tag, attrs in page.tags if tag == "div")
    assert {"overview", "sources"} <= set(page.sections)


def test_a_listed_folder_outside_the_run_is_not_read(copy: Path, run: Path) -> None:
    (copy / "pipeline.json").write_text(json.dumps({"steps": [{"run": "scan", "folder": f"../{run.name}/01-scan"}]}))
    assert "sources" in Page(write_report(copy)).sections


def test_an_empty_folder_has_an_empty_page(tmp_path: Path) -> None:
    page = write_report(tmp_path, title="Nothing & nobody")
    assert page == tmp_path / REPORT
    assert Page(page).sections == []
    assert "Nothing & nobody" in Page(page).words


def test_the_card_names_sources_splits_and_limits(run: Path, tmp_path: Path) -> None:
    write_report(run, out=tmp_path)
    text = (tmp_path / CARD).read_text(encoding="utf-8")
    for heading in ("Contents", "Sources and licences", "Splits", "Distortions", "How it was made", "Known limits"):
        assert f"\n## {heading}\n" in text
    assert r"\<img src=x onerror=alert(1)\>.mp4" in text
    assert "licence unknown" in text
    assert "No subject ids" not in text
    assert "secret_ward" not in text


def test_contact_sheets_of_the_crop_are_shown(copy: Path) -> None:
    (copy / "02-distort" / "previews").mkdir()
    cv2.imwrite(str(copy / "02-distort" / "previews" / "sheet.png"), np.zeros((90, 1440, 3), np.uint8))
    (copy / "02-distort" / "previews" / "torn.png").write_bytes(b"\x89PNG")
    page = Page(write_report(copy))
    (sheet,) = [attrs for tag, attrs in page.tags if tag == "img" and attrs["alt"] == "sheet"]
    assert (sheet["width"], sheet["height"]) == ("350", "22")
    assert "torn.png is damaged" in page.words


def test_a_second_cut_of_the_videos_is_counted_beside_the_first(copy: Path) -> None:
    shutil.copytree(copy / "03-speed", copy / "06-speed")
    assert [clips.step.number for clips in load(copy).clip_sets] == [5, 6]
    assert {"Clips of step 5", "Clips of step 6"} <= set(
        re.findall(r"Clips of step \d", Page(write_report(copy)).words)
    )


def test_known_films_carry_their_licence(tmp_path: Path) -> None:
    sample = load_samples()[0]
    write_rows(tmp_path / "manifest.parquet", [video(sha256=sample.sha256, uri="/a/known.mp4"), video("w")])
    entries = dict(card(load(tmp_path))["Sources and licences"])
    assert sample.licence in entries["known.mp4"] and "unknown" not in entries["known.mp4"]
    assert "licence unknown" in entries["w.mp4"]


def test_characters_that_a_terminal_or_an_editor_obeys_are_shown_as_escapes(tmp_path: Path) -> None:
    names = ("a\x1b[2Jx", "b\u202egnp", "c\x9b31m", "d\u2066e", "e\nf")
    sections = [Section("s", name, name, [Table((name,), [(name,)], name)]) for name in names]
    write_page(tmp_path / "page.html", names[0], sections, facts=[(name, name) for name in names], notes=names)
    text = markdown(names[0], {"Contents": [(name, name) for name in names]})
    (tmp_path / "card.md").write_text(text, encoding="utf-8")
    for path in tmp_path.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not {character for character in text if not character.isprintable()} - {"\n", "\t"}
        assert r"a\x1b" in text.replace("\\\\", "\\") and r"b\u202egnp" in text.replace("\\\\", "\\")
