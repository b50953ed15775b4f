"""P.1401, pair analysis and the corrected t test against closed forms and scipy, on made and on real scores."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f, mannwhitneyu, norm, ttest_1samp

from vqaprep.errors import InputError
from vqaprep.evaluation.p1401 import (
    calibration_error,
    corrected_t_test,
    correlations_differ,
    errors_differ,
    outlier_ratio,
    pair_analysis,
    rmse_star,
)
from vqaprep.training.correlation import correlate

MOS, HALF = [1.0, 2.0, 3.0, 4.0, 5.0, 3.0], [0.2, 0.2, 0.2, 0.2, 0.2, 0.5]
SAID = [1.1, 2.5, 3.0, 3.0, 5.0, 3.4]


def test_only_errors_beyond_the_interval_count() -> None:
    # 2.5 lies 0.3 beyond its interval, 3.0 for a score of 4.0 lies 0.8 beyond.
    assert rmse_star(SAID, MOS, HALF, num_parameters=1) == pytest.approx(np.sqrt((0.3**2 + 0.8**2) / 5))
    assert outlier_ratio(SAID, MOS, HALF) == pytest.approx(2 / 6)
    with pytest.raises(InputError, match="mapping of 6"):
        rmse_star(SAID, MOS, HALF, num_parameters=6)
    with pytest.raises(InputError, match="intervals of shape"):
        outlier_ratio(SAID, MOS, HALF[:3])


def test_differences_have_the_p_values_of_their_tests() -> None:
    z = (np.arctanh(0.9) - np.arctanh(0.8)) / np.sqrt(1 / 47 + 1 / 47)
    assert correlations_differ(0.9, 0.8, num_videos=50) == pytest.approx(2 * norm.sf(z))
    assert errors_differ(0.5, 0.7, degrees=40) == errors_differ(0.7, 0.5, degrees=40)
    assert errors_differ(0.5, 0.7, degrees=40) == pytest.approx(f.sf(0.49 / 0.25, 40, 40))
    gains = [0.02, 0.05, 0.01, 0.04, 0.03]
    assert corrected_t_test(gains, num_train=10**9, num_test=1) == pytest.approx(ttest_1samp(gains, 0).pvalue)
    assert corrected_t_test(gains, num_train=80, num_test=20) > ttest_1samp(gains, 0).pvalue
    assert corrected_t_test([0.0, 0.0], num_train=80, num_test=20) == 1


def test_sure_pairs_are_told_from_unsure_ones() -> None:
    found = pair_analysis(MOS, MOS, HALF)  # a perfect predictor
    assert (found.better_auc, found.right_share, found.different_auc) == (1, 1, 1)
    assert found.num_similar == 1 and found.num_different == 14
    assert pair_analysis([-value for value in MOS], MOS, HALF).better_auc == 0
    assert np.isnan(pair_analysis(MOS, MOS, [9] * 6).better_auc)


def test_calibration_is_the_distance_of_stated_from_observed() -> None:
    assert calibration_error([0.8] * 5, [1, 1, 1, 1, 0]) == pytest.approx(0)
    assert calibration_error([0.95] * 4 + [0.05] * 4, [1, 1, 0, 0, 0, 0, 0, 0]) == pytest.approx((0.45 + 0.05) / 2)


def test_real_scores_agree_with_scipy() -> None:
    """AVT-VQDB-UHD-1 (Rao et al., 2019): name its table of scores in the environment to run this."""
    table = Path(os.environ.get("VQAPREP_AVT_UHD1", "avt_vqdb_uhd_1.csv"))
    if not table.is_file():
        pytest.skip("VQAPREP_AVT_UHD1 names no table of AVT-VQDB-UHD-1")
    for _, test in pd.read_csv(table).groupby("test"):
        known = test[["vmaf", "mos", "mos_ci95"]].dropna()
        vmaf, mos, half = (known[name].to_numpy() for name in known)
        found = pair_analysis(vmaf, mos, half)
        one, other = np.triu_indices(len(mos), 1)
        is_different = np.abs(mos[one] - mos[other]) > np.hypot(half[one], half[other])
        said = np.abs(vmaf[one] - vmaf[other])
        statistic = mannwhitneyu(said[is_different], said[~is_different]).statistic
        assert found.different_auc == pytest.approx(statistic / (is_different.sum() * (~is_different).sum()))
        assert found.better_auc > 0.9 and found.right_share > 0.85
        plain = correlate(vmaf, mos)
        slope = np.polyfit(vmaf, mos, 1)
        assert rmse_star(np.polyval(slope, vmaf), mos, half, num_parameters=2) < 1.2 * plain.rmse + 0.2
        assert 0 < outlier_ratio(np.polyval(slope, vmaf), mos, half) < 1
