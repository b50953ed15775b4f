"""The distance of Gaussians against cases solved by hand."""

import pytest
import torch

from vqaprep.models.losses.mvg import Gaussian, fit_gaussian, mvg_distance


def test_distance_has_its_closed_form() -> None:
    first = Gaussian(torch.tensor([1.0, 0.0]).double(), torch.diag(torch.tensor([1.0, 2.0]).double()))
    second = Gaussian(torch.zeros(2).double(), torch.diag(torch.tensor([3.0, 2.0]).double()))
    assert mvg_distance(first, second, eps=0).item() == pytest.approx(0.70710678, abs=1e-8)


def test_covariance_of_samples_is_unbiased() -> None:
    corners = torch.tensor([[0.0, 0.0], [0.0, 2.0], [2.0, 0.0], [2.0, 2.0]])
    shifted = corners + torch.tensor([3.0, 0.0])
    distance = mvg_distance(fit_gaussian(corners), fit_gaussian(shifted), eps=0)
    assert distance.item() == pytest.approx(2.59807621, abs=1e-8)


def test_gradient_is_right_away_from_zero() -> None:
    torch.manual_seed(0)
    first = torch.randn(7, 3, dtype=torch.float64, requires_grad=True)
    second = (torch.randn(7, 3, dtype=torch.float64) + 1).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x, y: mvg_distance(fit_gaussian(x), fit_gaussian(y), eps=1e-4), (first, second)
    )


def test_gradient_is_finite_where_the_means_coincide() -> None:
    tokens = torch.randn(7, 3).requires_grad_()
    distance = mvg_distance(fit_gaussian(tokens), fit_gaussian(tokens.detach()))
    (gradient,) = torch.autograd.grad(distance, tokens)
    assert gradient.isfinite().all()


def test_a_common_invertible_map_changes_nothing() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(2, 20, 4, dtype=torch.float64)
    mapped = torch.randn(4, 4, dtype=torch.float64) + 3 * torch.eye(4)
    before = mvg_distance(fit_gaussian(first), fit_gaussian(second), eps=0)
    after = mvg_distance(fit_gaussian(first @ mapped), fit_gaussian(second @ mapped), eps=0)
    torch.testing.assert_close(after, before, atol=1e-10, rtol=0)


def test_fewer_tokens_than_features_still_have_a_distance() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(2, 5, 64)
    assert mvg_distance(fit_gaussian(first), fit_gaussian(second)).isfinite()


def test_one_token_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 tokens, got 1"):
        fit_gaussian(torch.zeros(1, 4))
