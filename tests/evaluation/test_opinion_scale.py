"""The scale of a run: what its scores mean in the unit of what it learned from, and how sure that is."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vqaprep.errors import VqaprepError
from vqaprep.evaluation.opinion_scale import SCALE, fit_scale, load_scale
from vqaprep.evaluation.score import sentence, summarize
from vqaprep.training.correlation import logistic4

BETAS = (4.6, 1.2, 0.1, 0.4)


def predicted(num_videos: int, *, noise: float, seed: int = 0) -> pd.DataFrame:
    """Return scores of `num_videos` videos in two views each, whose opinions follow a logistic but for noise."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0.0, 1.0, 2 * num_videos)
    names = [f"v{number}" for number in range(num_videos)]
    return pd.DataFrame({
        "video_id": names + names, "distortion_name": ["none"] * num_videos + ["blur"] * num_videos, "level": 0,
        "said_quality": scores, "mos": logistic4(scores, *BETAS) + rng.normal(0.0, noise, len(scores)),
    })  # fmt: skip


def test_scores_come_back_in_the_unit_of_opinions() -> None:
    scale = fit_scale(predicted(60, noise=1e-6), "mos")
    assert scale is not None and scale.num_videos == 60
    columns = scale.columns(0.3)
    assert columns["mos"] == pytest.approx(float(logistic4(0.3, *BETAS)), abs=1e-3)
    assert columns["mos_high"] - columns["mos_low"] == pytest.approx(2 * scale.half_width)


def test_the_interval_covers_nine_videos_of_ten_that_it_has_not_seen() -> None:
    inside = []
    for seed in range(30):
        scale = fit_scale(predicted(40, noise=0.3, seed=seed), "mos")
        assert scale is not None
        unseen = predicted(200, noise=0.3, seed=1000 + seed)
        mapped = logistic4(unseen["said_quality"], *scale.betas)
        inside.append((np.abs(mapped - unseen["mos"]) <= scale.half_width).mean())
    assert 0.87 <= np.mean(inside) <= 0.95


@pytest.mark.parametrize(
    "table",
    [predicted(9, noise=0.1), predicted(20, noise=0.1).drop(columns="mos"),
     predicted(20, noise=0.1).assign(said_quality=1.0)],
)  # fmt: skip
def test_too_little_to_go_by_gives_no_scale(table: pd.DataFrame) -> None:
    assert fit_scale(table, "mos") is None


def test_it_is_kept_in_the_run_and_printed(tmp_path: Path) -> None:
    assert load_scale(tmp_path) is None
    scale = fit_scale(predicted(40, noise=0.1), "mos")
    assert scale is not None
    scale.save(tmp_path)
    assert load_scale(tmp_path) == scale
    clips = pd.DataFrame({"video": ["a.mp4"] * 2, "clip": [0, 1], "start_s": [0.0, 1.0], "quality": [0.2, 0.4]})
    summary = summarize(clips, scale)
    assert summary["mos"] == pytest.approx(float(logistic4(0.3, *scale.betas)))
    assert sentence(summary).startswith(f"a.mp4: mos {summary['mos']:.3g} ({summary['mos_low']:.3g} to ")


@pytest.mark.parametrize("text", ["", "{}", '{"target": "mos", "betas": [1, 2, 3], "half_width": 1, "num_videos": 9}'])
def test_a_damaged_scale_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / SCALE).write_text(text)
    with pytest.raises(VqaprepError, match="train the run again"):
        load_scale(tmp_path)
