"""Tables as people and spreadsheets make them give the same records; what cannot be right is refused in plain words."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from vqaprep.datasets.grid import KEY
from vqaprep.datasets.headers import known_column
from vqaprep.datasets.tables import read_table
from vqaprep.errors import InputError

CALM_TENSE = [{"path": "001.mp4", "label": "calm"}, {"path": "002.mp4", "label": "tense"}]


def column_of(name: str) -> str | None:
    return known_column(name, KEY, {})


def cells(path: Path, **how: Any) -> list[dict[str, str]]:
    return [record.cells for record in read_table(path, known=column_of, **how).records]


def saved(folder: Path, data: str | bytes) -> Path:
    path = folder / "t.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "path,label\n001.mp4,calm\n002.mp4,tense\n",
        "path,label\r\n001.mp4,calm\r\n002.mp4,tense",
        "path,label\r001.mp4,calm\r002.mp4,tense\r",
        "path,label\n001.mp4,calm\r\n\r\n002.mp4,tense\r",
        "\ufeffpath,label\n001.mp4,calm\n002.mp4,tense\n",
        '\ufeff"path","label"\n"001.mp4","calm"\n"002.mp4","tense"\n',
        "path,label\n001.mp4,calm\n\ufeffpath,label\n002.mp4,tense\n",
        "sep=;\r\npath;label\r\n001.mp4;calm\r\n002.mp4;tense\r\n",
        '\ufeff"sep=\t"\npath\tlabel\n001.mp4\tcalm\n002.mp4\ttense\n',
        "path|label\n001.mp4|calm\n002.mp4|tense\n",
        "path, label\n001.mp4, calm\n002.mp4, tense\n",
        "path,label,,\n001.mp4,calm,,\n002.mp4,tense,,\n",
        "path,label\n001.mp4,calm\n,\n002.mp4,tense\n,\n\n",
        "path,label\n001.mp4,calm,,\n002.mp4,tense\n",
        "Study 7\nexported 2024-05-01\n\npath,label\n001.mp4,calm\n002.mp4,tense\n",
        "Study 7,,\n,,\npath,label,\n001.mp4,calm,\n002.mp4,tense,\n",
        ",path,label\n0,001.mp4,calm\n1,002.mp4,tense\n",
        "path , label \n001.mp4,calm\n002.mp4,tense\n",
    ],
)
def test_csv_of_every_make_is_the_same_table(text: str, tmp_path: Path) -> None:
    assert cells(saved(tmp_path, text)) == CALM_TENSE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_text_is_read_in_the_encoding_it_was_saved_in(encoding: str, tmp_path: Path) -> None:
    text = "path\tlabel\nMüller.mp4\tglücklich – ruhig\n"
    assert cells(saved(tmp_path, text.encode(encoding))) == [{"path": "Müller.mp4", "label": "glücklich – ruhig"}]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("path,label\ncafé.mp4,père\n", "mac_roman"),
        ("path,label\nMüller.mp4,Bär\n", "cp850"),
        ("path,label\nGdańsk.mp4,żółć\n", "cp1250"),
        ("path,label\nИванов.mp4,спокойный\n", "cp1251"),
        ("path,label\nΠαπαδόπουλος.mp4,ήρεμος\n", "cp1253"),
        ("path,label\nx.mp4,“créée” 5 €\n", "cp1252"),
        ("path,label\nx.mp4,GRÜN ÖDE\n", "cp1252"),
    ],
)
def test_code_pages_are_told_by_their_letters(text: str, encoding: str, tmp_path: Path) -> None:
    table = read_table(saved(tmp_path, text.encode(encoding)), known=column_of)
    assert list(table.records[0].cells.values()) == text.splitlines()[1].split(",")
    assert table.notes == [f"the table is not UTF-8; it is read as {encoding}. If letters are wrong: --encoding"]


def test_an_encoding_that_is_given_is_taken(tmp_path: Path) -> None:
    path = saved(tmp_path, "path,label\nŞükrü.mp4,sakin\n".encode("cp1254"))
    assert cells(path, encoding="cp1254")[0]["path"] == "Şükrü.mp4"
    for wrong, message in (("utf-8", "is no text in utf-8"), ("cp9999", "--encoding cp9999 is not known")):
        with pytest.raises(InputError, match=message):
            cells(path, encoding=wrong)


def test_line_ends_and_separators_of_unicode_stay_within_their_cells(tmp_path: Path) -> None:
    path = saved(tmp_path, 'path,label,comment\n001.mp4,calm,"first\nsecond"\n002.mp4,tense,one\u2028two\n')
    assert [row["comment"] for row in cells(path)] == ["first\nsecond", "one\u2028two"]
    assert [record.where for record in read_table(path).records] == [f"{path} line 2", f"{path} line 4"]


def test_a_decimal_comma_does_not_make_a_delimiter(tmp_path: Path) -> None:
    text = "path;label;mos\n001.mp4;calm;3,5\n002.mp4;tense;4,25\n"
    table = read_table(saved(tmp_path, text), known=column_of)
    assert [record.cells["mos"] for record in table.records] == ["3,5", "4,25"]
    assert table.records[0].decimal_comma


def test_a_header_of_two_rows_is_one(tmp_path: Path) -> None:
    text = "path,Ratings,,Day,\n,MOS,SD,am,pm\n001.mp4,3,1,x,y\n"
    assert cells(saved(tmp_path, text)) == [{"path": "001.mp4", "MOS": "3", "SD": "1", "am": "x", "pm": "y"}]
    twice = "path,Day 1,,Day 2,\n,MOS,SD,MOS,SD\n001.mp4,3,1,4,2\n"
    assert list(cells(saved(tmp_path, twice))[0]) == ["path", "Day 1 MOS", "Day 1 SD", "Day 2 MOS", "Day 2 SD"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,mos\na.mp4,3,5\n", r"line 2: 3 cells where 2 are expected .*a comma within a cell needs quotes"),
        ("path,mos,label\na.mp4\n", "line 2: 1 cells where 3 are expected"),
        ("path,mos,mos\na.mp4,1,2\n", "two columns named 'mos'"),
        ("\n \n,,\n", "is empty"),
        ('path,mos\n"a.mp4,1\nb.mp4,2\n' + "x" * 2_000_000, "line 2: field larger .*perhaps a quote is not closed"),
        ("%PDF-1.7 ...", "is a PDF; save the table as .xlsx or CSV"),
        ("<html><table>", "is a web page"),
        ('[{"filename": "a.mp4", "mos": 3}]', "is JSON; save the table as .xlsx or CSV"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        cells(saved(tmp_path, text))


def test_an_old_or_protected_workbook_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"old kind \(.xls\), or is protected by a password; save it as .xlsx"):
        cells(saved(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
    with pytest.raises(InputError, match="cannot be read as an Excel workbook"):
        cells(saved(tmp_path, b"PK\x03\x04 cut off"))


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Save a workbook of sheets of rows; `change` may do more to it. Its name does not say what it is."""

    def save(change: Callable[[Any], None] = lambda book: None, **sheets: list[list[Any]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        change(book)
        book.save(tmp_path / "t.csv")
        return tmp_path / "t.csv"

    return save


def test_a_workbook_is_read_as_its_sheet_shows_it(workbook: Callable[..., Path]) -> None:
    day, moment = dt.date(2024, 5, 1), dt.datetime(2024, 5, 1, 12, 30)  # noqa: DTZ001  as Excel has them
    rows = [
        ["Study 7"],
        [],
        ["Recording", "MoCA", "score", "when", "day", "code", "ok", "bad"],
        [7, 26, 3.4700000000000002, moment, day, "007", True, "#N/A"],
        ["x.mp4", None, "3,5"],
    ]

    def zeros(book: Any) -> None:
        book["A"]["A4"].number_format = "000"

    found = cells(workbook(zeros, A=rows))
    assert found[0] == {
        "Recording": "007", "MoCA": "26", "score": "3.47", "when": "2024-05-01 12:30:00", "day": "2024-05-01",
        "code": "007", "ok": "TRUE", "bad": "#N/A",
    }  # fmt: skip
    assert found[1] == {"Recording": "x.mp4", "score": "3,5"} | dict.fromkeys(
        ("MoCA", "when", "day", "code", "ok", "bad"), ""
    )


def test_merged_cells_are_read_in_each_of_their_places(workbook: Callable[..., Path]) -> None:
    rows = [
        ["path", "Ratings", None, "Person"],
        [None, "MOS", "SD", None],
        ["a.mp4", 3, 1, "S1"],
        ["b.mp4", 4, 1, None],
    ]

    def merge(book: Any) -> None:
        for area in ("A1:A2", "B1:C1", "D1:D2", "D3:D4"):
            book["A"].merge_cells(area)

    assert cells(workbook(merge, A=rows)) == [
        {"path": "a.mp4", "MOS": "3", "SD": "1", "Person": "S1"},
        {"path": "b.mp4", "MOS": "4", "SD": "1", "Person": "S1"},
    ]


def test_the_sheet_whose_header_names_videos_is_taken(workbook: Callable[..., Path]) -> None:
    table = [["filename", "mos"], ["a.mp4", 3]]

    def hide(book: Any) -> None:
        book.create_sheet("Old").append(["path", "mos"])
        book["Old"].sheet_state = "hidden"

    path = workbook(hide, Notes=[["asked on", "by"], ["May", "AB"]], Scores=table)
    assert cells(path) == [{"filename": "a.mp4", "mos": "3"}]
    path = workbook(Day1=table, Day2=table)
    with pytest.raises(InputError, match=r"several sheets \(Day1, Day2\); choose one with --sheet"):
        cells(path)
    assert cells(path, sheet="Day2") == [{"filename": "a.mp4", "mos": "3"}]
    with pytest.raises(InputError, match="Did you mean 'Day1'"):
        cells(path, sheet="Day 1")
    assert read_table(path, known=column_of, sheet="Day1").records[0].where == f"{path} sheet 'Day1' row 2"


def test_a_formula_without_its_result_is_refused(workbook: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="cell B2 of sheet 'A' holds a formula whose result is not in the file"):
        cells(workbook(A=[["path", "mos"], ["a.mp4", "=1+2"]]))


def test_a_mark_far_below_costs_nothing(workbook: Callable[..., Path]) -> None:
    def mark(book: Any) -> None:
        book["A"].cell(1_000_000, 1).value = " "

    assert cells(workbook(mark, A=[["path", "mos"], ["a.mp4", 3]])) == [{"path": "a.mp4", "mos": "3"}]


def test_many_rows_are_read(tmp_path: Path) -> None:
    lines = "".join(f"{n}.mp4,{n % 5},S{n % 100}\n" for n in range(20_000))
    found = cells(saved(tmp_path, f"path,mos,subject\n{lines}"))
    assert len(found) == 20_000
    assert found[-1] == {"path": "19999.mp4", "mos": "4", "subject": "S99"}
