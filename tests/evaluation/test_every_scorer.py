"""What every scorer must do; a new one is tested by being there."""

from math import isnan

import numpy as np
import pytest

from tests.films import pictures
from vqaprep.errors import InputError
from vqaprep.evaluation import scorers
from vqaprep.evaluation.scorers import Frames, Scorer

CLIP: Frames = np.tile(np.stack(pictures(8)), (1, 2, 2, 1))


@pytest.fixture(params=scorers.names())
def one(request: pytest.FixtureRequest) -> Scorer:
    """Each scorer in turn whose weights are on this machine."""
    found = scorers.get(request.param)
    if found.name not in scorers.all_for(None):
        pytest.skip("its weights are not to be had")
    return found


def test_it_says_what_it_is(one: Scorer) -> None:
    assert scorers.get(one.name) is one
    assert one.summary.endswith(".") and one.citation and one.title
    assert one.better in ("higher", "lower")


def test_it_gives_the_same_number_at_every_call_and_changes_no_clip(one: Scorer) -> None:
    clip = CLIP.copy()
    score = one.apply(clip, 25.0)
    assert isinstance(score, float) and not isnan(score)
    assert one.apply(clip, 25.0) == score
    np.testing.assert_array_equal(clip, CLIP)


def test_it_scores_the_smallest_clip_that_it_allows(one: Scorer) -> None:
    assert isinstance(one.apply(CLIP[:3, : one.least_px, : one.least_px], 25.0), float)


def test_clips_of_a_side_are_scored_by_those_that_allow_it(caplog: pytest.LogCaptureFixture) -> None:
    assert set(scorers.all_for(32)) <= {"brisque"}
    assert "NIQE is left out: clips are of 32 px, it needs 96" in caplog.text


def test_a_scorer_without_weights_is_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(frames: Frames, rate_fps: float) -> float:
        raise InputError("no network")

    def get(name: str) -> Scorer:
        return Scorer(name, fails, name.upper(), "lower", "none", "None.", 1)

    monkeypatch.setattr(scorers, "get", get)
    assert scorers.all_for(None) == {}
    assert "BRISQUE is left out: no network" in caplog.text


def test_an_unknown_scorer_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match="Did you mean 'niqe'"):
        scorers.get("nige")
