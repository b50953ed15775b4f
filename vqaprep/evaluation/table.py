"""Write rows of results twice: Parquet for programs, Markdown for people."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vqaprep.errors import InputError
from vqaprep.rows.plain_text import printable
from vqaprep.storage.durable import durable

TableRow = dict[str, Any]


def write_table(rows: Sequence[Mapping[str, Any]], stem: Path, *, digits: int = 4) -> tuple[Path, Path]:
    """Write `rows` to `stem`.parquet and `stem`.md, each whole or not at all, and return both paths.

    The columns are those of all rows, in order of first appearance. Parquet keeps the values as they are;
    Markdown rounds floats to `digits` decimals. What a row lacks is null there and empty here.
    """
    parquet, markdown = stem.with_name(f"{stem.name}.parquet"), stem.with_name(f"{stem.name}.md")
    table = _arrow(rows)
    stem.parent.mkdir(parents=True, exist_ok=True)
    with durable(parquet) as temporary:
        pq.write_table(table, temporary)
    with durable(markdown) as temporary:
        temporary.write_text(to_markdown(rows, digits=digits), encoding="utf-8")
    return parquet, markdown


def to_markdown(rows: Sequence[Mapping[str, Any]], *, digits: int = 4) -> str:
    """Lay `rows` out as a Markdown table, numbers to the right."""
    schema = _arrow(rows).schema
    is_number = [pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in schema.types]
    rule = ["---:" if right else "---" for right in is_number]
    cells = [[_cell(row.get(name), digits) for name in schema.names] for row in rows]
    lines = [[_cell(name, digits) for name in schema.names], rule, *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _arrow(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    if not names:
        raise InputError("a table needs at least one row with at least one column.")
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def _cell(value: object, digits: int) -> str:
    if value is None:
        return ""
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.{digits}f}"
    return printable(str(value).replace("|", "\\|").replace("\n", " "))
