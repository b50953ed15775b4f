"""`vqaprep score film.mp4` gives tables and a page; a bad file costs a row; names can be hidden."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.films import picture, write_film
from tests.made import Inline
from tests.test_pseudonyms import make_key
from vqaprep import jobs
from vqaprep.errors import InputError
from vqaprep.evaluation.quality.scale import doubt_of, percentile_of, score_second, score_video, word_of
from vqaprep.evaluation.quality.scoring import COLUMNS
from vqaprep.evaluation.quality.weights import load_weights
from vqaprep.jobs import Common, get_job
from vqaprep.rows.manifest import read_dropped


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> Inline:
    made = Inline()
    monkeypatch.setattr(jobs.Common, "make_engine", lambda self, out: made)
    return made


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    folder.mkdir()
    write_film(folder / "dark.mp4", [picture(n, shade=60) for n in range(30)])
    write_film(folder / "light.mp4", [picture(n, shade=150) for n in range(60)])
    (folder / "bad.mp4").write_bytes(b"no video at all")
    return folder


def score(source: Path, out: Path, weights: Path, **options: object) -> list[str]:
    job = get_job("score")
    return job(source, out, job.settings(weights=str(weights), **options), Common(workers=1, max_drop_rate=1.0))


def test_a_score_has_an_interval_a_word_and_a_place(weights_file: Path) -> None:
    weights = load_weights(weights_file)
    dark, light, white = (score_second(weights, [{"mean": mean}]) for mean in (50.0, 150.0, 250.0))
    assert (dark.quality, dark.low, dark.high) == pytest.approx((30, 20, 40))
    both = score_video([dark, light])
    assert (both.quality, both.low, both.high) == pytest.approx((50, 40, 60))
    assert [word_of(one) for one in (dark, both, light)] == ["poor", "fair", "good"]
    assert [percentile_of(weights, one) for one in (dark, light)] == [50, 75]
    assert doubt_of(weights, light) == "" and "animation or a screen" in doubt_of(weights, white)


def test_a_folder_is_scored_and_a_bad_file_costs_a_row(
    inline: Inline, videos: Path, weights_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    lines = score(videos, out, weights_file)
    assert "dark.mp4: quality 30 (20 to 40), poor" in lines[0] and "light.mp4: quality 70" in lines[1]
    found = pd.read_csv(out / "scores.csv")
    assert tuple(found) == COLUMNS and list(found["quality"]) == [30, 70] and list(found["num_seconds"]) == [1, 3]
    assert len(pd.read_csv(out / "seconds.csv")) == 4
    assert [row["word"] for row in json.loads((out / "scores.json").read_text())] == ["poor", "good"]
    pd.testing.assert_frame_equal(
        pd.read_parquet(out / "scores.parquet").drop(columns="doubt"), found.drop(columns="doubt")
    )
    page = (out / "score.html").read_text()
    assert "dark.mp4" in page and "unreadable" in page and "data:image" in page
    assert {drop.reason for drop in read_dropped(out / "dropped.parquet")} == {"unreadable"}
    num_worked = len(inline.worked)
    assert score(videos, out, weights_file) == lines and len(inline.worked) == num_worked


def test_a_hidden_video_leaves_no_picture_and_no_name(
    inline: Inline, videos: Path, weights_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    score(videos / "dark.mp4", out, weights_file, pseudonymize=make_key(tmp_path / "key"))
    assert not list((out / "worst").glob("*.jpg"))
    for path in out.rglob("*"):
        is_public = path.is_file() and "private" not in path.name
        assert not is_public or b"dark.mp4" not in path.read_bytes(), path


def test_out_is_named_after_the_video(tmp_path: Path) -> None:
    default_out = get_job("score").default_out
    assert default_out is not None
    (tmp_path / "a film (1).mp4").touch()
    assert default_out(tmp_path / "a film (1).mp4") == Path("a_film_1-score")
    assert default_out(tmp_path) == Path(f"{tmp_path.name}-score")


def test_two_scorers_at_once_are_refused(videos: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "meta.json").write_text("{}")
    job = get_job("score")
    with pytest.raises(InputError, match="leave one out"):
        job(run, tmp_path / "out", job.settings(videos=(videos,), weights="quality"), Common(workers=1))
    with pytest.raises(InputError, match="name the videos"):
        job(run, tmp_path / "out", job.settings(), Common(workers=1))
    with pytest.raises(InputError, match="swap the two"):
        job(videos, tmp_path / "out", job.settings(videos=(run,)), Common(workers=1))
