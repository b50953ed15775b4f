"""What every system must do; a new one is tested by being there."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.models.batches import batch_for
from vqaprep import models
from vqaprep.models._recipe import Recipe
from vqaprep.models._step import BatchStep

STEP = BatchStep(epoch=0, index=0, is_last=True)


@pytest.fixture(autouse=True)
def _one_thread_and_seed() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture(params=models.names())
def system(request: pytest.FixtureRequest) -> ModuleType:
    """Each system in turn."""
    return models.load(request.param)


def test_presets_and_recipe_are_there(system: ModuleType) -> None:
    assert {"paper", "small", "tiny"} <= system.PRESETS.keys()
    assert all(isinstance(preset, system.Settings) for preset in system.PRESETS.values())
    assert system.PRESETS["paper"] == system.Settings()
    assert isinstance(system.RECIPE, Recipe)


def test_loss_is_one_finite_number_with_its_parts(system: ModuleType) -> None:
    losses = _tiny(system).loss_on(_batch(system), STEP)
    assert losses["loss"].requires_grad
    for part in losses.values():
        assert part.shape == ()
        assert part.isfinite()


def test_every_trained_parameter_gets_gradient(system: ModuleType) -> None:
    model = _tiny(system)
    for seed in range(2):  # a loss may teach one of two networks at a time
        torch.autograd.backward(model.loss_on(_batch(system, seed=seed), STEP)["loss"])
    trained = {name: value.grad for name, value in model.named_parameters() if value.requires_grad}
    assert trained
    assert [name for name, grad in trained.items() if grad is None or not grad.isfinite().all()] == []


def test_no_parameter_is_dead(system: ModuleType) -> None:
    """The root mean square of a gradient is at least a millionth of the median parameter's.

    The loss cannot depend on two kinds of parameters: the bias of a score under a correlation loss, which ignores
    shifts, and the bias of attention keys, which moves all logits of a softmax alike.
    """
    model = _tiny(system).double()
    for seed in range(2):
        batch = {k: v.double() if v.is_floating_point() else v for k, v in _batch(system, seed=seed).items()}
        torch.autograd.backward(model.loss_on(batch, STEP)["loss"])
    trained = [(name, value) for name, value in model.named_parameters() if value.requires_grad]
    sizes = {name: value.grad.square().mean().sqrt().item() for name, value in trained if value.grad is not None}
    median = sorted(sizes.values())[len(sizes) // 2]
    assert [name for name, size in sizes.items() if size < 1e-6 * median and not _is_invariant(name)] == []


def _is_invariant(name: str) -> bool:
    return name.endswith("attend.key.bias") or (name.startswith("score.") and name.endswith(".bias"))


def test_loss_falls_on_four_clips(system: ModuleType) -> None:
    model, batch = _tiny(system), _batch(system)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        loss = model.loss_on(batch, STEP)["loss"]
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_saved_model_predicts_and_trains_on_as_before(system: ModuleType, tmp_path: Path) -> None:
    model, batch = _tiny(system), _batch(system)
    model.loss_on(batch, STEP)
    torch.save(model.state_dict(), tmp_path / "model.pt")
    loaded = _tiny(system)
    loaded.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    for one, other in zip(_predictions(model, system), _predictions(loaded, system), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(_seeded_loss(model, batch), _seeded_loss(loaded, batch))


def test_predictions_are_scores_or_probabilities(system: ModuleType) -> None:
    model, batch = _tiny(system).eval(), _unlabelled(system)
    with torch.no_grad():
        predicted = model.predict(batch)
    assert predicted
    for name, value in predicted.items():
        assert value.isfinite().all()
        assert value.shape[0] == 4
        is_score = name in ("quality", "regressed", "measured")
        assert value.ndim == (1 if is_score else 2)
        if not is_score:
            assert (value >= 0).all()
            torch.testing.assert_close(value.sum(dim=1), torch.ones(4))


def test_prediction_does_not_depend_on_the_other_clips(system: ModuleType) -> None:
    model, batch = _tiny(system).eval(), _unlabelled(system)
    with torch.no_grad():
        together, alone = model.predict(batch), model.predict({name: value[:1] for name, value in batch.items()})
    for name, value in alone.items():
        torch.testing.assert_close(value, together[name][:1], atol=1e-5, rtol=1e-4)


def test_features_are_one_vector_a_clip(system: ModuleType) -> None:
    model, batch = _tiny(system).eval(), _unlabelled(system)
    with torch.no_grad():
        features = model.features(batch["clip"])
    assert features.ndim == 2
    assert len(features) == 4
    assert features.isfinite().all()


def _tiny(system: ModuleType) -> Any:
    return system.Model(system.PRESETS["tiny"])


def _batch(system: ModuleType, *, seed: int = 0) -> dict[str, Tensor]:
    return batch_for(system.CONTRACT.example, system.PRESETS["tiny"], seed=seed)


def _unlabelled(system: ModuleType) -> dict[str, Tensor]:
    clip, reference = (batch_for("clip", system.PRESETS["tiny"], seed=seed)["clip"] for seed in range(2))
    return {"clip": clip, "reference": reference}


def _predictions(model: Any, system: ModuleType) -> list[Tensor]:
    with torch.no_grad():
        predicted: dict[str, Tensor] = model.eval().predict(_unlabelled(system))
    return list(predicted.values())


def _seeded_loss(model: Any, batch: dict[str, Tensor]) -> Tensor:
    torch.manual_seed(1)
    loss: Tensor = model.train().loss_on(batch, BatchStep(epoch=0, index=1, is_last=True))["loss"]
    return loss
