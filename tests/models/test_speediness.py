"""Speediness: sizes and weights are the thesis's, and a small network learns the task."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from vqaprep.models import ssl_v3
from vqaprep.models._step import BatchStep
from vqaprep.models.speediness import PRESETS, Model, Settings
from vqaprep.speeds import tasks
from vqaprep.speeds.labels import change_range, draw
from vqaprep.speeds.tasks import label, num_classes

STEP = BatchStep(epoch=0, index=0, is_last=False)
COARSE = replace(PRESETS["tiny"], task="coarse", has_localization=False)
ALONE = replace(PRESETS["tiny"], has_localization=False, w_ctr=0)


def _batch(settings: Settings, *, size: int = 4) -> dict[str, Tensor]:
    clip, key = torch.rand(2, size, 3, settings.num_frames, settings.size_px, settings.size_px)
    index = torch.arange(size)
    return {"clip": clip, "key": key, "speed_class": index, "localization_class": index % 2}


def test_default_tells_nine_classes_and_seven_places() -> None:
    assert Settings().num_speed_classes == 9
    assert Settings().num_localization_classes == 7


@pytest.mark.parametrize(("num_frames", "places"), [(16, 7), (12, 6), (9, 5)])
def test_places_are_those_that_the_labels_have(num_frames: int, places: int) -> None:
    low, high = change_range(num_frames)
    assert Settings(num_frames=num_frames).num_localization_classes == places == high - low + 2


@pytest.mark.parametrize("settings", [Settings(), Settings(pool=4), Settings(task="pattern"), COARSE])
def test_classes_are_those_that_the_labels_have(settings: Settings) -> None:
    assert settings.num_speed_classes == num_classes(settings.task, settings.pool)


@pytest.mark.parametrize(("settings", "weight"), [(PRESETS["tiny"], 0.5), (COARSE, 0.25)])
def test_total_is_the_sum_with_the_weight_of_the_task(settings: Settings, weight: float) -> None:
    losses = Model(settings).loss_on(_batch(settings), STEP)
    expected = losses["speed"] + weight * losses["contrast"] + losses.get("localization", torch.zeros(()))
    torch.testing.assert_close(losses["loss"].detach(), expected)


def test_localization_of_the_coarse_task_is_refused() -> None:
    with pytest.raises(ValueError, match="has_localization must be False"):
        Settings(task="coarse")


def test_without_contrast_no_key_is_needed_or_kept() -> None:
    model, batch = Model(ALONE), _batch(ALONE)
    del batch["key"]
    assert model.loss_on(batch, STEP).keys() == {"loss", "speed"}
    assert {name.split(".")[0] for name, _ in model.named_parameters()} == {"encoder", "speed"}
    assert model.eval().predict(batch).keys() == {"speed_class"}


def test_paper_feature_map_is_512_by_2_by_7_by_7() -> None:
    with torch.device("meta"):
        model = Model(Settings(w_ctr=0))
        maps = model.feature_map(torch.empty(1, 3, 16, 112, 112))
        assert maps.shape == (1, 512, 2, 7, 7)
        assert model.features(torch.empty(1, 3, 16, 112, 112)).shape == (1, 512)


def test_key_network_is_a_copy_of_encoder_and_projection() -> None:
    model = Model(PRESETS["tiny"])
    trained = [*model.encoder.parameters(), *model.project.parameters()]
    slow = list(model.contrast.network.parameters())
    assert all(torch.equal(a, b) for a, b in zip(trained, slow, strict=True))
    assert not any(parameter.requires_grad for parameter in slow)


@pytest.mark.slow
def test_small_network_tells_nine_speed_changes_of_a_moving_square() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    model = Model(Settings(num_frames=8, size_px=16, encoder="r3d_10", width=8, w_ctr=0))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for index in range(400):
        loss = model.loss_on(_moving_squares(32, rng), BatchStep(epoch=0, index=index, is_last=False))["loss"]
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    batch = _moving_squares(500, rng)
    with torch.no_grad():
        predicted = model.eval().predict(batch)
    assert (predicted["speed_class"].argmax(dim=1) == batch["speed_class"]).float().mean() > 0.9
    assert (predicted["localization_class"].argmax(dim=1) == batch["localization_class"]).float().mean() > 0.8


def _moving_squares(size: int, rng: np.random.Generator) -> dict[str, Tensor]:
    """Draw clips of 8 frames of a 4-pixel square that moves one pixel a tick and leaves to come in again."""
    choices = tasks.get("fine").options(8, 3, "class", 0)
    clips, labels = torch.zeros(size, 3, 8, 16, 16), []
    for clip in clips:
        rates = draw(choices, rng, num_frames=8, length=100)
        assert rates is not None
        labels.append(label(rates, "fine", num_frames=8, pool=3))
        axis, sign = rng.integers(2), rng.choice([-1, 1])
        place, square = rng.integers(16, size=2), torch.zeros(16, 16)
        square[:4, :4] = 1.0
        for index, tick in enumerate(rates.ticks(0, 8)):
            shift = place.copy()
            shift[axis] += sign * tick
            clip[:, index] = square.roll(tuple(int(s) for s in shift), dims=(0, 1))
    return {
        "clip": clips,
        "speed_class": torch.tensor([found.speed_class for found in labels]),
        "localization_class": torch.tensor([found.localization_class for found in labels]),
    }


def test_vivit_starts_the_classifier_of_its_size() -> None:
    settings = replace(PRESETS["tiny"], encoder="vivit", width=12, depth=1, w_ctr=0)
    model, classifier = (
        Model(settings),
        ssl_v3.Model(replace(ssl_v3.PRESETS["tiny"], dim=12, heads=3, head_dim=4, depth_space=1, depth_time=1)),
    )
    own = {name: value.shape for name, value in model.encoder.state_dict().items()}
    assert own == {name: value.shape for name, value in classifier.encoder.state_dict().items()}
    assert model.features(_batch(settings)["clip"]).shape == (4, 12)
