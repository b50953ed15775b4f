"""The two files of a table say the same."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from vqaprep.errors import InputError
from vqaprep.evaluation.table import to_markdown, write_table

ROWS: list[dict[str, Any]] = [{"method": "a|b", "srocc": 0.81234567, "videos": 3}, {"method": "c", "note": "x"}]


def test_parquet_keeps_values_and_markdown_rounds_them(tmp_path: Path) -> None:
    parquet, markdown = write_table(ROWS, tmp_path / "new" / "main", digits=3)
    assert (parquet.name, markdown.name) == ("main.parquet", "main.md")
    stored = pq.read_table(parquet)
    assert stored.column_names == ["method", "srocc", "videos", "note"]
    assert stored["srocc"].to_pylist() == [0.81234567, None] and stored["videos"].to_pylist() == [3, None]
    assert markdown.read_text() == to_markdown(ROWS, digits=3)
    assert sorted(path.name for path in parquet.parent.iterdir()) == ["main.md", "main.parquet"]


def test_markdown_aligns_numbers_escapes_bars_and_leaves_gaps_empty() -> None:
    lines = to_markdown([{"name": "a|b", "share": 0.5}, {"name": "c"}, {"share": float("nan")}], digits=2).splitlines()
    assert lines == ["| name | share |", "| --- | ---: |", "| a\\|b | 0.50 |", "| c |  |", "|  |  |"]


def test_whole_numbers_stay_whole_beside_missing_ones() -> None:
    assert to_markdown([{"videos": 3}, {"videos": None}]).splitlines()[2:] == ["| 3 |", "|  |"]


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one row"):
        write_table([], tmp_path / "main")
