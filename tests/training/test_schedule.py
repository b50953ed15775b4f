"""Learning rates are those of torch's own schedulers, and of the vector that the source gives."""

from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as schedulers

from vqaprep.models._recipe import Recipe
from vqaprep.training.schedule import lr_at


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{"optimizer": "sgd", "lr": 0.1, "epochs": 20, "batch": 4, **changes})


def torchs(make: Any, *, lr: float = 0.1, steps: int = 20) -> list[float]:
    """Return the rates that a torch scheduler gives before each of `steps` steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_triangular2_is_the_trace_of_source_004() -> None:
    found = recipe(schedule="triangular2", lr=1e-8, max_lr=1e-4, step_size_epochs=4)
    rates = [lr_at(found, epoch) for epoch in range(25)]
    rise = [1e-8, 2.5e-5, 5e-5, 7.5e-5, 1e-4]
    assert rates[:5] == pytest.approx(rise, rel=1e-3)
    assert rates[4:9] == pytest.approx(rise[::-1], rel=1e-3)
    assert [rates[epoch] for epoch in (8, 12, 16, 20, 24)] == pytest.approx([1e-8, 5e-5, 1e-8, 2.5e-5, 1e-8], rel=1e-3)


def test_triangular2_is_torchs_stepped_by_batch() -> None:
    found = recipe(schedule="triangular2", lr=1e-8, max_lr=1e-4, step_size_epochs=4)
    wanted = torchs(
        lambda o: schedulers.CyclicLR(o, 1e-8, 1e-4, step_size_up=40, mode="triangular2", cycle_momentum=False),
        lr=1e-8, steps=250,
    )  # fmt: skip
    assert [lr_at(found, step / 10) for step in range(250)] == pytest.approx(wanted, rel=1e-6, abs=1e-14)


def test_step_is_torchs() -> None:
    found = recipe(schedule="step", step_size_epochs=3, gamma=0.5)
    wanted = torchs(lambda o: schedulers.StepLR(o, 3, gamma=0.5))
    assert [lr_at(found, epoch) for epoch in range(20)] == pytest.approx(wanted)


def test_multistep_is_torchs() -> None:
    found = recipe(schedule="multistep", milestones=(5, 8, 15))
    wanted = torchs(lambda o: schedulers.MultiStepLR(o, [5, 8, 15]))
    assert [lr_at(found, epoch) for epoch in range(20)] == pytest.approx(wanted)


def test_cosine_is_torchs() -> None:
    found = recipe(schedule="cosine", min_lr=0.01)
    wanted = torchs(lambda o: schedulers.CosineAnnealingLR(o, 20, eta_min=0.01))
    assert [lr_at(found, epoch) for epoch in range(20)] == pytest.approx(wanted)


def test_a_warm_up_goes_before_the_cosine_and_shifts_it() -> None:
    found = recipe(schedule="cosine", warmup_epochs=4, warmup_lr=0.02)

    def both(optimizer: Any) -> Any:
        rise = schedulers.LinearLR(optimizer, 0.2, 1.0, total_iters=4)
        return schedulers.SequentialLR(optimizer, [rise, schedulers.CosineAnnealingLR(optimizer, 20)], [4])

    assert [lr_at(found, epoch) for epoch in range(20)] == pytest.approx(torchs(both))


def test_a_warm_up_within_the_epochs_lets_the_cosine_end_at_its_least() -> None:
    within = recipe(schedule="cosine", warmup_epochs=4, min_lr=0.01, is_warmup_within=True)
    assert lr_at(within, 4) == pytest.approx(0.1)
    assert lr_at(within, 20) == pytest.approx(0.01)


def test_constant_stays_and_never_goes_negative_after_the_end() -> None:
    assert {lr_at(recipe(), epoch) for epoch in (0, 0.5, 19.9)} == {0.1}
    assert lr_at(recipe(schedule="cosine"), 25) == pytest.approx(0)


def test_a_schedule_without_its_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="max_lr and step_size_epochs"):
        recipe(schedule="triangular2")
