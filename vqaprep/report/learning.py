"""The results of training: loss curves, metrics beside chance and baselines, scores."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

from vqaprep.report.blocks import Bar, Bars, Gallery, Lines, Matrix, Section, SideBySide, Table, cell_text
from vqaprep.report.charts import lines
from vqaprep.report.gather import Run, StepFolder, base_name, json_object
from vqaprep.report.images import from_file
from vqaprep.rows import parquet

_FIGURE_PX, _MAX_PLOTS = 640, 12

Curves = dict[str, dict[str, list[tuple[int, float]]]]
"""name -> phase -> (step, value)."""


def training(run: Run) -> Section | None:
    """Return the losses of each training step, one chart a name."""
    blocks: list[Any] = []
    for step in run.steps:
        meta = run.read(step.path / "meta.json", json_object)
        if meta is not None:
            blocks.append(_described(step, meta))
        curves = run.read(step.path / "curve.csv", _curves)
        if curves:
            blocks.append(
                SideBySide([_lines(name, phases) for name, phases in sorted(curves.items(), key=_total_first)])
            )
    lead = "Losses by training step; long runs are drawn as means of neighbouring steps."
    return Section("training", "Training", lead, blocks) if blocks else None


def evaluation(run: Run) -> Section | None:
    """Return metrics with chance and interval, confusion matrices, other tables and figures."""
    blocks: list[Any] = []
    for step in run.steps:
        metrics = run.read(step.path / "metrics.json", json_object)
        if metrics is not None:
            beside = run.read(step.path / "metrics.parquet", _rows) if metrics.get("baselines") else None
            blocks += [_table(beside, f"The run beside baselines, step {step.number}")] if beside else []
            matrices = list(_matrices(metrics))
            blocks += [*_accuracies(step, metrics), *_others(metrics), *([SideBySide(matrices)] if matrices else [])]
            figures = sorted(step.path.glob("*.png"))
            blocks += _figures(run, figures, [figure.stem for figure in figures])
        blocks += _scored(run, step)
        compared = run.read(step.path / "comparison.parquet", _rows)
        blocks += [_table(compared, f"Comparison, step {step.number}")] if compared else []
    lead = "An accuracy means something only where its whole interval lies above chance."
    return Section("evaluation", "Evaluation", lead, blocks) if blocks else None


def _described(step: StepFolder, meta: dict[str, Any]) -> Table:
    rows = [(k, _compact(meta[k])) for k in ("system", "num_parameters", "crop_px", "recipe", "settings") if k in meta]
    return Table(("of the run", ""), rows, f"{step.number} {step.name}: {meta.get('system', '')}", is_folded=True)


def _compact(value: Any) -> Any:
    return ", ".join(f"{k} {cell_text(v)}" for k, v in value.items()) if isinstance(value, dict) else value


def _curves(path: Path) -> Curves:
    curves: Curves = defaultdict(lambda: defaultdict(list))
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if None not in row.values() and isfinite(float(row["value"])):
                curves[row["name"]][row["phase"]].append((int(row["step"]), float(row["value"])))
    return curves


def _total_first(item: tuple[str, Any]) -> tuple[bool, str]:
    return item[0] != "loss", item[0]


def _lines(name: str, phases: dict[str, list[tuple[int, float]]]) -> Lines:
    return lines(name, phases, first=0.0, right="step {last:.0f}")


def _accuracies(step: StepFolder, metrics: dict[str, Any]) -> Iterator[Bars]:
    bars = []
    for name, values in metrics.items():
        if isinstance(values, dict) and "accuracy" in values:
            share, chance = float(values["accuracy"]), float(values.get("chance", 0.0))
            low, high = values.get("interval_95") or (share, share)
            text = f"{share:.3f} [{low:.3f}, {high:.3f}], chance {chance:.3f}"
            text += "" if low > max(chance, values.get("constant", 0.0)) else ": not above chance"
            marks = (chance, *([float(values["constant"])] if "constant" in values else []))
            bars.append(Bar(name.replace("_", " "), share, text, span=(float(low), float(high)), marks=marks))
    if bars:
        note = "Whisker: 95 % interval over videos. Ticks: chance, and always the most frequent class."
        yield Bars(f"Accuracy, step {step.number}", bars, note)


def _others(metrics: dict[str, Any], path: str = "") -> Iterator[Any]:
    """Yield what `_accuracies` does not show: all single numbers, and lists of rows, as tables."""
    plain = {k: v for k, v in metrics.items() if isinstance(v, int | float | str | None)}
    if plain and "interval_95" not in metrics:
        yield Table(list(plain), [list(plain.values())], path)
    for name, value in metrics.items():
        if name == "baselines":
            continue
        here = f"{path} {name}".strip().replace("_", " ")
        if isinstance(value, dict):
            yield from _others(value, here)
        elif isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            yield _table(value, here)


def _matrices(metrics: dict[str, Any]) -> Iterator[Matrix]:
    for name, values in metrics.items():
        counts = values.get("confusion") if isinstance(values, dict) else None
        if counts:
            title = f"{name.replace('_', ' ')}: truth down, answer across"
            names = values.get("classes") or range(len(counts))
            yield Matrix(title, [str(name) for name in names], [[int(n) for n in row] for row in counts])


def _scored(run: Run, step: StepFolder) -> list[Any]:
    """Return what `score` found: a row a video, and the first plots."""
    summaries = run.read(step.path / "summary.parquet", _rows)
    if step.name != "score" or not summaries:
        return []
    rows = [summary | {"video": base_name(summary["video"])} for summary in summaries]
    plots = sorted((step.path / "plots").glob("*.png"))[:_MAX_PLOTS]
    captions = [run.file_name(plot.stem) for plot in plots]
    return [_table(rows, f"Scored videos, step {step.number}"), *_figures(run, plots, captions)]


def _table(rows: list[dict[str, Any]], title: str) -> Table:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return Table(columns, [[_compact(row.get(key)) for key in columns] for row in rows], title)


def _rows(path: Path) -> list[dict[str, Any]]:
    return list(parquet.read(path).to_pylist())


def _figures(run: Run, paths: list[Path], captions: list[str]) -> list[Gallery]:
    pictures = []
    for path, caption in zip(paths, captions, strict=True):
        picture = run.read(path, lambda p, said=caption: from_file(p, width_px=_FIGURE_PX, caption=said))  # type: ignore[misc]  # bound now
        pictures += [picture] if picture is not None else []
    return [Gallery(pictures)] if pictures else []
