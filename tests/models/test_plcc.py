"""The correlation loss against its closed forms."""

import pytest
import torch

from vqaprep.models.losses.plcc import Form, pearson, plcc_loss

PREDICTION = torch.tensor([1.0, 2.0, 3.0, 5.0], dtype=torch.float64)
TARGET = torch.tensor([1.0, 3.0, 2.0, 4.0], dtype=torch.float64)
RHO = 0.83152184


def test_correlation_is_pearsons() -> None:
    assert pearson(PREDICTION, TARGET).item() == pytest.approx(RHO, abs=1e-8)


@pytest.mark.parametrize(("form", "value"), [("literal", 0.08423908), ("fastvqa", 0.08069097), ("log", -1.7809491)])
def test_each_form_has_its_value(form: Form, value: float) -> None:
    assert plcc_loss(PREDICTION, TARGET, form=form).item() == pytest.approx(value, abs=1e-7)


def test_fastvqa_form_is_the_mean_of_two_errors_of_z_scores() -> None:
    p = (PREDICTION - PREDICTION.mean()) / PREDICTION.std(correction=0)
    y = (TARGET - TARGET.mean()) / TARGET.std(correction=0)
    rho = (p * y).mean()
    errors = ((p - y).square().mean() / 4 + (rho * p - y).square().mean() / 4) / 2
    torch.testing.assert_close(plcc_loss(PREDICTION, TARGET, form="fastvqa"), errors)


def test_gradient_is_the_derived_one_and_ignores_shift_and_scale() -> None:
    prediction = PREDICTION.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(plcc_loss(prediction, TARGET), prediction)
    expected = torch.tensor([0.030237, -0.073433, 0.049675, -0.006479], dtype=torch.float64)
    torch.testing.assert_close(gradient, expected, atol=1e-6, rtol=0)
    assert abs(gradient.sum().item()) < 1e-12
    assert abs((gradient @ PREDICTION).item()) < 1e-12


@pytest.mark.parametrize("form", ["literal", "fastvqa", "log"])
def test_gradient_is_right(form: Form) -> None:
    prediction = PREDICTION.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda p: plcc_loss(p, TARGET, form=form), (prediction,))


def test_constant_scores_give_no_nan() -> None:
    for prediction, target in ((torch.ones(3), torch.arange(3.0)), (torch.arange(3.0), torch.ones(3))):
        leaf = prediction.clone().requires_grad_()
        loss = plcc_loss(leaf, target)
        (gradient,) = torch.autograd.grad(loss, leaf)
        assert loss.item() == pytest.approx(0.5)
        assert gradient.isfinite().all()


def test_half_precision_scores_are_correlated_in_full_precision() -> None:
    loss = plcc_loss(PREDICTION.bfloat16(), TARGET)
    assert loss.dtype == torch.float64
    assert loss.item() == pytest.approx((1 - RHO) / 2, abs=1e-7)


@pytest.mark.parametrize(("predictions", "targets"), [((1,), (1,)), ((3,), (2,)), ((2, 2), (2, 2))])
def test_batches_without_a_correlation_are_refused(predictions: tuple[int, ...], targets: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least 2 scores"):
        plcc_loss(torch.zeros(predictions), torch.zeros(targets))
