"""ST-VQRL: what its loss sees and what it leaves alone."""

from dataclasses import replace

import pytest
import torch

from vqaprep.models import st_vqrl
from vqaprep.models._step import BatchStep

STEP = BatchStep(epoch=0, index=0, is_last=False)
TINY = st_vqrl.PRESETS["tiny"]


def test_encoder_has_the_papers_size() -> None:
    with torch.device("meta"):
        model = st_vqrl.Model(st_vqrl.PRESETS["paper"])
    assert sum(parameter.numel() for parameter in model.encoder.parameters()) == 28_078_620


def test_one_version_costs_nothing() -> None:
    assert _model().loss_on({"versions": torch.rand(2, 1, 2, 3, 8, 32, 32)}, STEP)["loss"].item() == 0


def test_scenes_may_be_accumulated_one_by_one() -> None:
    model, versions = _model(), torch.rand(2, 2, 2, 3, 8, 32, 32)
    alone = [model.loss_on({"versions": scene[None]}, STEP)["loss"] for scene in versions]
    together = model.loss_on({"versions": versions}, STEP)["loss"]
    torch.testing.assert_close(together, torch.stack(alone).mean())


@pytest.mark.parametrize("is_trained", [False, True])
def test_projection_is_trained_only_when_asked(is_trained: bool) -> None:
    model = _model(is_projection_trained=is_trained)
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert any(name.startswith("project.") for name in trained) == is_trained


def test_loss_falls_when_two_scenes_are_learnt_by_heart() -> None:
    model = _model(temperature=1.0, drop_path=0.0).train()
    versions = torch.rand(1, 3, 1, 3, 8, 32, 32).repeat(1, 1, 2, 1, 1, 1, 1)
    versions = (versions + 0.2 * torch.rand(1, 3, 2, 3, 8, 32, 32)) * torch.tensor([0.5, 0.7, 0.9]).view(
        1, 3, 1, 1, 1, 1, 1
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(8):
        loss = model.loss_on({"versions": versions}, STEP)["loss"]
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 4


def test_quality_falls_with_the_distance_to_the_reference() -> None:
    model, reference = _model(), torch.rand(2, 3, 8, 32, 32)
    with torch.no_grad():
        same = model.predict({"clip": reference, "reference": reference})["quality"]
        other = model.predict({"clip": reference * 0.3, "reference": reference})["quality"]
    torch.testing.assert_close(same, torch.ones(2))
    assert (other < same).all()


def test_losses_are_float32_under_mixed_precision() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        parts = _model().loss_on({"versions": torch.rand(1, 2, 2, 3, 8, 32, 32)}, STEP)
    assert {part.dtype for part in parts.values()} == {torch.float32}
    assert all(part.isfinite() for part in parts.values())


def _model(**changes: object) -> st_vqrl.Model:
    torch.manual_seed(0)
    return st_vqrl.Model(replace(TINY, **changes)).eval()  # type: ignore[arg-type]  # the fields differ in type
