"""Two runs on the same clips: intervals, P.1401 and the test over splits; other clips are not compared."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f, norm, t

from vqaprep.evaluation.compare import find_evaluations
from vqaprep.evaluation.differences import differences, write_differences
from vqaprep.evaluation.protocols import scores
from vqaprep.rows.outfolder import open_out


def classes(right: float, *, seed: int, num: int = 120) -> pd.DataFrame:
    """Return predictions of which about the share `right` is right, six clips a content."""
    is_right = np.random.default_rng(seed).random(num) < right
    true = np.arange(num) % 3
    columns = {"key": [f"k{i}" for i in range(num)], "video_id": [f"v{i // 6}" for i in range(num)]}
    return pd.DataFrame(columns | {"label": true, "said_label": np.where(is_right, true, (true + 1) % 3)})


def quality(noise: float, *, seed: int, num: int = 60) -> pd.DataFrame:
    mos = np.linspace(1, 5, num)
    said = mos + noise * np.random.default_rng(seed).normal(size=num)
    names = [f"v{i}" for i in range(num)]
    found = pd.DataFrame({"key": names, "video_id": names, "mos": mos, "said_quality": said})
    return found.assign(distortion_name="none", subject_id=None, mos_std=0.5)


def evaluation(folder: Path, run: str, found: pd.DataFrame, **more: Any) -> None:
    out = open_out(folder, "evaluate", {"run": run}, input_sha256="0")
    metrics = scores(found, {}, mapping="logistic4") | more
    (folder / "metrics.json").write_text(json.dumps(metrics))
    found.to_parquet(folder / "predictions.parquet")
    out.finish()


def test_a_clear_lead_has_an_interval_above_zero_and_a_small_p(tmp_path: Path) -> None:
    for seed in range(4):
        evaluation(tmp_path / f"a{seed}", f"runs/good-seed{seed}", classes(0.9, seed=seed), num_train_videos=80)
        evaluation(tmp_path / f"b{seed}", f"runs/weak-seed{seed}", classes(0.4, seed=9 + seed), num_train_videos=80)
    (row,) = differences(find_evaluations([tmp_path]))
    assert (row["first"], row["second"], row["measure"], row["repeats"]) == ("good", "weak", "label.accuracy", 4)
    assert 0.2 < row["low_95"] < row["difference"] < row["high_95"]
    assert row["p_splits"] < 0.05
    write_differences(find_evaluations([tmp_path]), tmp_path)
    assert "label.accuracy" in (tmp_path / "differences.md").read_text()


def test_a_run_does_not_differ_from_itself(tmp_path: Path) -> None:
    for name in "ab":
        evaluation(tmp_path / name, f"runs/{name}x", classes(0.6, seed=1))
    (row,) = differences(find_evaluations([tmp_path]))
    assert (row["difference"], row["low_95"], row["high_95"]) == (0, 0, 0)
    assert "p_splits" not in row


def test_scores_get_the_p_values_of_p1401(tmp_path: Path) -> None:
    evaluation(tmp_path / "a", "runs/fine", quality(0.3, seed=0))
    evaluation(tmp_path / "b", "runs/rough", quality(2.0, seed=1))
    (row,) = differences(find_evaluations([tmp_path]))
    one, other = (json.loads((tmp_path / n / "metrics.json").read_text())["quality"]["videos"] for n in "ab")
    z = (np.arctanh(one["plcc"]) - np.arctanh(other["plcc"])) / np.sqrt(2 / 57)
    assert row["p_correlation"] == pytest.approx(2 * norm.sf(z))
    assert row["p_error"] == pytest.approx(f.sf((other["rmse"] / one["rmse"]) ** 2, 56, 56))
    assert row["low_95"] > 0


def test_runs_on_other_clips_are_not_compared(tmp_path: Path) -> None:
    evaluation(tmp_path / "a", "runs/one", classes(0.6, seed=1))
    evaluation(tmp_path / "b", "runs/two", classes(0.6, seed=1).assign(key=[f"other{i}" for i in range(120)]))
    assert differences(find_evaluations([tmp_path])) == []


def test_errors_within_the_doubt_of_the_raters_do_not_count() -> None:
    sure, unsure = (scores(quality(0.3, seed=2), {}, mapping="none", raters=n)["quality"]["p1401"] for n in (400, 4))
    assert unsure["rmse_star"] < sure["rmse_star"]
    assert unsure["outlier_ratio"] < sure["outlier_ratio"]
    assert unsure["num_similar"] > sure["num_similar"]
    assert "p1401" not in scores(quality(0.3, seed=2), {}, mapping="none")["quality"]
    assert "p1401" not in scores(quality(0.3, seed=2).drop(columns="mos_std"), {}, mapping="none", raters=4)["quality"]


def test_real_scores_go_through_the_metrics_of_evaluate() -> None:
    """AVT-VQDB-UHD-1 (Rao et al., 2019): name its table of scores in the environment to run this."""
    table = Path(os.environ.get("VQAPREP_AVT_UHD1", "avt_vqdb_uhd_1.csv"))
    if not table.is_file():
        pytest.skip("VQAPREP_AVT_UHD1 names no table of AVT-VQDB-UHD-1")
    known = pd.read_csv(table).query("test == 1").dropna(subset=["vmaf", "mos", "mos_ci95"])
    names = [f"v{i}" for i in range(len(known))]
    raters = 30  # the deviation is made so that the interval of the table comes back
    deviation = known["mos_ci95"].to_numpy() * np.sqrt(raters) / t.ppf(0.975, raters - 1)
    found = pd.DataFrame({"key": names, "video_id": names, "mos": known["mos"].to_numpy(), "mos_std": deviation})
    found = found.assign(said_quality=known["vmaf"].to_numpy(), distortion_name="none", subject_id=None)
    of_videos = scores(found, {}, mapping="logistic4", raters=raters)["quality"]
    doubt = of_videos["p1401"]
    assert doubt["num_videos"] == len(known)
    assert doubt["rmse_star"] < of_videos["videos"]["rmse"] * np.sqrt(len(known) / (len(known) - 4))
    assert 0 < doubt["outlier_ratio"] < 1 and doubt["better_auc"] > 0.9
