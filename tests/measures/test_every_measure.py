"""What every measure of damage must do; a new one is tested by being there."""

from math import isfinite

import numpy as np
import pytest

from tests.films import pictures
from vqaprep import measures
from vqaprep.errors import InputError
from vqaprep.measures import Frames, Measure
from vqaprep.shards.settings import ShardSettings
from vqaprep.training.settings import TrainSettings

REFERENCE: Frames = np.stack(pictures(3))
MOVING: Frames = np.stack(pictures(12))
FREEZES: tuple[list[int], ...] = ([], [4], [2, 3, 4, 5, 9])


@pytest.fixture(params=measures.names())
def one(request: pytest.FixtureRequest) -> Measure:
    """Each measure in turn."""
    return measures.get(request.param)


def noisy(amount: int) -> Frames:
    noise = np.random.default_rng(1).integers(-amount, amount + 1, REFERENCE.shape)
    return np.asarray(np.clip(REFERENCE + noise, 0, 255), np.uint8)


def damaged(one: Measure) -> tuple[Frames, list[Frames]]:
    """Return a reference, and clips that are damaged not at all, somewhat and much, in the way that `one` notices."""
    if one.damages == "pixels":
        return REFERENCE, [REFERENCE, noisy(20), noisy(80)]
    return MOVING, [held(frames) for frames in FREEZES]


def held(frames: list[int]) -> Frames:
    """Return the moving clip with the picture before shown again at `frames`."""
    clip = MOVING.copy()
    for frame in frames:
        clip[frame] = clip[frame - 1]
    return clip


def test_it_says_what_it_is(one: Measure) -> None:
    assert measures.get(one.name) is one
    assert one.summary.endswith(".") and one.citation and one.title
    assert one.better in ("higher", "lower")
    assert str(round(12.3456, one.digits)) in one.as_text(12.3456) or one.digits == 0


def test_its_value_follows_the_damage_and_is_the_same_at_every_call(one: Measure) -> None:
    sign = 1 if one.better == "higher" else -1
    reference, clips = damaged(one)
    values = [sign * one.apply(reference, clip, 25.0) for clip in clips]
    assert values[0] > values[1] > values[2]
    assert isfinite(values[1])
    assert sign * one.apply(reference, clips[1], 25.0) == values[1]


def test_it_changes_neither_clip(one: Measure) -> None:
    reference, distorted = REFERENCE.copy(), noisy(20)
    before = distorted.copy()
    one.apply(reference, distorted, 25.0)
    np.testing.assert_array_equal(reference, REFERENCE)
    np.testing.assert_array_equal(distorted, before)


def test_it_can_be_stored_and_learned(one: Measure) -> None:
    assert ShardSettings(measure=(one.name,)).measure == (one.name,)
    assert TrainSettings(system="quality", target=one.name).target == one.name


def test_an_unknown_measure_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match="Did you mean 'psnr'"):
        measures.get("psn")
    with pytest.raises(InputError, match="Did you mean 'vmaf'"):
        ShardSettings(measure=("vmaff",))
    with pytest.raises(InputError, match="Did you mean 'mos'"):
        TrainSettings(system="quality", target="moss")
