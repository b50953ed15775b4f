"""The learning benchmark: its rivals see motion alone, and its table compares on the same clips."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.learning import speeds
from benchmarks.learning.rivals import RIVALS, curve


def test_the_motion_curve_is_the_change_and_ignores_what_stands_still() -> None:
    clip = np.zeros((5, 4, 6, 3), np.uint8)
    clip[3] = 100
    values = curve(clip)
    assert values.shape == (8,)
    assert values[2] == values[3] > values[0] == values[1]
    assert values[4:].mean() == pytest.approx(0, abs=1e-6)


def test_the_table_has_every_rival_and_a_lead_over_it(tmp_path: Path) -> None:
    true = np.arange(40) % 3
    said = pd.DataFrame({"key": [f"k{i}" for i in range(40)], "video_id": [f"v{i // 2}" for i in range(40)]})
    said = said.assign(group_id=[f"g{i // 4}" for i in range(40)], speed_class=true)
    wrong = {f"{name}: speed_class": (true + 1) % 3 for name in RIVALS}
    (tmp_path / "03-shard").mkdir()
    folder = tmp_path / "07-of_pace-fold-0-draw-0"
    folder.mkdir()
    said.assign(said_speed_class=true).to_parquet(folder / "predictions.parquet")
    said.assign(**wrong).to_parquet(tmp_path / "rivals-pace-0.parquet")
    found = speeds._predictions(tmp_path, "pace")
    rows = speeds._rows(found, "speed_class", "pace, 3 speeds")
    assert [row[1] for row in rows] == ["preset motion, 1 seed(s)", *RIVALS]
    assert rows[0][2] == "100.0 %" and rows[1][2] == "0.0 %" and rows[1][5] == "+100.0 to +100.0"
    said.assign(said_speed_class=true, key="other").to_parquet(folder / "predictions.parquet")
    with pytest.raises(ValueError, match="other clips"):
        speeds._predictions(tmp_path, "pace")
