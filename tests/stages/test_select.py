"""Select keeps exactly the videos asked for, whole, and says why others are out."""

import numpy as np
import pytest
from pydantic import ValidationError

from tests.made import video
from vqaprep.errors import InputError
from vqaprep.rows import Dropped, Row
from vqaprep.stages.select import Select

ROWS: list[Row] = [video(f"v{i}", theme="ab"[i % 2], split="train", mos=float(i)) for i in range(20)]


def kept(select: Select, rows: list[Row] = ROWS, *, seed: int = 0) -> list[Row]:
    return [row for row in select.decide(rows, np.random.default_rng(seed)) if not isinstance(row, Dropped)]


def test_only_videos_of_the_columns_stay() -> None:
    assert {row.theme for row in kept(Select(where=("theme=a",)))} == {"a"}
    assert len(kept(Select(where=("theme=a|b", "split=train")))) == 20
    assert kept(Select(where=("theme=a", "split=test"))) == []


def test_a_draw_counts_videos_and_keeps_their_variants() -> None:
    rows = [row.having(distortion=kind, level=level) for row in ROWS for kind, level in (("none", 0), ("jpeg", 1))]
    found = kept(Select(draw=5), rows)
    assert len({row.video_id for row in found}) == 5 and len(found) == 10
    assert len(kept(Select(draw=50))) == 20


def test_another_seed_draws_others() -> None:
    one, two = ({row.video_id for row in kept(Select(draw=8), seed=seed)} for seed in (0, 1))
    assert one != two


def test_so_many_scores_stay_and_the_others_are_hidden() -> None:
    found = kept(Select(where=("theme=a",), labelled=3))
    assert sum(row.mos is not None for row in found) == 3 and len(found) == 10


def test_an_unknown_column_is_told() -> None:
    with pytest.raises(InputError, match="Did you mean 'theme'"):
        Select(where=("teme=a",))
    with pytest.raises(ValidationError, match="COLUMN=VALUE"):
        Select(where=("theme",))
