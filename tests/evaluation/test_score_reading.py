"""`score` reads files by the same options as `scan`: which stream, and what is done about damage."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.evaluation.conftest import MakeRun
from tests.films import ffmpeg
from tests.made import Inline
from tests.media.test_damage import film, without_packets
from tests.odd_files import two_streams
from vqaprep.errors import TooManyDrops
from vqaprep.jobs import Common, get_job
from vqaprep.rows.manifest import read_dropped


@pytest.fixture(autouse=True)
def _inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Common, "make_engine", lambda self, out: Inline())


def scores(run: Path, out: Path, *videos: Path, **reading: Any) -> pd.DataFrame:
    """Return the scores of clips, in the order of their starts."""
    job = get_job("score")
    job.run(run, out, job.settings(videos=videos, **reading), Common(workers=1))
    return pd.read_csv(out / "scores.csv").sort_values("start_s", ignore_index=True)


def test_the_stream_that_is_asked_for_is_scored(make_run: MakeRun, tmp_path: Path) -> None:
    run, path = make_run("dualpath_vqa"), tmp_path / "two.mkv"
    two_streams(path)
    for number in (0, 1):
        ffmpeg("-i", str(path), "-map", f"0:{number}", "-c", "copy", str(tmp_path / f"{number}.mkv"))
    found = [scores(run, tmp_path / f"out-{n}", path, stream=n)["quality"].tolist() for n in (0, 1)]
    alone = [scores(run, tmp_path / f"alone-{n}", tmp_path / f"{n}.mkv")["quality"].tolist() for n in (0, 1)]
    assert found == alone and found[0] != found[1]
    assert scores(run, tmp_path / "default", path)["quality"].tolist() == found[1], "the second one is flagged"


def test_damage_is_left_out_or_drops_the_video(make_run: MakeRun, tmp_path: Path) -> None:
    run, path = make_run("dualpath_vqa"), film(tmp_path / "film.ts")
    whole = scores(run, tmp_path / "whole", path)
    without_packets(path, 0.5)
    found = scores(run, tmp_path / "skipped", path)
    assert 0 < len(found) < len(whole)
    sound = whole[whole["start_s"].isin(found["start_s"])]
    assert len(sound) > 0, "the clips before the damage are the same"
    shared = found[found["start_s"].isin(sound["start_s"])]
    assert shared["quality"].tolist() == pytest.approx(sound["quality"].tolist(), abs=1e-6)
    with pytest.raises(TooManyDrops, match="corrupt"):
        scores(run, tmp_path / "dropped", path, on_damage="drop")
    (drop,) = read_dropped(tmp_path / "dropped" / "dropped.parquet")
    assert drop.reason == "corrupt" and "frames are damaged" in drop.detail
