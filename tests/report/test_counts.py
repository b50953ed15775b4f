"""Label charts show what the clips hold, beside the share the draw plans."""

from pathlib import Path
from typing import Any

import pytest

from vqaprep.report.blocks import Bars, SideBySide
from vqaprep.report.counts import counts, overlaps
from vqaprep.report.gather import load
from vqaprep.speeds.tasks import place_name, speed_name


def _charts(run: Path) -> dict[str, Bars]:
    section = counts(load(run))
    assert section is not None
    assert isinstance(section.blocks[0], SideBySide)
    return {chart.title: chart for chart in section.blocks[0].blocks}


def test_shares_are_those_of_the_reference_clips(run: Path) -> None:
    charts = _charts(run)
    num = [int(bar.text.partition(" ")[0]) for bar in charts["speed class"].bars]
    assert len(num) == 9 and sum(num) == 6
    assert sum(int(bar.text.partition(" ")[0]) for bar in charts["distortion and level"].bars) == 24


def test_planned_shares_of_all_classes_sum_to_one(run: Path) -> None:
    bars = _charts(run)["speed class"]
    assert bars.line is not None
    scale = bars.line * 9  # the dashed line stands at one ninth
    assert sum(bar.marks[0] for bar in bars.bars) / scale == pytest.approx(1)


def test_a_person_in_two_splits_is_told() -> None:
    columns: dict[str, list[Any]] = {
        "video_id": ["a", "b", "b"], "subject_id": ["p", "p", None], "group_id": [None, None, None],
        "split": ["train", "test", "test"],
    }  # fmt: skip
    assert overlaps(columns) == ["1 values of subject_id are in more than one split"]


def test_class_numbers_have_names() -> None:
    assert [speed_name("fine", 3, k) for k in (0, 1, 3, 8)] == ["1", "1 then 2", "2 then 1", "3"]
    assert [speed_name("coarse", 4, k) for k in (0, 5, 6)] == ["1", "2 faster", "1 slower"]
    assert [speed_name("jump", 3, k) for k in range(4)] == ["1 faster", "2 faster", "1 slower", "2 slower"]
    assert speed_name("pace", 3, 2) == "3"
    assert speed_name("fine", 3, 99) == "99"
    assert [place_name(16, k) for k in (0, 5, 6)] == ["frame 5", "frame 10", "no change"]
