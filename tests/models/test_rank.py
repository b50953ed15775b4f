"""The ranking losses against pairs counted by hand."""

import pytest
import torch

from vqaprep.models.losses.rank import rank_loss

PREDICTION = torch.tensor([0.2, 0.5, 0.1])
TARGET = torch.tensor([1.0, 2.0, 3.0])


def test_hinge_is_the_mean_over_ordered_pairs() -> None:
    assert rank_loss(PREDICTION, TARGET).item() == pytest.approx(6.4 / 6, abs=1e-6)


def test_the_papers_sum_only_adds_one_per_tie() -> None:
    literal = sum(
        max(0.0, 1 - (p - q) * ((y > z) - (y < z)))
        for p, y in zip(PREDICTION.tolist(), TARGET.tolist(), strict=True)
        for q, z in zip(PREDICTION.tolist(), TARGET.tolist(), strict=True)
    )
    assert literal == pytest.approx(9.4, abs=1e-6)
    assert 6 * rank_loss(PREDICTION, TARGET).item() + len(TARGET) == pytest.approx(literal, abs=1e-6)


def test_scaled_form_has_its_value() -> None:
    assert rank_loss(PREDICTION, TARGET, form="scaled").item() == pytest.approx(0.1190476, abs=1e-7)


def test_ties_contribute_nothing() -> None:
    prediction = torch.tensor([0.2, 0.5, 0.9], requires_grad=True)
    loss = rank_loss(prediction, torch.tensor([1.0, 2.0, 2.0]))
    assert loss.item() == pytest.approx((0.7 + 0.3) * 2 / 4)
    all_tied = rank_loss(prediction, torch.ones(3))
    (gradient,) = torch.autograd.grad(all_tied, prediction)
    assert all_tied.item() == 0
    assert not gradient.any()


def test_hinge_is_zero_only_when_every_pair_is_separated_by_one() -> None:
    assert rank_loss(torch.tensor([0.0, 1.0, 2.0]), TARGET).item() == 0
    assert rank_loss(torch.tensor([0.0, 0.9, 2.0]), TARGET).item() > 0


def test_one_score_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 scores, got 1"):
        rank_loss(torch.zeros(1), torch.zeros(1))
