"""Columns that are not ours go through manifests and journals unchanged; misspelled ones of ours are refused."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.made import clip, video
from vqaprep.errors import InputError
from vqaprep.rows import Extra, Row
from vqaprep.rows.further import merged
from vqaprep.rows.journal import Journal
from vqaprep.rows.manifest import read_rows, to_record, write_rows

EXTRA: Extra = (("Site", "Zürich\n2"), ("MoCA", 26), ("ok", True), ("weight_kg", 71.5), ("extra", "x"), ("dropped", 0))


def through(path: Path, rows: list[Row]) -> list[Row]:
    write_rows(path, rows)
    return read_rows(path)


@pytest.mark.parametrize("row", [video(extra=EXTRA), clip(extra=EXTRA)])
def test_further_columns_survive_a_manifest_and_a_journal(row: Row, tmp_path: Path) -> None:
    assert through(tmp_path / "m.parquet", [row]) == [row]
    with Journal(tmp_path / "j.jsonl") as book:
        book.record("v", [row])
    assert Journal(tmp_path / "j.jsonl").finished() == {"v": [row]}


def test_they_stand_in_the_manifest_under_their_own_names_and_types(tmp_path: Path) -> None:
    write_rows(tmp_path / "m.parquet", [video("a"), video("b", extra=EXTRA)])
    columns = pd.read_parquet(tmp_path / "m.parquet")
    assert list(columns)[-6:] == ["Site", "MoCA", "ok", "weight_kg", "extra", "dropped"]
    assert columns["weight_kg"].tolist()[1] == 71.5
    assert pq.read_schema(tmp_path / "m.parquet").field("MoCA").type == pa.int64()
    assert read_rows(tmp_path / "m.parquet")[0].extra == ()


@pytest.mark.parametrize(
    ("cells", "kept"),
    [((1, 2.5), (1.0, 2.5)), ((1, "two"), ("1", "two")), ((True, 1), ("True", "1")), ((1, 2**70), ("1", str(2**70)))],
)
def test_a_column_of_several_types_is_numbers_or_text(cells: Any, kept: Any, tmp_path: Path) -> None:
    rows: list[Row] = [video(f"v{i}", extra=(("x", cell),)) for i, cell in enumerate(cells)]
    assert [row.extra for row in through(tmp_path / "m.parquet", rows)] == [(("x", cell),) for cell in kept]


def test_a_manifest_that_pandas_extended_is_read(tmp_path: Path) -> None:
    write_rows(tmp_path / "m.parquet", [video("a"), video("b"), video("c")])
    table = pd.read_parquet(tmp_path / "m.parquet")
    table["site"], table["age"], table["visit"] = ["A", None, "B"], [61, 62, float("nan")], dt.date(2024, 5, 1)
    table[table["site"] != "B"].to_parquet(tmp_path / "n.parquet")
    assert [row.extra for row in read_rows(tmp_path / "n.parquet")] == [
        (("site", "A"), ("age", 61.0), ("visit", "2024-05-01")),
        (("age", 62.0), ("visit", "2024-05-01")),
    ]


def test_a_csv_manifest_carries_text_as_it_is(tmp_path: Path) -> None:
    ours = {n: v for n, v in to_record(video()).items() if v is not None}
    pd.DataFrame([ours | {"code": "007", "note": "a, b"}]).to_csv(tmp_path / "m.csv", encoding="utf-8-sig")
    (row,) = read_rows(tmp_path / "m.csv")
    assert row.extra == (("code", "007"), ("note", "a, b"))


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"labels": "calm"}, "unknown column of .*'labels'.*Did you mean 'label'"),
        ({"mso": 3.0}, "Did you mean 'mos'"),
        ({"box": [1, 2]}, "column box of the manifest holds list"),
        ({"task": "x"}, "column task is one of clips"),
    ],
)
def test_a_column_that_would_be_lost_is_refused(column: dict[str, Any], message: str, tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([to_record(video()) | column]), tmp_path / "m.parquet")
    with pytest.raises(InputError, match=message):
        read_rows(tmp_path / "m.parquet")


def test_a_name_like_ours_is_carried_where_ours_is_there_or_the_manifest_is_one_of_ours(tmp_path: Path) -> None:
    rows: list[Row] = [video(label="calm", extra=(("labels", "x"),))]
    assert through(tmp_path / "m.parquet", rows) == rows
    rows = [video(extra=(("labels", "x"),))]
    assert through(tmp_path / "m.parquet", rows) == rows


def test_later_columns_replace_earlier_ones_of_their_name() -> None:
    assert merged((("a", 1), ("b", 2)), (("b", 3), ("c", 4))) == (("a", 1), ("b", 3), ("c", 4))
