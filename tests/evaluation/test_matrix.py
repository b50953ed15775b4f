"""Test sets and repeats become a matrix and verdicts, by the measure that all evaluations share."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from vqaprep.evaluation.compare import Evaluation, compare
from vqaprep.evaluation.matrix import headline, significance, write_matrices


def evaluations(run: str, shards: str, values: Sequence[float]) -> list[Evaluation]:
    """Return repeats of a run on a test set with these rank correlations."""
    return [
        Evaluation(Path(), f"runs/{run}-seed{n}", shards, {"quality": {"videos": {"srocc": v}}}, pd.DataFrame())
        for n, v in enumerate(values)
    ]


FOUND = [
    *evaluations("good", "x/live", (0.9, 0.92, 0.94)), *evaluations("good", "x/csiq", (0.5, 0.6, 0.7)),
    *evaluations("poor", "x/live", (0.1, 0.12, 0.14)), *evaluations("poor", "x/csiq", (0.55, 0.6, 0.65)),
]  # fmt: skip


def test_a_run_on_two_test_sets_has_two_rows_with_median() -> None:
    rows = {row["name"]: row for row in compare(FOUND)}
    assert list(rows) == ["good on live", "good on csiq", "poor on live", "poor on csiq"]
    assert rows["good on csiq"]["quality.videos.srocc_median"] == 0.6
    assert [row["name"] for row in compare(evaluations("good", "x/live", (0.9, 0.8)))] == ["good"]


def test_a_lead_in_every_repeat_is_significant_and_a_tie_is_not() -> None:
    good, poor = significance(headline(FOUND))
    assert (good["poor"], poor["good"], good["good"]) == ("1 -", "0 -", "- -")


def test_tables_are_written_where_they_mean_something(tmp_path: Path) -> None:
    write_matrices(FOUND, tmp_path)
    assert "| good | 0.9200 | 0.6000 |" in (tmp_path / "cross.md").read_text(encoding="utf-8")
    assert (tmp_path / "significance.parquet").exists()
    (tmp_path / "one").mkdir()
    write_matrices(evaluations("good", "x/live", (0.9,)), tmp_path / "one")
    assert list((tmp_path / "one").iterdir()) == []
