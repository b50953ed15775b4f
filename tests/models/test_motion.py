"""The motion preset of speediness: curves of change, a distribution over segments, and both directions of time."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from tests.models.test_speediness import STEP, _moving_squares
from vqaprep.models.encoders.motion_curves import MotionCurves
from vqaprep.models.heads.segments import Segments, mirrored_pairs, mirrored_places
from vqaprep.models.speediness import PRESETS, Model, Settings
from vqaprep.speeds import tasks
from vqaprep.speeds.labels import Rates

MOTION = replace(PRESETS["motion"], num_frames=8, size_px=16, width=12, lags=3)


def test_curves_have_a_value_for_each_step_and_ignore_contrast() -> None:
    clip = torch.rand(2, 3, 8, 16, 16)
    curves = MotionCurves(3)(clip)
    assert curves.shape == (2, 12, 7)
    torch.testing.assert_close(MotionCurves(3)(0.5 * clip), curves, atol=0.05, rtol=0)
    assert MotionCurves(3)(torch.ones(1, 3, 8, 16, 16)).abs().max() < 1e-5  # a still clip has no motion and no NaN


def test_curves_of_a_clip_played_backwards_are_the_curves_backwards() -> None:
    clip = torch.rand(1, 3, 8, 16, 16)
    forth, back = MotionCurves(2)(clip), MotionCurves(2)(clip.flip(2))
    # Of each lag and size, the first channel starts at its frame and the second ends there.
    exchanged = forth.view(1, 2, 2, 2, 7).flip(3).flip(4).reshape(1, 8, 7)
    torch.testing.assert_close(back, exchanged)


def test_segments_are_one_distribution_whose_constants_are_no_change() -> None:
    speeds, places = (log.exp() for log in Segments(5, num_frames=16, pool=3).eval()(torch.randn(4, 5, 15)))
    torch.testing.assert_close(speeds.sum(1), torch.ones(4))
    torch.testing.assert_close(places.sum(1), torch.ones(4))
    torch.testing.assert_close(speeds[:, [0, 4, 8]].sum(1), places[:, -1])


def test_steps_before_and_after_the_change_decide() -> None:
    head = Segments(3, num_frames=16, pool=3)
    for parameter in head.parameters():
        torch.nn.init.zeros_(parameter)
    head.step.weight.data = torch.eye(3)[..., None]  # each feature is the score of one speed
    for first, second, frame in product(range(3), range(3), range(5, 11)):
        if first == second:
            continue
        steps = torch.full((1, 3, 15), -1.0)
        steps[:, first, :frame], steps[:, second, frame:] = 1, 1
        speeds, places = head(steps)
        assert (int(speeds.argmax()), int(places.argmax())) == (3 * first + second, frame - 5)


def test_mirrors_are_the_labels_of_the_rates_backwards() -> None:
    for first, second, frame in product((1, 2, 3), (1, 2, 3), (*range(5, 11), None)):
        if (first == second) != (frame is None):
            continue
        forth = tasks.label(Rates(first, second, frame), "fine", num_frames=16, pool=3)
        backwards = Rates(second, first, None if frame is None else 15 - frame)
        back = tasks.label(backwards, "fine", num_frames=16, pool=3)
        assert mirrored_pairs(torch.eye(9)[[forth.speed_class]], 3).argmax() == back.speed_class
        assert mirrored_places(torch.eye(7)[[forth.localization_class]]).argmax() == back.localization_class


def test_both_directions_of_time_give_one_prediction() -> None:
    model, clip = Model(MOTION).eval(), torch.rand(3, 3, 8, 16, 16)
    forth, back = model.predict({"clip": clip}), model.predict({"clip": clip.flip(2)})
    torch.testing.assert_close(mirrored_pairs(back["speed_class"], 3), forth["speed_class"])
    torch.testing.assert_close(mirrored_places(back["localization_class"]), forth["localization_class"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoder": "r3d_10"}, "head='segments' needs encoder='motion'"),
        ({"task": "coarse", "head": "mean", "has_localization": False}, "reverse must be False for task 'coarse'"),
        ({"lags": 8}, "lags=8 must be below num_frames=8"),
        ({"num_frames": 9}, "reverse needs num_frames that 3 does not divide, not 9"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(MOTION, **changes)


def test_the_pace_task_has_a_mean_head() -> None:
    model = Model(replace(MOTION, task="pace", head="mean", has_localization=False))
    batch = {"clip": torch.rand(4, 3, 8, 16, 16), "speed_class": torch.tensor([0, 1, 2, 0])}
    assert model.loss_on(batch, STEP).keys() == {"loss", "speed"}
    assert model.predict(batch)["speed_class"].shape == (4, 3)


def test_every_weight_of_the_preset_gets_gradient() -> None:
    model, rng = Model(MOTION), np.random.default_rng(0)
    torch.autograd.backward(model.loss_on(_moving_squares(8, rng), STEP)["loss"])
    assert [name for name, value in model.named_parameters() if value.grad is None or not value.grad.any()] == []
    assert isinstance(model.settings, Settings)


def test_the_preset_learns_speeds_and_places_of_a_moving_square() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    model = Model(replace(MOTION, dropout=0.0))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(120):
        optimizer.zero_grad()
        torch.autograd.backward(model.loss_on(_moving_squares(32, rng), STEP)["loss"])
        optimizer.step()
    batch = _moving_squares(300, rng)
    with torch.no_grad():
        predicted = model.eval().predict(batch)
    places = predicted["localization_class"].argmax(dim=1) == batch["localization_class"]
    speeds = predicted["speed_class"].argmax(dim=1) == batch["speed_class"]
    assert speeds.float().mean() > 0.6  # a ninth by chance
    assert places.float().mean() > 0.6  # a fifth by chance
