"""SSL-VQA: who teaches whom, and what the corpus is."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from vqaprep.models import ssl_vqa
from vqaprep.models._step import BatchStep
from vqaprep.models.heads.quality import VQAHead
from vqaprep.models.losses.mvg import Gaussian, fit_gaussian, mvg_distance

STEP = BatchStep(epoch=0, index=0, is_last=False)
TINY = ssl_vqa.PRESETS["tiny"]
ORDER = torch.tensor([1.0, 2.0, 3.0, 4.0])
SWAPPED = torch.tensor([1.0, 3.0, 2.0, 4.0])


@pytest.mark.parametrize("taught", ["regressed", "measured"])
def test_only_the_less_consistent_model_is_taught(taught: str) -> None:
    first = {name: (ORDER + torch.rand(4)).requires_grad_() for name in ("regressed", "measured")}
    second = {name: SWAPPED if name == taught else first[name].detach() for name in first}
    loss = _model().transfer(ssl_vqa._Scores(**first), ssl_vqa._Scores(**second))
    gradients = torch.autograd.grad(loss, list(first.values()), allow_unused=True)
    for name, gradient in zip(first, gradients, strict=True):
        assert (gradient is not None and bool(gradient.any())) == (name == taught)


@pytest.mark.parametrize("taught", ["regressor", "measure"])
def test_transfer_leaves_every_parameter_of_the_teacher_alone(taught: str) -> None:
    model, draws = _model(), torch.rand(4, 2, 3, 8, 32, 32)
    first, second = model._score_draws(draws, STEP)
    agreeing = {"measured": first.measured} if taught == "regressor" else {"regressed": first.regressed}
    loss = model.transfer(first, second._replace(**agreeing))
    gradients = _gradients(model, loss)
    pupil = ("regressor.", "head.") if taught == "regressor" else ("measure.",)
    for name, gradient in gradients.items():
        if not name.startswith(pupil):
            assert gradient is None, name
    assert any(gradient is not None and gradient.any() for gradient in gradients.values())


def test_without_consistency_both_models_are_taught() -> None:
    scores = [(ORDER + torch.rand(4)).requires_grad_() for _ in range(2)]
    both = ssl_vqa._Scores(*scores)
    loss = _model(uses_consistency=False).transfer(both, both)
    assert all(gradient.any() for gradient in torch.autograd.grad(loss, scores))


def test_loss_is_the_sum_of_the_parts_its_settings_name() -> None:
    batch = _batch()
    for changes, expected in [
        ({}, {"supervised", "consistency", "transfer"}),
        ({"uses_unlabelled": False}, {"supervised", "consistency"}),
        ({"uses_consistency": False}, {"supervised", "transfer"}),
        ({"uses_transfer": False}, {"supervised", "consistency"}),
    ]:
        parts = _model(**changes).loss_on(batch, STEP)
        loss = parts.pop("loss")
        assert set(parts) == expected
        torch.testing.assert_close(loss, torch.stack(list(parts.values())).sum())


def test_labels_alone_need_no_unlabelled_clips() -> None:
    batch = _batch()
    del batch["unlabelled"]
    assert _model(uses_unlabelled=False).loss_on(batch, STEP)["loss"].isfinite()


def test_consistency_runs_per_batch_or_on_both_together() -> None:
    draws = [tuple(ssl_vqa._Scores(*torch.rand(2, 4)) for _ in range(2)) for _ in range(2)]
    separate = _model()._agree(draws)  # type: ignore[arg-type]  # a generator makes tuples of no known length
    joint = _model(consistency_batch="joint")._agree(draws)  # type: ignore[arg-type]
    (first, second), (third, fourth) = draws
    expected = _model()._plcc(torch.cat([first[0], third[0]]), torch.cat([second[0], fourth[0]]))
    expected = expected + _model()._plcc(torch.cat([first[1], third[1]]), torch.cat([second[1], fourth[1]]))
    torch.testing.assert_close(joint, expected)
    assert separate > 0
    assert not torch.isclose(separate, joint)


def test_measured_quality_is_the_distance_to_all_pristine_tokens() -> None:
    model, pristine, clip = _model(), torch.rand(3, 3, 8, 32, 32), torch.rand(2, 3, 8, 32, 32)
    model.fit_pristine([pristine[:2], pristine[2:]])
    with torch.no_grad():
        tokens = model._tokens(model.measure, pristine).reshape(-1, TINY.out_dim)
        corpus = fit_gaussian(tokens)
        own = fit_gaussian(model._tokens(model.measure, clip))
        expected = torch.exp(-mvg_distance(own, Gaussian(*corpus)) / 100).float()
        torch.testing.assert_close(model._score(clip).measured, expected)


def test_pristine_statistics_travel_with_the_weights() -> None:
    model, clip = _model(), torch.rand(2, 3, 8, 32, 32)
    model.loss_on(_batch(), STEP)
    other = ssl_vqa.Model(TINY).eval()
    other.load_state_dict(model.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(other.predict({"clip": clip}), model.predict({"clip": clip}))


def test_pristine_statistics_are_refitted_at_every_so_many_batches() -> None:
    model = _model(pristine_every=2)
    model.loss_on(_batch(), BatchStep(epoch=0, index=1, is_last=False))
    assert not model.pristine_mean.any()
    model.loss_on(_batch(), BatchStep(epoch=0, index=2, is_last=False))
    assert model.pristine_mean.any()


def test_map_averages_to_the_regressed_quality() -> None:
    model, clip = _model(), torch.rand(2, 3, 8, 32, 32)
    quality = model.quality_map(clip)
    assert quality.shape == (2, 4, 4, 4)
    torch.testing.assert_close(quality.mean(dim=(1, 2, 3)), model._score(clip).regressed)


def test_sizes_are_the_papers() -> None:
    with torch.device("meta"):
        head = VQAHead(768)
        model = ssl_vqa.Model(ssl_vqa.PRESETS["paper"])
    assert sum(parameter.numel() for parameter in head.parameters()) == 49_281
    assert sum(parameter.numel() for parameter in model.parameters()) == 2 * 28_078_620 + 49_281


def test_head_learns_ten_times_as_fast() -> None:
    model = _model()
    groups = model.parameter_groups()
    assert [group["lr_scale"] for group in groups] == [1.0, 10.0]
    assert sum(len(group["params"]) for group in groups) == len(list(model.parameters()))


def test_losses_are_float32_under_mixed_precision() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        parts = _model().loss_on(_batch(), STEP)
    assert {part.dtype for part in parts.values()} == {torch.float32}
    assert all(part.isfinite() for part in parts.values())


def _model(**changes: object) -> ssl_vqa.Model:
    torch.manual_seed(0)
    return ssl_vqa.Model(replace(TINY, **changes)).eval()  # type: ignore[arg-type]  # the fields differ in type


def _batch() -> dict[str, Tensor]:
    torch.manual_seed(1)
    clip = (3, 8, 32, 32)
    return {
        "labelled": torch.rand(4, 2, *clip),
        "mos": torch.rand(4),
        "unlabelled": torch.rand(3, 2, *clip),
        "pristine": torch.rand(2, *clip),
    }


def _gradients(model: ssl_vqa.Model, loss: Tensor) -> dict[str, Tensor | None]:
    names, parameters = zip(*model.named_parameters(), strict=True)
    return dict(zip(names, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True))
