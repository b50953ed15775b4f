"""Metrics belong to the labels that are known, baselines stand on the same clips, retrieval finds its own kind."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.conftest import MakeRun
from vqaprep.errors import InputError
from vqaprep.evaluation.protocols import baselines, leads, retrieval, scores, table
from vqaprep.jobs import Common, get_job
from vqaprep.packages import weights
from vqaprep.report.gather import load
from vqaprep.report.learning import evaluation
from vqaprep.settings import validated


def frame(num_videos: int = 12, clips: int = 3, *, noise: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Return predictions of quality that follow the truth up to `noise`."""
    rng = np.random.default_rng(seed)
    mos = np.repeat(np.arange(num_videos, dtype=float), clips)
    videos = [f"v{number:02d}" for number in mos.astype(int)]
    said = mos + noise * rng.normal(size=len(mos))
    return pd.DataFrame(
        {"video_id": videos, "subject_id": videos, "distortion_name": "none", "mos": mos, "said_quality": said}
    )


def quality(found: pd.DataFrame) -> dict[str, Any]:
    clips: dict[str, Any] = scores(found, {}, mapping="none")["quality"]["clips"]
    return clips


def test_the_interval_holds_the_correlation_and_shrinks_with_certainty() -> None:
    sure, unsure = (quality(frame(noise=noise)) for noise in (1.0, 6.0))
    for found in (sure, unsure):
        assert found["srocc_low_95"] < found["srocc"] < found["srocc_high_95"]
    assert sure["srocc_high_95"] - sure["srocc_low_95"] < unsure["srocc_high_95"] - unsure["srocc_low_95"]


def test_the_interval_draws_videos_not_clips() -> None:
    """Repeating each clip adds nothing that is known."""
    few, many = (quality(frame(10, clips).assign(said_quality=_of_video(clips))) for clips in (1, 8))
    assert many["srocc_low_95"] == pytest.approx(few["srocc_low_95"], abs=0.05)


def _of_video(clips: int) -> np.ndarray:
    return np.repeat(np.random.default_rng(3).permutation(10) + np.arange(10), clips)


def test_one_video_has_no_interval() -> None:
    found = frame(1, 4).assign(mos=[1.0, 2, 3, 4], said_quality=[1.0, 2, 3, 4])
    assert np.isnan(quality(found)["srocc_low_95"]) and quality(found)["srocc"] == pytest.approx(1)


def test_examples_without_truth_do_not_count() -> None:
    found = frame(noise=2.0)
    holes = pd.concat([found, found.assign(mos=np.nan, said_quality=99.0)], ignore_index=True)
    assert quality(holes) == quality(found)
    labels = found.assign(label=np.r_[np.zeros(18), np.ones(18)], said_label=0)
    labels.loc[labels.index[18:27], "label"] = np.nan
    shares = np.tile(np.array([0.9, 0.1], np.float32), (36, 1))
    assert scores(labels, {"label": shares}, mapping="none")["label"]["accuracy"] == pytest.approx(18 / 27)


def test_baselines_are_turned_so_that_higher_is_better() -> None:
    found = frame(noise=1.0).assign(measured_brisque=lambda f: 100 - f["mos"], measured_niqe=np.nan)
    found.loc[0, "measured_brisque"] = np.nan
    made = baselines(found, (frame(noise=50.0), {}), mapping="none")
    assert set(made) == {"random weights", "BRISQUE"}
    brisque = made["BRISQUE"]["quality"]["clips"]
    assert brisque["srocc"] == pytest.approx(1) and brisque["num_videos"] == len(found) - 1
    assert brisque["lead_high_95"] <= 0
    assert made["random weights"]["quality"]["clips"]["lead_low_95"] > 0


def test_a_lead_over_itself_is_none() -> None:
    found = frame(noise=3.0)
    assert leads(found, found["said_quality"].to_numpy()) == (0, 0)


def test_the_table_puts_baselines_below_the_run() -> None:
    found = frame(noise=1.0).assign(measured_brisque=1.0)
    metrics = scores(found, {}, mapping="none")
    assert "method" not in table(metrics)[0]
    metrics["baselines"] = baselines(found, (frame(noise=50.0), {}), mapping="none")
    rows = [(row["method"], row["label"]) for row in table(metrics)]
    names = ("this run", "random weights", "BRISQUE")
    assert rows == [(name, f"quality ({part})") for name in names for part in ("clips", "videos", "pairs")]


def features(videos: str, labels: str | None, *, clips: int = 2) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Return features that point to the letter of the label, or of the video where there is none."""
    names = [name for name in videos for _ in range(clips)]
    marks = list(np.repeat(list(labels), clips)) if labels else [None] * len(names)
    points = np.array([ord(str(mark or name)) for mark, name in zip(marks, names, strict=True)])
    found = np.stack([points == code for code in range(97, 123)], axis=1).astype(np.float32)
    labels_of = zip(names, marks, strict=True)
    return found, [{"key": f"{i}", "video_id": n, "label": m and str(m)} for i, (n, m) in enumerate(labels_of)]


def test_retrieval_finds_the_label_among_other_videos() -> None:
    found = retrieval(features("abcdef", "xyzxyz"), features("gh", "xq"))
    assert found == {"by": "label", "num_gallery": 6, "num_queries": 2, "R@1": 0.5, "R@5": 0.5}


def test_without_labels_a_clip_finds_its_own_video() -> None:
    query = features("abcdef", None, clips=3)
    found = retrieval(query, query)
    assert (found["by"], found["num_gallery"], found["num_queries"], found["R@1"]) == ("video", 12, 6, 1)
    with pytest.raises(InputError, match="cut more clips"):
        retrieval(features("abc", None, clips=1), features("abc", None, clips=1))


def test_variants_of_one_scene_do_not_find_each_other() -> None:
    points, records = features("abc", None, clips=4)
    scenes = [record | {"key": f"{i // 2}"} for i, record in enumerate(records)]  # two variants of two scenes
    points[np.arange(len(points)) // 2 % 2 == 1] = 1.0  # second scenes look like nothing known
    assert retrieval((points, scenes), (points, scenes))["R@1"] < 1
    with pytest.raises(InputError, match="cut more clips"):
        alone = [record | {"key": record["video_id"]} for record in records]
        retrieval((points, alone), (points, alone))


def evaluate(run: Path, shards: Path, out: Path, **settings: Any) -> list[str]:
    job = get_job("evaluate")
    return job.run(run, out, job.settings(shards=shards, **settings), Common())


def test_evaluation_with_everything(
    shards: Path, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    made = {"sv": rng.normal(size=(3, 36)), "sv_coef": rng.normal(size=3), "gamma": 0.05, "rho": 0.0}
    np.savez(tmp_path / "b.npz", **made, feat_min=np.zeros(36), feat_range=np.ones(36))  # type: ignore[arg-type]  # its stub
    monkeypatch.setattr(weights, "weights_path", lambda name: tmp_path / "b.npz")
    out = tmp_path / "out"
    lines = evaluate(make_run("ssl_v3"), shards, out, baselines=True, retrieval=True, tsne=True)
    metrics = json.loads((out / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"random weights", "BRISQUE"}  # 32 px are too small for NIQE
    assert metrics["label"]["classes"] == ["x", "y"] and metrics["retrieval"]["num_gallery"] == 3
    assert "retrieval by label" in lines[1] and "BRISQUE" in lines[1]
    assert {"label=x", "label=y", "measured_brisque"} <= set(pd.read_parquet(out / "predictions.parquet"))
    section = evaluation(load(out))
    assert section is not None
    first, *_, figures = section.blocks
    assert [row[0] for row in first.rows if row[1] == "quality (clips)"] == ["this run", "random weights", "BRISQUE"]
    assert [picture.caption for picture in figures.pictures] == ["tsne"]
    (matrix,) = next(block for block in section.blocks if block.kind == "row").blocks
    assert matrix.names == ["x", "y"]


def test_a_split_without_samples_leaves_the_folder_to_the_next_try(
    shards: Path, make_run: MakeRun, tmp_path: Path
) -> None:
    run, out = make_run("action"), tmp_path / "out"
    with pytest.raises(InputError, match="no sample in split 'val'"):
        evaluate(run, shards, out, split="val")
    assert not out.exists()


@pytest.mark.parametrize("system", ["action", "ssl_vqa"])
def test_saliency_leaves_films(system: str, shards: Path, fragments: Path, make_run: MakeRun, tmp_path: Path) -> None:
    on, out = (fragments if system == "ssl_vqa" else shards), tmp_path / "out"
    evaluate(make_run(system, on=on), on, out, saliency=2, split="test")
    films = sorted((out / "media").iterdir())
    assert [film.suffix for film in films] == [".mp4", ".mp4"]
    assert (out / "saliency.png").is_file()


def test_a_system_without_maps_draws_none(shards: Path, make_run: MakeRun, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="shows no map"):
        evaluate(make_run("ssl_v3"), shards, tmp_path / "out", saliency=1)
    assert not (tmp_path / "out").exists()


def test_the_gallery_is_not_its_own_query(tmp_path: Path) -> None:
    settings = get_job("evaluate").settings
    with pytest.raises(InputError, match="give --split val or test"):
        validated(settings, {"shards": tmp_path, "retrieval": True, "split": "train"})


def test_the_positive_class_is_the_one_asked_for() -> None:
    """Two of three of class 0 are found, and all of class 1: which is sensitivity depends on who is sought."""
    label, said = [0, 0, 0, 1, 1], [0, 0, 1, 1, 1]
    found = pd.DataFrame({"video_id": list("abcde"), "subject_id": list("abcde"), "label": label, "said_label": said})
    shares = {"label": np.eye(2, dtype=np.float32)[said]}
    for positive, sensitivity, specificity in ((0, 2 / 3, 1.0), (1, 1.0, 2 / 3)):
        scored = scores(found, shares, mapping="none", positive=positive)["label"]
        for part in ("clips", "subjects"):
            assert scored[part]["sensitivity"] == pytest.approx(sensitivity)
            assert scored[part]["specificity"] == pytest.approx(specificity)


def test_a_video_has_the_class_of_the_mean_softmax_of_its_clips() -> None:
    shares = np.array([[0.4, 0.6, 0.0], [0.4, 0.6, 0.0], [1.0, 0.0, 0.0], [0.0, 0.1, 0.9]], np.float32)
    found = pd.DataFrame({"video_id": list("aaab"), "subject_id": list("aaab"), "label": [0, 0, 0, 1]})
    found["said_label"] = shares.argmax(axis=1)
    scored = scores(found, {"label": shares}, mapping="none")["label"]
    assert scored["accuracy"] == pytest.approx(0.25)  # two of the clips say class 1
    assert scored["videos"]["accuracy"] == pytest.approx(0.5)


def test_pairs_are_scored_by_source_and_ties_do_not_count() -> None:
    said, mos = [3.0, 1.0, 2.0, 4.0], [3.0, 2.0, 1.0, 3.0]
    found = frame(4, 1).assign(said_quality=said, mos=mos, group_id=["p", "p", "q", "q"])
    pairs = scores(found, {}, mapping="none")["quality"]["pairs"]
    assert pairs["accuracy_same_source"] == 1.0
    assert pairs["accuracy_other_source"] == pytest.approx(2 / 3)  # of four, one is a tie


def test_quality_is_told_by_theme_where_there_are_several() -> None:
    found = frame(6, 2, noise=1.0).assign(theme=["h264"] * 6 + ["mpeg2"] * 6)
    themes = scores(found, {}, mapping="none")["quality"]["themes"]
    assert set(themes) == {"h264", "mpeg2"} and themes["h264"]["num_videos"] == 6
