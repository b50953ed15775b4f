"""What a table says: which column is which, numbers and missing ones in every spelling, and all complaints at once."""

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.datasets.test_scan_labels import _table
from vqaprep.datasets.columns import COLUMNS
from vqaprep.datasets.headers import USUAL, header_of
from vqaprep.datasets.missing import Missing
from vqaprep.datasets.numbers import codes_in, numbers_of
from vqaprep.datasets.read_labels import LabelTable, TableOptions, read_labels
from vqaprep.datasets.spelling import folds, same
from vqaprep.errors import InputError


def read(folder: Path, text: str, renames: dict[str, str] | None = None, **how: Any) -> LabelTable:
    return read_labels(_table(folder, text), on="path", renames=renames, options=TableOptions(**how))


def refusal(folder: Path, text: str, **how: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(folder, text, **how)
    return str(caught.value).splitlines()


def ours(*names: str, **how: Any) -> dict[str, str]:
    said = {"on": "path", "renames": {}, "carry": (), "carries_all": True} | how
    return header_of("t.csv", names, **said).ours  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("video_name", "MOS", "SD"), {"path": "video_name", "mos": "MOS", "mos_std": "SD"}),
        (("file name", "MOS ", "Std. Dev."), {"path": "file name", "mos": "MOS ", "mos_std": "Std. Dev."}),
        (("flickr_id", "mos", "std"), {"path": "flickr_id", "mos": "mos", "mos_std": "std"}),
        (("File Name", "Score"), {"path": "File Name", "mos": "Score"}),
        (("filename", "MOS (1-5)", "mos-std"), {"path": "filename", "mos": "MOS (1-5)", "mos_std": "mos-std"}),
        (("name", "class"), {"path": "name", "label": "class"}),
        (("Video", "MOS_score", "MOS"), {"path": "Video", "mos": "MOS"}),
        (("name", "file", "mos"), {"path": "file", "mos": "mos"}),
        (
            ("Participant ID", "Name", "Recording", "Diagnosis", "MoCA", "Consent"),
            {"path": "Recording", "subject_id": "Participant ID", "subject_name": "Name", "label": "Diagnosis"},
        ),
        (("ＰＡＴＨ", "Label"), {"path": "ＰＡＴＨ", "label": "Label"}),
    ],
)
def test_the_usual_names_need_no_option(names: tuple[str, ...], found: dict[str, str]) -> None:
    assert ours(*names) == found


def test_other_columns_are_carried_under_names_that_are_not_ours() -> None:
    header = header_of(
        "t.csv", ["path", "MOS", "site", "codec", "Cons"], on="path", renames={"consent": "Cons"}, carry=(),
        carries_all=True,
    )  # fmt: skip
    assert header.further == {"site": "site", "codec": "table_codec", "Cons": "consent"}


def test_only_columns_that_are_named_are_carried(tmp_path: Path) -> None:
    text = "path,mos,site,name,MoCA\na.mp4,3,A,Jane,26\n"
    assert read(tmp_path, text).rows[0].extra == (("site", "A"), ("name", "Jane"), ("MoCA", "26"))
    assert read(tmp_path, text, carry=("MoCA",)).rows[0].extra == (("MoCA", "26"),)
    assert read(tmp_path, text, carries_all=False).rows[0].extra == ()
    assert refusal(tmp_path, text, carry=("moca",))[0].startswith("unknown further column")


def test_it_is_said_which_column_was_taken_for_which(tmp_path: Path) -> None:
    table = read(tmp_path, "Recording,Diagnosis,site\na.mp4,none,A\nb.mp4,HC,-\n")
    assert table.notes == (
        "columns: path = Recording, label = Diagnosis; carried: site",
        "read as missing: label 'none' (1); if one is a value: --present WORD",
    )
    assert read(tmp_path, "path,consent\na.mp4,yes\n").notes[1].startswith("no column of the table is a label; if one")


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = "path,mos,mos_std,label,split\na.mp4,good,-0.5,Calm,dev\n,3,1,calm,\nc.mp4,-999,1,x,\nd.mp4,4,1,y,\n"
    found = refusal(tmp_path, text)
    table = tmp_path / "labels.csv"
    assert found == [
        f"{table} line 2: mos 'good' is not a number",
        f"{table} line 2: split 'dev' is none of train, val, test",
        f"{table} line 3: the column path is empty, so it names no video",
        f"{table} line 4: mos -999 looks like a code for a missing number: the others lie between 4 and 4; "
        "--missing -999 reads it as missing, --present -999 as a number",
        f"{table} line 2: mos_std is below zero, which no deviation is",
    ]
    many = refusal(tmp_path, "path,mos\n" + "".join(f"{n}.mp4,x\n" for n in range(30)))
    assert len(many) == 21 and many[-1] == "and 10 more"


def test_all_that_is_wrong_with_a_header_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "thing,lable\nx,1\n", {"mso": "thing", "mos": "scor"})
    words = str(caught.value)
    for part in ("unknown label column 'mso'", "'scor'", "no column path", "'lable' looks like 'label'"):
        assert part in words


WORDS = (
    "", "nan", "NaN", "NA", "N/A", "n/a", "#N/A", "#NV", "#N/D", "#DIV/0!", "#WERT!", "#NAME?", "#VALUE!", "null",
    "none", "None", "-", "--", "–", ".", "?", "<NA>", "n.a.", "(blank)", "missing",
)  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_missing_is_the_same_for_labels_and_numbers(word: str, tmp_path: Path) -> None:
    (row, _) = read(tmp_path, f"path,label,mos,fold\na.mp4,{word},{word},{word}\nb.mp4,x,1,1\n").rows
    assert row.columns == {}


@pytest.mark.parametrize(
    "word", ["neutral", "0", "no", "#1", "#tag", "unknown", "nine", "n", "x-", "Nan Goldin", "Nona"]
)
def test_other_words_are_values(word: str) -> None:
    assert not Missing().says_nothing(word)


def test_the_user_has_the_last_word_on_what_is_missing(tmp_path: Path) -> None:
    text = "path,label,mos\na.mp4,none,-999\nb.mp4,fight,3\nc.mp4,skip,4\n"
    found = read(tmp_path, text, missing=Missing(more=("skip", "-999.0"), present=("none",))).rows
    assert [row.columns for row in found] == [{"label": "none"}, {"label": "fight", "mos": 3.0}, {"mos": 4.0}]
    found = read(tmp_path, text, missing=Missing(present=("-999",))).rows
    assert found[0].columns == {"mos": -999.0}


@pytest.mark.parametrize(
    ("texts", "numbers", "decimal_comma"),
    [
        (["3.5", "4"], [3.5, 4.0], False),
        (["3,5", "4"], [3.5, 4.0], True),
        (["3,5", "4,25"], [3.5, 4.25], False),
        (["1,234", "3"], [1.234, 3.0], True),
        (["1,234", "0,5"], [1.234, 0.5], False),
        (["1.234"], [1.234], True),
        (["1,234,567", "1,234.5"], [1234567.0, 1234.5], False),
        (["1.234,5", "2,5"], [1234.5, 2.5], True),
        (["1 234,5"], [1234.5], True),
        (["1'234.5", "1’234"], [1234.5, 1234.0], False),
        (["−2.5", "+3"], [-2.5, 3.0], False),
        (["1e2", "2.5E-1"], [100.0, 0.25], False),
        (["٣٫٥"], [3.5], False),
    ],
)  # fmt: skip
def test_numbers_are_read_in_every_way_they_are_written(
    texts: list[str], numbers: list[float], decimal_comma: bool
) -> None:
    written = numbers_of(texts, decimal_comma=decimal_comma)
    assert [written.parse(text) for text in texts] == numbers


@pytest.mark.parametrize(
    ("texts", "decimal_comma", "message"),
    [
        (["1,234", "3"], False, "a mark of decimals or of thousands"),
        (["1.234", "2,5"], True, "a mark of decimals or of thousands"),
        (["3.5.2"], False, "is not a number"),
        (["2024-05-03"], False, "is not a number but a date: Excel makes dates"),
        (["03.05.2024"], False, "but a date"),
        (["3. Mai"], False, "but a date"),
        (["3-May"], False, "but a date"),
        (["85%"], False, "but a percentage"),
        (["inf"], False, "is not a finite number"),
        (["3 of 5"], False, "is not a number"),
    ],
)
def test_what_may_be_another_number_is_refused(texts: list[str], decimal_comma: bool, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        numbers_of(texts, decimal_comma=decimal_comma).parse(texts[0])


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([1.2, 3.5, -999.0], {-999.0}),
        ([1.2, 3.5, 99.0], {99.0}),
        ([1.2, 3.5, -1.0], {-1.0}),
        ([1.2, 3.5, 999.0, -99.0], {999.0, -99.0}),
        ([20.0, 88.0, 99.0], set()),
        ([-2.0, 0.5, -1.0], set()),
        ([-1.5, 0.5, 1.0, -999.0], {-999.0}),
        ([-999.0, -999.0], {-999.0}),
        ([5.0, 5.0], set()),
        ([99.0], set()),
    ],
)
def test_codes_for_missing_numbers_stand_out(values: list[float], codes: set[float]) -> None:
    assert codes_in(values) == codes


@pytest.mark.parametrize(
    "spellings",
    [
        ["Calm", "calm", "CALM"],
        ["very calm", "very  calm", "Very\N{NO-BREAK SPACE}calm"],
        ["caf\N{LATIN SMALL LETTER E WITH ACUTE}", "cafe\N{COMBINING ACUTE ACCENT}"],
        ["Ｓ１", "S1"],
        ["007", "7", "07"],
        ["straße", "STRASSE"],
        ["ca\N{SOFT HYPHEN}lm", "calm"],
    ],
)
@pytest.mark.parametrize("column", ["label", "subject_id", "theme", "group_id"])
def test_spellings_of_one_value_are_refused_or_joined(spellings: list[str], column: str, tmp_path: Path) -> None:
    rows = [*spellings, spellings[-1]]
    text = f"path,{column}\n" + "".join(f"{n}.mp4,{value}\n" for n, value in enumerate(rows))
    (found,) = refusal(tmp_path, text)
    assert found.startswith(f"{column}: {spellings[-1]!r} (2), {spellings[0]!r} (1)")
    assert found.endswith(f"or join them as {spellings[-1]!r} with --fold-case")
    assert {row.columns[column] for row in read(tmp_path, text, folds_case=True).rows} == {spellings[-1]}


def test_values_that_only_look_alike_stay_apart() -> None:
    values = ["calm", "calmer", "S1", "S10", "10", "1.0", "1", "", "v-1", "v_1"]
    assert folds(values) == {}
    assert len({same(value) for value in values}) == len(values)


def test_a_workbook_of_a_clinic_is_understood(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["Participant ID", "Name", "Recording", "Diagnosis", "MoCA", "Consent"],
        ["P-017", "Petra Müller", "zoom 1.mp4", "MCI", 24, "yes"],
        ["P-018", "Ann Lee", "zoom_2.mp4", "HC", None, None],
        [None, None, None, None, None, None],
    ):
        book.active.append(row)
    book.save(tmp_path / "people.xlsx")
    rows = read_labels(tmp_path / "people.xlsx", on="path").rows
    assert rows[0].columns == {"subject_id": "P-017", "subject_name": "Petra Müller", "label": "MCI"}
    assert rows[0].extra == (("MoCA", "24"), ("Consent", "yes"))
    assert (rows[1].name, rows[1].extra) == ("zoom_2.mp4", ())


def test_every_usual_name_is_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    told = {name for line in rows for name in re.findall(r"`(\w+)`", line)}
    assert told == {
        *COLUMNS,
        *(name for own, names in USUAL.items() if own not in ("stem", "video_id") for name in names),
    }
