"""The real Surveillance Camera Fight set, where it lies beside the project."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from vqaprep.datasets.load import Labelled, load_dataset
from vqaprep.rows import Video
from vqaprep.stages.split import Split, leaks

ROOT = Path(__file__).resolve().parents[3] / "shared" / "data" / "surv_fight"


@pytest.fixture(scope="module")
def videos() -> list[Labelled]:
    """Return all videos of the set."""
    if not ROOT.is_dir():
        pytest.skip(f"{ROOT} is not there; it is no part of the repository")
    return load_dataset("surv_fight", ROOT)


def test_half_of_300_clips_are_fights(videos: list[Labelled]) -> None:
    assert Counter(video.columns["label"] for video in videos) == {"fight": 150, "nofight": 150}


def test_clips_are_of_44_films_and_30_stand_alone(videos: list[Labelled]) -> None:
    sizes = Counter(str(video.columns["group_id"]) for video in videos)
    assert sum(group.startswith("film-") for group in sizes) == 44
    assert [sizes[group] for group in sizes if group.startswith("clip-")] == [1] * 30


@pytest.mark.parametrize("split", [Split(), Split(method="kfold", folds=5)], ids=["holdout", "kfold"])
def test_no_film_is_in_two_splits(videos: list[Labelled], split: Split) -> None:
    rows = split.decide([_row(video) for video in videos], np.random.default_rng(0))
    assert {row.split for row in rows} == {"train", "val", "test"}
    assert leaks(rows) == []


def _row(video: Labelled) -> Video:
    columns = {name: value for name, value in video.columns.items() if value is not None}
    name = video.path.stem
    return Video(
        video_id=name, uri=str(video.path), sha256=name, num_bytes=1, container="mp4", codec="h264",
        width_px=2, height_px=2, rate_fps=25.0, num_frames=50, duration_s=2.0,
    ).having(**columns)  # fmt: skip
