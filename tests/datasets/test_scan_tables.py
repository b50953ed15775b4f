"""`scan` with tables that people really have, through the command line: what is labelled, carried, refused and said."""

from pathlib import Path

import pandas as pd
import pytest

from tests.calling import call
from tests.films import pictures, write_film
from tests.made import Inline
from tests.test_pseudonyms import make_key
from vqaprep.jobs import Common
from vqaprep.rows import Row
from vqaprep.rows.manifest import read_dropped, read_rows
from vqaprep.shards.read import ShardReader

Console = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Common, "make_engine", lambda self, out: Inline())


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six films 001.mp4 to 006.mp4, and a copy of the first called copy.mp4."""
    folder = tmp_path_factory.mktemp("films")
    for number in range(1, 7):
        write_film(folder / f"00{number}.mp4", pictures(40, shade=30 * number))
    (folder / "copy.mp4").write_bytes((folder / "001.mp4").read_bytes())
    return folder


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def scanned(out: Path) -> dict[str, Row]:
    return {Path(row.uri).name: row for row in read_rows(out / "manifest.parquet")}


def test_labels_in_three_spellings_are_refused_and_joined_on_request(
    films: Path, tmp_path: Path, capsys: Console
) -> None:
    labels = table(
        tmp_path,
        "path,label\n001.mp4,Calm\n002.mp4,calm\n003.mp4,CALM\n004.mp4,tense\n005.mp4,tense \n006.mp4,Tense\n",
    )
    assert call("scan", films, "-o", tmp_path / "out", "--labels", labels) == 2
    words = capsys.readouterr().err
    assert "'Calm' (1), 'calm' (1), 'CALM' (1) differ only in case" in words
    assert "'tense' (2), 'Tense' (1)" in words
    assert not (tmp_path / "out").exists()
    assert call("scan", films, "-o", tmp_path / "out", "--labels", labels, "--fold-case") == 0
    assert [row.label for row in scanned(tmp_path / "out").values()] == ["Calm"] * 3 + ["tense"] * 3


def test_words_for_nothing_are_no_classes(films: Path, tmp_path: Path, capsys: Console) -> None:
    labels = table(
        tmp_path,
        "path,label,mos\n001.mp4,N/A,\n002.mp4,NaN,3\n003.mp4,null,4\n004.mp4,#N/A,5\n005.mp4,none,1\n006.mp4,-,#N/A\n",
    )
    assert call("scan", films, "-o", tmp_path / "out", "--labels", labels) == 0
    rows = list(scanned(tmp_path / "out").values())
    assert [row.label for row in rows] == [None] * 6
    assert [row.mos for row in rows] == [None, 3.0, 4.0, 5.0, 1.0, None]
    assert "label 'none' (1)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ('path,label,comment\n001.mp4,calm,"first line\nsecond line"\n002.mp4,tense,ok\n', ["calm", "tense"]),
        ("path,label,comment\n001.mp4,calm,one\u2028two\n002.mp4,tense,x\n", ["calm", "tense"]),
        ("path,label,,\n001.mp4,calm,,\n002.mp4,tense,,\n", ["calm", "tense"]),
        ("path,label\n001.mp4,calm\n,\n,\n", ["calm", None]),
        ("sep=;\r\npath;label;mos\r\n001.mp4;calm;3,5\r\n", ["calm", None]),
    ],
)
def test_csv_as_excel_saves_it_is_read(text: str, labels: list[str | None], films: Path, tmp_path: Path) -> None:
    assert call("scan", films, "-o", tmp_path / "out", "--labels", table(tmp_path, text)) == 0
    rows = scanned(tmp_path / "out")
    assert [rows[name].label for name in ("001.mp4", "002.mp4")] == labels


def test_the_same_bytes_under_two_labels_are_refused_before_any_work(
    films: Path, tmp_path: Path, capsys: Console
) -> None:
    labels = table(tmp_path, "path,label,subject_id,mos\n001.mp4,calm,S1,4\ncopy.mp4,tense,S2,2\n002.mp4,calm,S3,3\n")
    assert call("scan", films, "-o", tmp_path / "out", "--labels", labels) == 2
    words = capsys.readouterr().err
    assert f"{labels} line 3 contradicts {labels} line 2: " in words
    assert "001.mp4 and " in words and "have the same bytes, but label is 'calm' and 'tense'" in words
    assert not (tmp_path / "out").exists()


def test_a_copy_with_the_same_label_or_none_is_one_video(films: Path, tmp_path: Path, capsys: Console) -> None:
    labels = table(tmp_path, "path,label,mos\ncopy.mp4,calm,4\n001.mp4,calm,\n")
    assert call("scan", films, "-o", tmp_path / "out", "--labels", labels) == 0
    row = scanned(tmp_path / "out")["001.mp4"]
    assert (row.label, row.mos) == ("calm", 4.0)
    assert [drop.reason for drop in read_dropped(tmp_path / "out" / "dropped.parquet")] == ["duplicate"]
    assert "copy.mp4" not in (tmp_path / "out" / "unmatched.csv").read_text(encoding="utf-8")


def test_leftovers_are_named_with_where_all_of_them_are(films: Path, tmp_path: Path, capsys: Console) -> None:
    rows = "".join(f"gone{n}.mp4,3\n" for n in range(7))
    labels = table(tmp_path, f"path,mos\n001.mp4,3\n002.mp4,3\n003.mp4,3\n004.mp4,3\n005.mp4,3\n=1+2,3\n{rows}")
    assert call("scan", films, "-o", tmp_path / "out", "--labels", labels) == 0
    said = capsys.readouterr().out.splitlines()
    assert f"1 video without a row: {films / '006.mp4'}" in said
    assert "8 rows without a video: =1+2, gone0.mp4, gone1.mp4, gone2.mp4, gone3.mp4, and 3 more" in said
    assert f"all of them are in {tmp_path / 'out' / 'unmatched.csv'}" in said
    assert "label,'=1+2" in (tmp_path / "out" / "unmatched.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (["C:\\Users\\ann\\films\\001.mp4", "C:\\Users\\ann\\films\\002.MP4"], 2),
        (["\\\\share\\films\\001.mp4", "\\\\share\\films\\002.mp4"], 2),
        (["file:///home/ann/001.mp4", "file:///home/ann/002.mp4"], 2),
        (["C:\\data\\001.mp4", "002.mp4"], 2),
        (["C:\\data\\001.mp4", "D:\\other\\films\\002.mp4"], 2),
        (["C:/data/001.mp4", "\\\\server\\share\\002.mp4"], 2),
        (["\\\\?\\C:\\data\\001.mp4", "\\\\?\\UNC\\server\\share\\002.mp4"], 2),
        (['"""C:\\data\\001.mp4"""', '"""C:\\data\\002.mp4"""'], 2),
        (["C:\\new\\table\\001.mp4", "C:\\new\\table\\gone.mp4"], 1),
        (["c:\\Data\\001.mp4", "C:\\data\\002.mp4"], 2),
        (["file:///C:/data/001.mp4", "file:///C:/data/002.mp4"], 2),
        (["001.mp4", "./002.mp4"], 2),
        (["%30%301.mp4", "002.mp4"], 2),
        (["C:\\films\\a\\001.mp4", "C:\\films\\b\\002.mp4"], 0),
    ],
)
def test_paths_of_other_systems_are_understood(names: list[str], rows: int, films: Path, tmp_path: Path) -> None:
    labels = table(tmp_path, "path,mos\n" + "".join(f"{name},3\n" for name in names))
    assert call("scan", films, "-o", tmp_path / "out", "--labels", labels) == (0 if rows else 2)
    if rows:
        assert sum(row.mos is not None for row in scanned(tmp_path / "out").values()) == rows


def test_one_name_on_two_disks_is_refused_if_the_labels_differ(films: Path, tmp_path: Path, capsys: Console) -> None:
    labels = table(tmp_path, "path,mos\nC:\\films\\001.mp4,3\nD:\\films\\001.mp4,4\n")
    assert call("scan", films, "-o", tmp_path / "out", "--labels", labels) == 2
    assert "line 3 contradicts" in capsys.readouterr().err


def test_numbers_that_lost_their_zeros_are_refused_with_a_hint(films: Path, tmp_path: Path, capsys: Console) -> None:
    assert call("scan", films, "-o", tmp_path / "out", "--labels", table(tmp_path, "path,mos\n1,3\n2,4\n")) == 2
    assert "Excel drops zeros at the start of numbers: format the column as text" in capsys.readouterr().err


def test_a_row_for_each_rating_is_refused_with_what_to_do(films: Path, tmp_path: Path, capsys: Console) -> None:
    labels = table(tmp_path, "path,rater,mos\n001.mp4,A,3\n001.mp4,B,4\n002.mp4,A,3\n")
    assert call("scan", films, "-o", tmp_path / "out", "--labels", labels) == 2
    words = capsys.readouterr().err
    assert "but mos is 3.0 and 4.0" in words and "give one row per video, with the mean as mos" in words


def test_further_columns_go_through_every_stage_and_can_be_asked_for(films: Path, tmp_path: Path) -> None:
    labels = table(
        tmp_path,
        "path,label,subject_id,site,MoCA,note\n"
        + "".join(f'00{n}.mp4,x,S{n},{"AB"[n % 2]},{20 + n},"07, {n}"\n' for n in range(1, 7)),
    )
    assert call("scan", films, "-o", tmp_path / "0", "--labels", labels) == 0
    assert call("select", tmp_path / "0", "-o", tmp_path / "1", "--where", "site=A", "--where", "MoCA>=24") == 0
    steps: list[list[str]] = [
        ["trim", "--head-s", "0.1", "--min-s", "0.5"],
        ["distort", "--kinds", "contrast"],
        ["speed", "--num-frames", "4", "--clips", "2", "--min-motion", "0", "--max-still", "1"],
        ["split", "--fractions", "0.5,0,0.5"],
        ["shard", "--spatial", "native", "--carry", "MoCA"],
    ]
    for number, (command, *options) in enumerate(steps, start=2):
        assert call(command, tmp_path / str(number - 1), "-o", tmp_path / str(number), *options) == 0
        found = {row.subject_id: row.extra for row in read_rows(tmp_path / str(number) / "manifest.parquet")}
        assert found == {f"S{n}": (("site", "A"), ("MoCA", str(20 + n)), ("note", f"07, {n}")) for n in (4, 6)}
    samples = ShardReader(tmp_path / "6")
    assert {samples[i].labels["columns"]["MoCA"] for i in range(len(samples))} == {"24", "26"}
    assert list(pd.read_parquet(tmp_path / "6" / "manifest.parquet"))[-3:] == ["site", "MoCA", "note"]
    tar = (tmp_path / "6" / "shards" / "000000.tar").read_bytes()
    assert b"07, 4" not in tar and b'"site"' not in tar


def test_further_columns_of_hidden_people_are_kept_only_by_name(films: Path, tmp_path: Path, capsys: Console) -> None:
    key = make_key(tmp_path / "key")
    labels = table(tmp_path, "path,subject_id,Full,MoCA\n001.mp4,S1,Jane Quill,26\n002.mp4,S2,Ann Lee,24\n")
    plain = ["scan", str(films), "--labels", str(labels)]
    assert call(*plain, "-o", tmp_path / "hidden", "--pseudonymize", key, "--carry", "MoCA") == 0
    assert "carried: MoCA; not carried: Full" in capsys.readouterr().out
    assert scanned(tmp_path / "hidden").popitem()[1].extra in ((), (("MoCA", "24"),))
    assert call(*plain, "-o", tmp_path / "0") == 0
    assert call("trim", tmp_path / "0", "-o", tmp_path / "1", "--pseudonymize", key) == 0
    assert "left out, as people are hidden: Full, MoCA" in capsys.readouterr().err
    for folder in ("hidden", "1"):
        extras = [row.extra for row in read_rows(tmp_path / folder / "manifest.parquet")]
        assert not any("Full" in dict(extra) for extra in extras)
        assert any(dict(extra) == {"MoCA": "26"} for extra in extras) == (folder == "hidden")
        assert all(
            b"Quill" not in path.read_bytes() for path in (tmp_path / folder).iterdir() if "private" not in path.name
        )


def test_hidden_people_are_selected_by_what_was_kept(films: Path, tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    labels = table(tmp_path, "path,subject_id,MoCA\n001.mp4,S1,26\n002.mp4,S2,24\n003.mp4,S3,28\n")
    hidden = ["--pseudonymize", str(key), "--carry", "MoCA"]
    assert call("scan", films, "-o", tmp_path / "0", "--labels", labels, *hidden) == 0
    where = ["--where", "MoCA>=25", "--where", "subject_id!=S3"]
    assert call("select", tmp_path / "0", "-o", tmp_path / "1", *where) == 0
    (row,) = read_rows(tmp_path / "1" / "manifest.parquet")
    assert dict(row.extra) == {"MoCA": "26"}
    assert "S3" not in (tmp_path / "1" / "run.json").read_text(encoding="utf-8")
