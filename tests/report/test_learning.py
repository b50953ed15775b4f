"""Curves and metrics are drawn from what training and evaluation leave behind."""

import json
from pathlib import Path

import pytest

from vqaprep.report.blocks import Bars, Lines, Matrix, Section, SideBySide, Table
from vqaprep.report.gather import load
from vqaprep.report.learning import evaluation, training


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for name in ("1-train", "2-evaluate"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps({"command": name[2:], "seconds": 1.0}))
    return tmp_path


def _evaluated(out: Path, metrics: object) -> Section | None:
    (out / "2-evaluate" / "metrics.json").write_text(json.dumps(metrics))
    return evaluation(load(out))


def test_a_falling_loss_is_a_falling_line(out: Path) -> None:
    rows = [f"train,0,{step},loss,{9 - step}" for step in range(1, 9)] + ["val,0,8,loss,4", "train,0,9,loss,nan"]
    (out / "1-train" / "curve.csv").write_text("\n".join(["phase,epoch,step,name,value", *rows]))
    found = training(load(out))
    assert found is not None
    (row,) = found.blocks
    (chart,) = row.blocks
    assert isinstance(chart, Lines) and (chart.top, chart.bottom, chart.right) == ("8", "1", "step 8")
    assert [line.name for line in chart.lines] == ["train", "val"]
    heights = [float(point.split(",")[1]) for point in chart.lines[0].points.split()]
    assert heights == sorted(heights) and (heights[0], heights[-1]) == (0, 150)


def test_long_curves_are_thinned_to_means(out: Path) -> None:
    rows = [f"train,0,{step},loss,{step % 2}" for step in range(2400)]
    (out / "1-train" / "curve.csv").write_text("\n".join(["phase,epoch,step,name,value", *rows]))
    found = training(load(out))
    assert found is not None
    (line,) = found.blocks[0].blocks[0].lines
    assert len(line.points.split()) == 120


@pytest.mark.parametrize(("low", "is_above"), [(0.3, True), (0.2, False)])
def test_an_accuracy_stands_beside_chance_and_interval(out: Path, low: float, is_above: bool) -> None:
    metrics = {
        "accuracy": 0.5,
        "interval_95": [low, 0.7],
        "chance": 0.1,
        "constant": 0.25,
        "confusion": [[3, 1], [2, 2]],
    }
    found = _evaluated(out, {"num_examples": 8, "speed_class": metrics})
    assert found is not None
    bars, table, row = found.blocks
    assert isinstance(bars, Bars) and isinstance(table, Table) and isinstance(row, SideBySide)
    (bar,) = bars.bars
    assert (bar.share, bar.span, bar.marks) == (0.5, (low, 0.7), (0.1, 0.25))
    assert ("not above chance" not in bar.text) == is_above
    (matrix,) = row.blocks
    assert isinstance(matrix, Matrix) and matrix.counts == [[3, 1], [2, 2]]


def test_correlations_become_tables(out: Path) -> None:
    groups = [{"group": "jpeg", "srcc": 0.5}, {"group": "blur", "plcc": 0.25}]
    found = _evaluated(out, {"quality": {"clips": {"srcc": 0.9}, "by_distortion": groups}})
    assert found is not None
    tables = {block.title: (list(block.columns), block.rows) for block in found.blocks}
    assert tables["quality clips"] == (["srcc"], [[0.9]])
    assert tables["quality by distortion"] == (["group", "srcc", "plcc"], [["jpeg", 0.5, None], ["blur", None, 0.25]])


def test_no_metrics_are_no_section(out: Path) -> None:
    assert evaluation(load(out)) is None
    assert training(load(out)) is None
