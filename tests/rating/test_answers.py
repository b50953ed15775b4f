"""Files of answers and plans of tests are read, or refused with the value, what is allowed and what to do."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vqaprep
from tests.calling import call
from vqaprep.errors import InputError
from vqaprep.rating.answers import FORMAT, matrix, read_answers
from vqaprep.rating.plan import Stimulus, all_pairs, chosen_pairs, plan_of


def answer(video: str, score: int | None, **more: Any) -> dict[str, Any]:
    return {"kind": "test", "videos": [video], "reference": None, "score": score, "dropped_frames": 0} | more


def write(folder: Path, code: str, *answers: dict[str, Any], **more: Any) -> Path:
    told = {"format": FORMAT, "study": "s1", "method": "acr", "rater": code, "answers": answers, "is_complete": True}
    path = folder / f"ratings-s1-{code}.json"
    path.write_text(json.dumps(told | more), encoding="utf-8")
    return path


def test_answers_become_a_matrix_without_practice_and_with_the_mean_of_repeated_ratings(tmp_path: Path) -> None:
    write(tmp_path, "R1", answer("a", 5, kind="training"), answer("a", 4), answer("a", 2), answer("b", 1))
    write(tmp_path, "R2", answer("b", 3), answer("c", None, error="no codec"), checks={"is_scaled": True})
    videos, raters, scores = matrix(read_answers(tmp_path))
    assert (videos, raters) == (["a", "b"], ["R1", "R2"])
    np.testing.assert_array_equal(scores, [[3, np.nan], [1, 3]])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "other"}, "has the format 'other'"),
        ({"rater": ""}, "names the rater ''"),
        ({"rater": 7}, "names the rater 7"),
        ({"answers": [answer("a", 6)]}, r"has the score 6; allowed are 1 \(bad\) to 5"),
        ({"answers": [answer("a", True)]}, "has the score True"),
        ({"answers": 3}, "is no file of answers"),
        ({"answers": [{"kind": "test", "videos": ["a", "b"], "choice": 2}]}, "has the choice 2 between 'a' and 'b'"),
        ({"answers": [{"kind": "test", "videos": ["a"], "choice": 1}]}, "is no file of answers"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    path = write(tmp_path, "R1", answer("a", 3), **change)
    with pytest.raises(InputError, match=words) as refused:
        read_answers(tmp_path)
    assert path.name in str(refused.value)


def test_no_answers_two_files_of_one_rater_and_two_methods_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no answers"):
        read_answers(tmp_path)
    write(tmp_path, "R1", answer("a", 3)).rename(tmp_path / "first.json")
    second = write(tmp_path, "R1", answer("a", 4))
    with pytest.raises(InputError, match="both of rater 'R1'"):
        read_answers(tmp_path)
    second.unlink()
    write(tmp_path, "R2", {"kind": "test", "videos": ["a", "b"], "choice": 0}, method="pc")
    with pytest.raises(InputError, match="mixes the methods acr and pc"):
        read_answers(tmp_path)
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.json is no file of answers"):
        read_answers(tmp_path)


def test_a_table_of_ratings_of_another_tool_is_scored_and_its_result_is_a_label_table(tmp_path: Path) -> None:
    table = tmp_path / "ratings.csv"
    lines = [f"R{r};v{v}.mp4;{min(5, 1 + v)},0" for r in range(4) for v in range(5)]
    table.write_text("\n".join(["Observer;Video;Score", *lines]), encoding="utf-8")
    assert call("mos", table, "-o", tmp_path / "out") == 0
    text = (tmp_path / "out" / "mos.csv").read_text(encoding="utf-8")
    assert text.splitlines()[:2] == ["video_name,MOS,SD,CI95,num_ratings", "v0.mp4,1,0,0,4"]
    assert call("mos", table, "-o", tmp_path / "out") == 0
    assert call("mos", table, "-o", tmp_path / "out", "--model", "sureal") == 2
    assert call("mos", table, "-o", tmp_path / "out", "--model", "sureal", "--force") == 0


def test_options_that_nothing_would_use_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "answers").mkdir()
    write(tmp_path / "answers", "R1", {"kind": "test", "videos": ["a", "b"], "choice": 0}, method="pc")
    words = ("mos", tmp_path / "answers", "-o", tmp_path / "out")
    assert call(*words, "--model", "sureal") == 2
    assert "--model is for scores" in capsys.readouterr().err
    assert call(*words, "--least-correlation", 0.5) == 2
    assert "--screen p910 only" in capsys.readouterr().err
    assert call("mos", tmp_path / "answers", "-o", tmp_path / "answers" / "out") == 2, "OUT lies in what is read"
    assert call(*words) == 0


def test_scores_are_a_function_of_python_too(tmp_path: Path) -> None:
    table = tmp_path / "ratings.csv"
    table.write_text("rater,video,score\nR1,a,4\nR1,b,2\nR2,a,5\nR2,b,2\n", encoding="utf-8")
    scores = vqaprep.mos(table, tmp_path / "out", screen="none")
    assert scores.set_index("video_name")["MOS"].to_dict() == {"a": 4.5, "b": 2.0}


def test_the_model_leaves_out_who_rated_next_to_nothing_and_one_rating_has_no_interval(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "ratings.csv"
    lines = [f"R{r},v{v},{1 + (v + r) % 5}" for r in range(4) for v in range(8)] + ["Z,v0,5"]
    table.write_text("\n".join(["rater,video,score", *lines]), encoding="utf-8")
    assert call("mos", table, "-o", tmp_path / "1", "--model", "sureal", "--screen", "none") == 0
    assert "left out: Z: 1 ratings are too few for the model (least 5)" in capsys.readouterr().out
    table.write_text("rater,video,score\nR1,a,4\nR2,b,3\n", encoding="utf-8")
    for number, model in enumerate(("mean", "sureal"), start=2):
        assert call("mos", table, "-o", tmp_path / str(number), "--model", model) == 0
        assert "no interval" in capsys.readouterr().out or model == "sureal"


def test_a_table_with_a_wrong_score_or_column_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "ratings.csv"
    table.write_text("rater,video,score\nR1,a,4\nR1,b,seven\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"(row|line) 3 has the score 'seven'; allowed are 1"):
        read_answers(table)
    table.write_text("rater,clip,score\nR1,a,4\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column video"):
        read_answers(table)


NAMES = ["a.mp4", "b.mp4", "c.mp4", "d.mp4", "t.mp4"]


def plan(folder: Path, *rows: str) -> list[Stimulus]:
    path = folder / "plan.csv"
    path.write_text("\n".join(["video_name,reference,training", *rows]), encoding="utf-8")
    return plan_of(NAMES, path)


def test_a_plan_names_practice_and_hidden_references(tmp_path: Path) -> None:
    stimuli = plan(tmp_path, "a,d.mp4,", "b.mp4,d,no", "t.mp4,,yes")
    assert set(stimuli) == {
        Stimulus("a.mp4", "d.mp4"), Stimulus("b.mp4", "d.mp4"), Stimulus("d.mp4", "d.mp4"),
        Stimulus("t.mp4", None, True),
    }  # fmt: skip
    assert len(all_pairs(stimuli)) == 3
    assert len(all_pairs(plan_of(NAMES, None))) == 10
    pairs = chosen_pairs(stimuli, 4, [("d.mp4", "a.mp4")])
    assert len(pairs) == 4 and all("t.mp4" not in pair for pair in pairs)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (("x.mp4,,",), "'x.mp4' is none of the videos"),
        (("a.mp4,y.mp4,",), "'y.mp4' is none of the videos"),
        (("a.mp4,,perhaps",), "training is 'perhaps'; allowed are yes and no"),
        (("a.mp4,,yes",), "names no video to rate"),
    ],
)
def test_a_wrong_plan_is_refused(tmp_path: Path, rows: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        plan(tmp_path, *rows)


def test_answers_about_other_videos_choose_no_pairs() -> None:
    with pytest.raises(InputError, match=r"about 'z\.mp4', which is not in this test"):
        chosen_pairs([Stimulus("a.mp4"), Stimulus("b.mp4")], 1, [("z.mp4", "a.mp4")])
