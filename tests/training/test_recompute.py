"""Computing blocks twice saves memory and changes nothing else, in every system."""

from typing import Any

import pytest
import torch

from tests.models.batches import batch_for
from vqaprep import models
from vqaprep.models._step import BatchStep
from vqaprep.training.recompute import recompute

STEP = BatchStep(epoch=0, index=0, is_last=True)


def trained(name: str, *, twice: bool) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], int]:
    """Return gradients, state and bytes kept for the backward pass of one step of a tiny system."""
    system = models.load(name)
    torch.manual_seed(0)
    model: Any = system.Model(system.PRESETS["tiny"]).train()
    if twice:
        recompute(model)
    kept = 0

    def count(values: torch.Tensor) -> torch.Tensor:
        nonlocal kept
        kept += values.nbytes
        return values

    with torch.autograd.graph.saved_tensors_hooks(count, lambda values: values):
        loss = model.loss_on(batch_for(system.CONTRACT.example, system.PRESETS["tiny"], seed=0), STEP)["loss"]
    loss.backward()
    gradients = {name: value.grad for name, value in model.named_parameters() if value.grad is not None}
    return gradients, model.state_dict(), kept


@pytest.mark.parametrize("name", models.names())
def test_gradients_and_statistics_are_the_same_with_less_kept(name: str) -> None:
    torch.set_num_threads(1)
    (once, state_once, kept_once), (twice, state_twice, kept_twice) = (
        trained(name, twice=how) for how in (False, True)
    )
    assert once.keys() == twice.keys()
    assert state_once.keys() == state_twice.keys()
    for one, two in ((once, twice), (state_once, state_twice)):
        for key in one:
            torch.testing.assert_close(one[key], two[key], rtol=0, atol=0, msg=key)
    assert kept_twice < 0.8 * kept_once
