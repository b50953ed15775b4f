"""A subject is judged by all its clips of the epoch, whichever batch and rank they came in."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from vqaprep.models.losses.subject import SubjectLoss

SUBJECT = torch.tensor([0, 0, 1, 1])
LABEL = torch.tensor([1, 1, 0, 0])
P_ONE = (0.9, 0.7, 0.4, 0.2)


def _alone(values: Tensor) -> Tensor:
    return values


def _two_classes(p_one: Tensor) -> Tensor:
    return torch.stack((1 - p_one, p_one), dim=1)


def _votes(*p_one: float, requires_grad: bool = False) -> Tensor:
    return torch.tensor(p_one, requires_grad=requires_grad)


def test_soft_loss_is_the_entropy_of_the_mean_votes_when_all_clips_are_live() -> None:
    p_one = _votes(*P_ONE, requires_grad=True)
    loss = SubjectLoss(2, 2)(_two_classes(p_one), LABEL, subject=SUBJECT, gather=_alone)
    torch.testing.assert_close(loss, torch.tensor(0.2899092))
    full_graph = functional.binary_cross_entropy(p_one.view(2, 2).mean(dim=1), torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(loss, full_graph)
    for ours, theirs in zip(torch.autograd.grad(loss, p_one), torch.autograd.grad(full_graph, p_one), strict=True):
        torch.testing.assert_close(ours, theirs)
        assert ours.abs().min() > 0


def test_earlier_clips_count_but_only_the_batch_at_hand_gets_gradient() -> None:
    loss_of = SubjectLoss(2, 2)
    first = _votes(0.9, 0.4, requires_grad=True)
    loss_of(_two_classes(first), LABEL[[0, 2]], subject=SUBJECT[[0, 2]], gather=_alone)
    second = _votes(0.7, 0.2, requires_grad=True)
    loss = loss_of(_two_classes(second), LABEL[[1, 3]], subject=SUBJECT[[1, 3]], gather=_alone)
    torch.testing.assert_close(loss, torch.tensor(0.2899092))
    grads = torch.autograd.grad(loss, (first, second), allow_unused=True)
    assert [grad is None for grad in grads] == [True, False]
    assert grads[1].abs().min() > 0


def test_a_total_is_the_mean_times_the_subjects() -> None:
    mean, total = (
        SubjectLoss(2, 2, total=total)(_two_classes(_votes(*P_ONE)), LABEL, subject=SUBJECT, gather=_alone)
        for total in ("mean", "sum")
    )
    torch.testing.assert_close(total, 2 * mean)


def test_reset_forgets_and_unseen_subjects_are_left_out() -> None:
    loss_of = SubjectLoss(3, 2)
    loss_of(_two_classes(_votes(*P_ONE)), LABEL, subject=SUBJECT, gather=_alone)
    loss_of.reset()
    loss = loss_of(_two_classes(_votes(0.8)), LABEL[:1], subject=torch.tensor([2]), gather=_alone)
    assert loss.item() == pytest.approx(-math.log(0.8))


def test_literal_loss_is_a_hundred_times_the_share_of_wrong_subjects_without_gradient() -> None:
    p_one = _votes(0.9, 0.9, 0.1, 0.1, 0.8, requires_grad=True)  # the last subject is taken for class 1
    label, subject = torch.tensor([1, 1, 0, 0, 0]), torch.tensor([0, 0, 1, 1, 2])
    loss_of = SubjectLoss(3, 2, reading="literal")
    loss = loss_of(_two_classes(p_one), label, subject=subject, gather=_alone)
    assert loss.item() == pytest.approx(100 / 3)
    assert loss.grad_fn is None


def test_literal_tie_is_wrong() -> None:
    loss_of = SubjectLoss(1, 2, reading="literal")
    loss = loss_of(_two_classes(_votes(0.9, 0.1)), LABEL[:2], subject=SUBJECT[:2], gather=_alone)
    assert loss.item() == pytest.approx(100)


def test_two_ranks_give_the_loss_of_one() -> None:
    votes = _two_classes(_votes(*P_ONE))
    sums: list[Tensor] = []

    def overhear(values: Tensor) -> Tensor:
        sums.append(values)
        return values

    SubjectLoss(2, 2)(votes[1:], LABEL[1:], subject=SUBJECT[1:], gather=overhear)
    there = iter(sums)
    loss = SubjectLoss(2, 2)(
        votes[:1],
        LABEL[:1],
        subject=SUBJECT[:1],
        gather=lambda values: torch.cat((values, next(there))),
    )
    torch.testing.assert_close(loss, torch.tensor(0.2899092))


def test_a_checkpoint_within_an_epoch_continues() -> None:
    started, resumed = SubjectLoss(2, 2), SubjectLoss(2, 2)
    started(_two_classes(_votes(0.9, 0.4)), LABEL[[0, 2]], subject=SUBJECT[[0, 2]], gather=_alone)
    resumed.load_state_dict(started.state_dict())
    loss = resumed(_two_classes(_votes(0.7, 0.2)), LABEL[[1, 3]], subject=SUBJECT[[1, 3]], gather=_alone)
    torch.testing.assert_close(loss, torch.tensor(0.2899092))


def test_soft_gradient_is_the_derivative() -> None:
    p_one = torch.tensor(P_ONE, dtype=torch.float64, requires_grad=True)

    def loss_of(p: Tensor) -> Tensor:
        loss: Tensor = SubjectLoss(2, 2).double()(_two_classes(p), LABEL, subject=SUBJECT, gather=_alone)
        return loss

    assert torch.autograd.gradcheck(loss_of, (p_one,))
