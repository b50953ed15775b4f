"""Evaluations become rows; seeds become mean and deviation, folds are pooled by subject."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from vqaprep.errors import InputError
from vqaprep.evaluation.compare import compare, find_evaluations, flat, names_of, write_comparison
from vqaprep.jobs import Common, get_job
from vqaprep.rows.outfolder import open_out


def evaluation(
    folder: Path, run: str, metrics: dict[str, Any], *, subjects: Sequence[str] = (), right: Sequence[bool] = ()
) -> Path:
    """Write what `evaluate` leaves: two clips a subject, of class 0 and 1 in turn."""
    out = open_out(folder, "evaluate", {"run": run}, input_sha256="0")
    (folder / "metrics.json").write_text(json.dumps(metrics))
    rows = []
    for number, (subject, is_right) in enumerate(zip(subjects, right, strict=True)):
        label = number % 2
        said = label if is_right else 1 - label
        row = {"subject_id": subject, "video_id": subject, "label": label, "said_label": said}
        rows += [row | {"label=x": 1.0 - said, "label=y": float(said)}] * 2
    pd.DataFrame(rows or [{"video_id": "v"}]).to_parquet(folder / "predictions.parquet")
    out.finish()
    return folder


@pytest.mark.parametrize(
    ("runs", "names"),
    [
        (["runs/ours-seed0", "runs/ours-seed1"], ["ours", "ours"]),
        (["runs/seed0/7-run", "runs/seed1/7-run"], ["7-run", "7-run"]),
        (["a/7-run", "b/7-run"], ["a/7-run", "b/7-run"]),
        (["runs/ours-draw-0-split-1", "runs/ours-draw-1-split-0"], ["ours", "ours"]),
        (["runs/fold_3"], ["fold_3"]),
        (["/x/ours_fold=1", "/x/plain"], ["ours", "plain"]),
        (["same", "same"], ["same", "same"]),
        (["seedling", "manifold2"], ["seedling", "manifold2"]),
    ],
)
def test_names_forget_seed_and_fold(runs: list[str], names: list[str]) -> None:
    assert names_of(runs) == names


def test_seeds_become_mean_and_deviation(tmp_path: Path) -> None:
    for seed, value in enumerate((0.5, 0.7)):
        evaluation(tmp_path / f"{seed}", f"runs/ours-seed{seed}", {"quality": {"videos": {"srocc": value}}})
    evaluation(tmp_path / "2", "runs/other", {"quality": {"videos": {"srocc": 0.25}}})
    rows = compare(find_evaluations([tmp_path]))
    assert [(row["name"], row["runs"]) for row in rows] == [("ours", 2), ("other", 1)]
    assert rows[0]["quality.videos.srocc"] == pytest.approx(0.6)
    assert rows[0]["quality.videos.srocc_std"] == pytest.approx(0.1)
    write_comparison(rows, tmp_path)
    assert "| 0.6000 ± 0.1000 |" in (tmp_path / "comparison.md").read_text()
    stored = pd.read_parquet(tmp_path / "comparison.parquet")
    assert stored["quality.videos.srocc"].tolist() == pytest.approx([0.6, 0.25])


def test_only_measures_are_compared() -> None:
    metrics = {"num_examples": 9, "label": {"accuracy": 0.5, "interval_95": [0, 1], "confusion": [[1]], "chance": 0.5}}
    clips = {"srocc": 0.5, "srocc_low_95": 0.1, "num_videos": 3, "mapping": "none"}
    assert flat(metrics | {"quality": {"clips": clips}, "baselines": {"NIQE": {}}}) == {
        "label.accuracy": 0.5,
        "quality.clips.srocc": 0.5,
    }


def test_baselines_have_rows_of_their_own(tmp_path: Path) -> None:
    brisque = {"BRISQUE": {"quality": {"clips": {"srocc": 0.25}}}}
    evaluation(tmp_path / "e", "run", {"quality": {"clips": {"srocc": 0.5}}, "baselines": brisque})
    rows = compare(find_evaluations([tmp_path / "e"]))
    assert [(row["name"], row["quality.clips.srocc"]) for row in rows] == [("run", 0.5), ("run: BRISQUE", 0.25)]


def test_folds_are_pooled_so_that_each_subject_counts_once(tmp_path: Path) -> None:
    sizes = {"fold0": ("abcd", (True,) * 4), "fold1": ("ef", (False, True))}
    for name, (subjects, right) in sizes.items():
        evaluation(tmp_path / name, f"runs/{name}/run", {"label": {"accuracy": 1.0}}, subjects=subjects, right=right)
    (row,) = compare(find_evaluations([tmp_path]))
    assert row["pooled.accuracy"] == pytest.approx(5 / 6) and row["pooled.num_samples"] == 6


def test_seeds_on_the_same_subjects_are_no_folds(tmp_path: Path) -> None:
    for seed in (0, 1):
        folder = tmp_path / f"{seed}"
        evaluation(folder, f"r-seed{seed}", {"label": {"accuracy": 1.0}}, subjects="ab", right=(True, True))
    (row,) = compare(find_evaluations([tmp_path]))
    assert not [name for name in row if name.startswith("pooled")]


def test_the_job_prints_the_table_and_refuses_what_is_none(tmp_path: Path) -> None:
    job, out = get_job("compare"), tmp_path / "out"
    path = evaluation(tmp_path / "e", "run", {"quality": {"clips": {"srocc": 0.5}}})
    lines = job.run(Path(), out, job.settings(evaluations=(path, path)), Common())
    assert lines[0] == f"{out}: 1 evaluations" and "| run | 1 | 0.5000 |" in lines[1]
    with pytest.raises(InputError, match="holds no finished evaluation"):
        job.run(Path(), out, job.settings(evaluations=(tmp_path / "out",)), Common())
