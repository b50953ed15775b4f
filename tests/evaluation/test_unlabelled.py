"""Scorers judged on damage that was made: a perfect one is right everywhere, a turned one nowhere, ties count half."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.films import pictures, write_film
from vqaprep.errors import InputError
from vqaprep.evaluation.unlabelled.clips import clip_of, rows_of
from vqaprep.evaluation.unlabelled.command import command_scorer
from vqaprep.evaluation.unlabelled.figures import figures, ladder_steps, pristine_pairs, sure_pairs, worst
from vqaprep.jobs import Common, get_job
from vqaprep.settings import validated

SIZE_OF_FILE = f"{sys.executable} -c 'import os, sys; print(\"bytes\", os.path.getsize(sys.argv[1]))' {{video}}"


def rows(score: Any, num_videos: int = 4) -> list[dict[str, Any]]:
    """Return rows of two kinds at levels 1 to 3 whose measures fall by level, scored by `score(vmaf)`."""
    made = []
    for video in range(num_videos):
        for kind, level in [("none", 0), *((k, n) for k in ("gaussian_blur", "frame_freeze") for n in (1, 2, 3))]:
            vmaf = 100.0 - 20 * level - (2 * level if kind == "frame_freeze" else 0)
            measured = {"vmaf_v1": vmaf, "psnr": vmaf / 2, "ssim": vmaf / 100}
            made.append({"video": f"v{video}", "kind": kind, "level": level, **measured, "score: it": score(vmaf)})
    return made


def right(found: list[dict[str, Any]]) -> dict[str, float]:
    return {row["test"]: row["right"] for row in figures(found, ["it"], seed=0)}


def test_every_pair_has_a_known_order() -> None:
    made = rows(lambda vmaf: vmaf, 1)
    assert len(pristine_pairs(made)) == 6
    assert {(made[p.better]["level"], made[p.worse]["level"]) for p in ladder_steps(made)} == {(1, 2), (2, 3)}
    pairs = sure_pairs(made)
    assert all(made[p.better]["vmaf_v1"] >= made[p.worse]["vmaf_v1"] + 5 for p in pairs)
    assert len(pairs) == 6 + 1  # levels apart by one or two, either way round, and level 3 of both, 6 VMAF apart


def test_a_perfect_scorer_is_right_and_a_turned_one_wrong_everywhere() -> None:
    assert set(right(rows(lambda vmaf: vmaf)).values()) == {1.0}
    assert set(right(rows(lambda vmaf: -vmaf)).values()) == {0.0}
    assert set(right(rows(lambda vmaf: 5.0)).values()) == {0.5}
    assert set(right(rows(lambda vmaf: float("nan"))).values()) == {0.5}
    assert worst(rows(lambda vmaf: vmaf), "it", num=9) == []
    assert len(worst(rows(lambda vmaf: -vmaf), "it", num=5)) == 5


def test_kinds_in_time_have_a_ladder_of_their_own() -> None:
    made = [row | {"score: it": row["vmaf_v1"] if row["kind"] != "frame_freeze" else 5.0} for row in rows(lambda v: v)]
    found = right(made)
    assert found["ladders"] == 1 and found["temporal ladders"] == 0.5 == found["ladder of frame_freeze"]


def test_measures_that_disagree_make_no_sure_pair() -> None:
    made = [row | {"psnr": -row["psnr"]} for row in rows(lambda vmaf: vmaf, 1)]
    assert sure_pairs(made) == []
    assert sure_pairs([row | {"psnr": np.inf} for row in made]) == []


def test_a_program_is_a_scorer() -> None:
    plain, busy = np.zeros((4, 32, 48, 3), np.uint8), np.random.default_rng(0).integers(0, 255, (4, 32, 48, 3))
    size = command_scorer(f"-size={SIZE_OF_FILE}")
    assert (size.name, size.better) == ("size", "lower")
    assert 0 < size.apply(plain, 25.0) < size.apply(busy.astype(np.uint8), 25.0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("just a word", "write NAME=COMMAND"),
        ("x=echo 3", "write NAME=COMMAND with {video}"),
        ("x=no-such-program {video}", "there is no program 'no-such-program'"),
        (f"x={sys.executable} -c 'print(\"none\")' {{video}}", "printed no number but 'none'"),
        (f"x={sys.executable} -c 'import sys; print(3); sys.exit(4)' {{video}}", "ended with 4"),
    ],
)
def test_what_is_no_scorer_is_refused(words: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        command_scorer(words).apply(np.zeros((2, 16, 16, 3), np.uint8), 25.0)


def test_a_still_or_short_video_gives_no_clip(tmp_path: Path) -> None:
    write_film(tmp_path / "still.mp4", pictures(1) * 60)
    write_film(tmp_path / "short.mp4", pictures(20))
    assert clip_of(str(tmp_path / "still.mp4"), short_side_px=64) is None
    assert rows_of(str(tmp_path / "short.mp4"), {}, kinds=["jpeg"], short_side_px=64, seed=0) == []


def test_the_command_judges_a_program_on_a_folder(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    for number in range(2):
        write_film(videos / f"{number}.mp4", pictures(60, shade=90 + 20 * number))
    (videos / "broken.mp4").write_bytes(b"no video at all")
    job, out = get_job("benchmark-scorers"), tmp_path / "out"
    settings = validated(job.settings, {"command": [f"-size={SIZE_OF_FILE}"], "kinds": ["gaussian_blur"]})
    lines = job(videos, out, settings, Common())
    table = pd.read_parquet(out / "scores.parquet")
    assert table["video"].nunique() == 2 and set(table["kind"]) == {"none", "gaussian_blur"}
    # Sharp flat shapes take few bytes and their blurred edges many, so that here size sorts blur.
    figures_found = pd.read_parquet(out / "figures.parquet").set_index("test")
    assert figures_found.loc["ladders", "right"] == 1
    assert (out / "worst-size.png").stat().st_size > 0 and "ladder of gaussian_blur" in lines[0]
    assert job(videos, out, settings, Common()) == lines  # finished, not done again
    write_film(videos / "0.mp4", pictures(60, shade=170))
    with pytest.raises(InputError, match="from another input"):
        job(videos, out, settings, Common())
