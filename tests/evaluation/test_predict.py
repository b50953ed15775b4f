"""Predictions stand beside the truth of the right example, and every kind of system can be asked."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.evaluation.conftest import NUM_FRAMES, MakeRun
from vqaprep.distortions import PRESETS
from vqaprep.errors import InputError
from vqaprep.evaluation.predict import clips, features, predictions, standardized, with_shares
from vqaprep.evaluation.scorers import Scorer
from vqaprep.evaluation.trained import load_run
from vqaprep.jobs import Common, get_job
from vqaprep.rows import Video
from vqaprep.shards.read import ShardReader
from vqaprep.training.augment import to_float
from vqaprep.training.checkpoint import META
from vqaprep.training.examples.clip import Clip
from vqaprep.training.examples.versions import Versions


def brightness(frames: np.ndarray, rate_fps: float) -> float:
    return float(frames.mean())


BRIGHTNESS = Scorer("brightness", brightness, "brightness", "higher", "none", "Mean of all pixels.", 1)


def test_a_row_holds_what_is_true_of_its_example(shards: Path, films: list[Video], make_run: MakeRun) -> None:
    found, shares = predictions(load_run(make_run("ssl_v3")), shards, split="test", batch=4)
    truth = {film.video_id: ("xy".index(film.label or ""), film.mos) for film in films[3:]}
    assert len(found) == 6 and set(found["video_id"]) == set(truth)
    for row in found.to_dict("records"):
        assert (row["label"], row["mos"]) == truth[row["video_id"]]
    np.testing.assert_array_equal(found["said_label"], shares["label"].argmax(axis=1))


def test_predictions_do_not_depend_on_the_batch(shards: Path, make_run: MakeRun) -> None:
    trained = load_run(make_run("ssl_v3"))
    one, many = (predictions(trained, shards, split=None, batch=batch)[0] for batch in (1, 5))
    np.testing.assert_allclose(one["said_quality"], many["said_quality"], atol=1e-5)


@pytest.mark.parametrize("batch", [1, 4])
def test_what_is_known_of_some_is_told_of_them_in_any_batch(shards: Path, make_run: MakeRun, batch: int) -> None:
    trained = load_run(make_run("ssl_v3"))
    trained = replace(trained, kind=Clip(num_frames=NUM_FRAMES, is_training=False, classes=("x", "never seen")))
    found, _ = predictions(trained, shards, split="test", batch=batch)
    assert found["label"].notna().sum() == 2  # one film of three is of class x
    assert (found["label"].dropna() == 0).all()


def test_scorers_see_the_very_clips(shards: Path, make_run: MakeRun) -> None:
    trained = load_run(make_run("dualpath_vqa"))
    found, _ = predictions(trained, shards, split="test", batch=4, scorers=lambda: {"brightness": BRIGHTNESS})
    for number, (key, frames, clip) in enumerate(clips(trained, shards, split="test", num=99)):
        assert found["key"][number] == key
        assert found["measured_brightness"][number] == pytest.approx(frames.mean())
        np.testing.assert_allclose(clip.cpu().numpy() * 255, np.moveaxis(frames, 3, 0), atol=1e-3)


def test_what_is_said_of_several_crops_is_their_mean(shards: Path, make_run: MakeRun) -> None:
    trained = load_run(make_run("ssl_v3"))
    found, shares = predictions(
        trained, shards, split="test", batch=4, crops=2, scorers=lambda: {"brightness": BRIGHTNESS}
    )
    whole = ShardReader(shards, split="test").view(0, ShardReader(shards, split="test").record(0)["views"][0])
    side = trained.crop_px or 0
    corners = [whole[:, y, x] for y in (slice(side), slice(-side, None)) for x in (slice(side), slice(-side, None))]
    said = trained.predict({"clip": to_float(torch.from_numpy(np.stack(corners)))})
    assert found["said_quality"][0] == pytest.approx(said["quality"].mean().item(), abs=1e-5)
    np.testing.assert_allclose(shares["label"][0], said["label"].mean(dim=0), atol=1e-5)
    assert found["measured_brightness"][0] == pytest.approx(np.mean([corner.mean() for corner in corners]))


@pytest.mark.parametrize("system", ["pace_vqa", "simplevqa", "speediness"])
def test_every_view_is_seen_in_crops(system: str, damaged: Path, shards: Path, make_run: MakeRun) -> None:
    on = damaged if system == "pace_vqa" else shards
    trained = load_run(make_run(system, on=on))
    centre, crops = (predictions(trained, on, split=None, batch=4, crops=crops)[0] for crops in (1, 3))
    said = [name for name in centre if str(name).startswith("said_")]
    assert list(centre["key"]) == list(crops["key"]) and said and crops[said].notna().all(axis=None)


def test_nothing_is_measured_where_no_quality_is_said(shards: Path, make_run: MakeRun) -> None:
    def unavailable() -> dict[str, Scorer]:
        raise AssertionError("its weights may not be on this machine")

    trained = load_run(make_run("action"))
    found, _ = predictions(trained, shards, split="test", batch=4, scorers=unavailable)
    assert len(found) == 6


def test_probabilities_become_columns_by_name(shards: Path, make_run: MakeRun) -> None:
    trained = load_run(make_run("ssl_v3"))
    found, shares = predictions(trained, shards, split="test", batch=4)
    wide = with_shares(found, shares, trained)
    np.testing.assert_array_equal(wide[["label=x", "label=y"]], shares["label"])


def test_clips_are_spread_over_the_split(shards: Path, make_run: MakeRun) -> None:
    keys = ShardReader(shards, split="test").column("key")
    found = [key for key, _, _ in clips(load_run(make_run("action")), shards, split="test", num=2)]
    assert found == [keys[0], keys[-1]]


def test_other_weights_say_otherwise(shards: Path, make_run: MakeRun) -> None:
    run = make_run("ssl_v3")
    ours, fresh = (predictions(load_run(run, fresh=f), shards, split="test", batch=4)[0] for f in (False, True))
    assert list(ours["key"]) == list(fresh["key"])
    assert not np.allclose(ours["said_quality"], fresh["said_quality"])


@pytest.mark.parametrize("system", ["action", "simplevqa", "speediness"])
def test_every_view_has_features(system: str, shards: Path, make_run: MakeRun) -> None:
    found, records = features(load_run(make_run(system)), shards, split="test", batch=4)
    assert found.ndim == 2 and len(found) == len(records) == 6
    assert np.isfinite(found).all()


def test_two_draws_of_fragments_are_scored_by_the_first(fragments: Path, make_run: MakeRun) -> None:
    found, _ = predictions(load_run(make_run("ssl_vqa", on=fragments)), fragments, split=None, batch=2)
    assert sorted(found["mos"]) == [3, 3, 4, 4]
    assert np.isfinite(found["said_quality"]).all()


def test_both_scores_of_ssl_vqa_have_a_say_once_standardized(fragments: Path, make_run: MakeRun) -> None:
    found, _ = predictions(load_run(make_run("ssl_vqa", on=fragments)), fragments, split=None, batch=2)
    parts, names = found[["said_regressed", "said_measured"]], ("regressed", "measured")
    np.testing.assert_allclose(found["said_quality"], parts.mean(axis=1), atol=1e-6)
    scaled = standardized(found.assign(said_regressed=[1.0, 2, 3, 4], said_measured=[0.4, 0.2, 0.2, 0.2]), names)
    z = np.sqrt([9 / 5, 1 / 5, 1 / 5, 9 / 5]) * [-1, -1, 1, 1], np.array([3, -1, -1, -1]) / np.sqrt(3)
    np.testing.assert_allclose(scaled["said_quality"], np.mean(z, axis=0), atol=1e-9)
    constant = standardized(found.assign(said_regressed=[1.0, 2, 3, 4], said_measured=0.5), names)
    np.testing.assert_allclose(constant["said_quality"], z[0] / 2, atol=1e-9)


def test_one_score_alone_is_not_joined(shards: Path, make_run: MakeRun, tmp_path: Path) -> None:
    job = get_job("evaluate")
    with pytest.raises(InputError, match="ssl_v3 gives one; leave it out"):
        job.run(make_run("ssl_v3"), tmp_path / "out", job.settings(shards=shards, fuse="z"), Common())
    assert not (tmp_path / "out").exists()


def test_a_row_names_the_distortion_that_was_scored(damaged: Path, make_run: MakeRun) -> None:
    found, _ = predictions(load_run(make_run("pace_vqa", on=damaged)), damaged, split=None, batch=4, draws=4)
    kinds = [PRESETS["vqa5"][number] for number in found["distortion"]]
    assert found["distortion_name"].tolist() == kinds and set(kinds) == {"contrast", "gaussian_blur"}
    assert set(found["level"]) == {2}


def test_an_undistorted_version_is_as_good_as_its_reference(fragments: Path, make_run: MakeRun) -> None:
    trained = load_run(make_run("st_vqrl", on=fragments))
    alone = replace(trained, kind=Versions(num_frames=NUM_FRAMES, is_training=False, num_versions=1))
    found, _ = predictions(alone, fragments, split=None, batch=2)
    np.testing.assert_allclose(found["said_quality"], 1, atol=1e-3)
    assert len(features(alone, fragments, split=None, batch=2)[0]) == 4


def test_the_meta_of_version_1_is_converted(make_run: MakeRun) -> None:
    run = make_run("ssl_v3")
    meta = json.loads((run / META).read_text(encoding="utf-8"))
    del meta["version"], meta["example"]
    meta["ask"] = {
        "views": "clip", "target": "mos", "classes": ["x", "y"], "subjects": ["s0"], "kinds": ["contrast"],
        "task": "fine", "num_frames": 8, "pool": 3, "versions": 10, "segments": 8, "needs": "label",
        "classes_first": False, "change_jitter": 0, "same_batch": False, "view": "spatial", "is_training": True,
    }  # fmt: skip
    (run / META).write_text(json.dumps(meta), encoding="utf-8")
    assert load_run(run).kind == Clip(num_frames=8, is_training=False, classes=("x", "y"), subjects=("s0",))


def test_a_run_of_an_earlier_version_says_so(make_run: MakeRun) -> None:
    run = make_run("ssl_v3")
    meta = json.loads((run / META).read_text(encoding="utf-8"))
    del meta["stored"]
    (run / META).write_text(json.dumps(meta), encoding="utf-8")
    with pytest.raises(InputError, match="an earlier version; train it again"):
        load_run(run)
