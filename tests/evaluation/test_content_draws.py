"""Intervals over contents against the normal one and against clips that repeat each other."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from vqaprep.evaluation.content_draws import contents, interval_of, share_draws, srocc_draws


def rows(names: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"video_id": names})


def test_shares_of_single_clips_agree_with_the_normal_interval() -> None:
    low, high = interval_of(share_draws(np.arange(400) < 300, rows([str(i) for i in range(400)]), 0))
    half = 1.96 * math.sqrt(0.75 * 0.25 / 400)
    assert (low, high) == pytest.approx((0.75 - half, 0.75 + half), abs=0.008)


def test_clips_of_one_content_do_not_narrow_the_interval() -> None:
    is_right = np.arange(40) < 30
    alone = interval_of(share_draws(is_right, rows([str(i) for i in range(40)]), 0))
    of_ten = rows([f"{i}" for i in range(400)]).assign(group_id=[str(i // 10) for i in range(400)])
    clustered = interval_of(share_draws(np.repeat(is_right, 10), of_ten, 1))
    assert clustered[1] - clustered[0] == pytest.approx(alone[1] - alone[0], abs=0.04)


def test_a_video_without_a_group_is_its_own_content() -> None:
    found = pd.DataFrame([{"video_id": n, "group_id": g} for n, g in (("a", "g"), ("b", None), ("c", "g"))])
    assert contents(found).tolist() == ["g", "b", "g"]


def test_one_content_has_no_interval() -> None:
    assert np.isnan(interval_of(share_draws(np.ones(4, bool), rows(["a"] * 4), 0))).all()


def test_differences_of_draws_are_paired() -> None:
    rng = np.random.default_rng(0)
    found = rows([str(i) for i in range(60)]).assign(mos=rng.normal(size=60))
    said = found["mos"].to_numpy() + rng.normal(size=60)
    draws = srocc_draws(said, found, 3)
    assert np.array_equal(draws, srocc_draws(2 * said + 1, found, 3))  # ranks alone count, and the draws are alike
    low, high = interval_of(draws)
    assert low < spearmanr(said, found["mos"]).statistic < high
