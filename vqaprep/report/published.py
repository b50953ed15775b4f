"""What we measure beside what a paper prints for it, with the errors that the paper is known to have."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vqaprep.report.blocks import Section, Table
from vqaprep.report.gather import Run, base_name, load
from vqaprep.rows import parquet

_COLUMNS = ("paper", "table", "row", "measure", "published", "ours", "difference", "known error")


def published(run: Run) -> Section | None:
    """Return every published number of the run's pipelines beside ours, which is empty where it is not measured yet."""
    rows = list(_rows(run))
    if not rows:
        return None
    lead = "A mark in the last column means that the paper contradicts itself there; ± is the deviation over runs."
    table = Table(_COLUMNS, [[row[name] for name in _COLUMNS] for row in rows])
    return Section("published", "Beside the papers", lead, [table])


def markdown(path: Path) -> str | None:
    """Return the same as a Markdown table, or None where no published number belongs to the OUT folder `path`."""
    rows = list(_rows(load(path)))
    lines = [_COLUMNS, ["---"] * len(_COLUMNS), *([row[name] for name in _COLUMNS] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if rows else None


def _rows(run: Run) -> Iterator[dict[str, str]]:
    for entry in run.pipeline.get("published") or []:
        folder = run.path / base_name(str(entry["folder"]))
        ours = run.read(folder / "comparison.parquet", _compared) or run.read(folder / "metrics.json", _measured) or {}
        for measure, number in entry["values"].items():
            value, std = ours.get(measure), ours.get(f"{measure}_std")
            yield {name: str(entry[name]) for name in ("paper", "table", "row")} | {
                "measure": measure,
                "published": _as_text(number["value"], number["std"]),
                "ours": _as_text(value, std),
                "difference": "" if value is None else f"{value - number['value']:+.4f}",
                "known error": number["error"] or "",
            }


def _as_text(value: float | None, std: float | None) -> str:
    return "" if value is None else f"{value:.4f}" + ("" if std is None else f" ± {std:.4f}")


def _compared(path: Path) -> dict[str, float]:
    """Return the first row of a comparison, which is the run's own: baselines stand below."""
    row = parquet.read(path).to_pylist()[0]
    return {name: value for name, value in row.items() if isinstance(value, float)}


def _measured(path: Path) -> dict[str, float]:
    return dict(_flat(json.loads(path.read_text(encoding="utf-8"))))


def _flat(metrics: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in metrics.items():
        if isinstance(value, dict) and name != "baselines":
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, int | float):
            yield f"{prefix}{name}", float(value)
