"""Every dropped row is named with its file and reason, on the console and in all that is written."""

import sys
from pathlib import Path

import pytest

from tests.calling import call
from tests.films import pictures, write_film
from tests.made import Inline, clip, video
from tests.test_pseudonyms import make_key
from vqaprep.jobs import Common
from vqaprep.rows import Dropped
from vqaprep.rows.drops import drop_lines, with_files
from vqaprep.rows.manifest import read_dropped
from vqaprep.rows.plain_text import csv_cell, printable
from vqaprep.rows.pseudonyms import Veil


@pytest.fixture(autouse=True)
def _inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Common, "make_engine", lambda self, out: Inline())


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A film that is long enough for a clip, one that is too short, and a file that is no film."""
    folder = tmp_path / "films"
    folder.mkdir()
    write_film(folder / "good.mp4", pictures(40))
    write_film(folder / "short.mp4", pictures(5))
    (folder / "broken.mp4").write_bytes(b"no film at all")
    return folder


def test_a_file_is_named_wherever_its_drop_is(films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = tmp_path / "cut"
    assert call("speed", films, "-o", cut, "--max-drop-rate", "1") == 0
    console = capsys.readouterr().out.splitlines()
    short, broken = films / "short.mp4", films / "broken.mp4"
    assert console[0] == f"{cut}: 2 rows, 2 dropped"
    assert sorted(line.split(": ")[:2] for line in console[1:]) == [
        [f"  {broken}", "unreadable"],
        [f"  {short}", "too_short"],
    ]
    assert {drop.uri: drop.reason for drop in read_dropped(cut / "dropped.parquet")} == {
        str(short): "too_short",
        str(broken): "unreadable",
    }
    for command, *options in (("status",), ("logs", "--failed")):
        assert call(command, cut, *options) == 0
        words = capsys.readouterr().out
        assert f"{short}: too_short" in words
        assert f"{broken}: unreadable" in words
    assert call("report", cut) == 0
    page = (cut / "report.html").read_text(encoding="utf-8")
    drops = page[page.index('id="drops"') :]
    assert "<td>short.mp4</td>" in drops
    assert "<td>broken.mp4</td>" in drops


def test_too_many_drops_name_their_files(films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("speed", films, "-o", tmp_path / "cut", "--max-drop-rate", "0") == 1
    assert f"\n  {films / 'short.mp4'}: too_short" in capsys.readouterr().err


def test_a_hidden_file_is_named_by_its_pseudonym(
    films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = make_key(tmp_path / "key")
    assert call("speed", films, "-o", tmp_path / "cut", "--pseudonymize", key, "--max-drop-rate", "1") == 0
    out = capsys.readouterr().out
    hidden = Veil(key).video(str(films / "short.mp4"))
    assert f"{hidden}: too_short" in out
    assert hidden in {drop.uri for drop in read_dropped(tmp_path / "cut" / "dropped.parquet")}
    assert str(films) not in out


def test_rows_of_one_file_and_reason_share_a_line_and_many_files_are_cut_short() -> None:
    clips = [Dropped(f"v-{i}", "shard", "corrupt", "bad block", "/in/v.mp4") for i in range(3)]
    others = [Dropped(f"{i}", "shard", "corrupt", "", f"/in/{i}.mp4") for i in range(4)]
    assert drop_lines([*clips, *others], most=2, more="; see there") == [
        "/in/v.mp4: corrupt (3 rows): bad block",
        "/in/0.mp4: corrupt",
        "and 3 more files; see there",
    ]


def test_a_drop_gets_the_file_of_its_row_and_keeps_its_own() -> None:
    drops = [Dropped("v-0000-query-none", "shard", "corrupt"), Dropped("v", "trim", "too_short", "", "/other.mp4")]
    found = with_files([*drops, Dropped("gone", "trim", "too_short")], [clip("v"), video("v")])
    assert [drop.uri for drop in found] == ["/videos/v.mp4", "/other.mp4", ""]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Ä 名前 \N{NO-BREAK SPACE}.mp4", "plain Ä 名前 \N{NO-BREAK SPACE}.mp4"),
        ("\x1b]0;title\x07.mp4", r"\x1b]0;title\x07.mp4"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\u202egpm.mp4", r"\u202egpm.mp4"),
        ("\x9b2J", r"\x9b2J"),
        (b"caf\xe9.mp4".decode("utf-8", "surrogateescape"), r"caf\udce9.mp4"),
        ("\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}", "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}"),
    ],
)
def test_a_terminal_obeys_no_name(text: str, shown: str) -> None:
    assert printable(text) == shown
    sys.stdout.write(printable(text))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", " ="])
def test_a_spreadsheet_takes_no_name_for_a_formula(start: str) -> None:
    assert csv_cell(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"
    assert csv_cell("\t=1") == r"\t=1"
    assert csv_cell("a=b-c.mp4") == "a=b-c.mp4"
