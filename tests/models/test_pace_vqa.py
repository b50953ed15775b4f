"""The pretext tasks of source 001: pace from order, distortion from a difference, contrast between crops."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from vqaprep.models._step import BatchStep
from vqaprep.models.losses.nt_xent import nt_xent_loss
from vqaprep.models.pace_vqa import PRESETS, Model

STEP = BatchStep(epoch=0, index=0, is_last=True)


def _model(**knobs: Any) -> Model:
    torch.manual_seed(0)
    return Model(replace(PRESETS["tiny"], **knobs)).eval()


def _batch() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "original": torch.rand(3, 2, 3, 8, 16, 16, generator=generator),
        "distorted": torch.rand(3, 2, 3, 8, 16, 16, generator=generator),
        "pace": torch.tensor([0, 3, 1]),
        "distortion": torch.tensor([4, 0, 2]),
    }


def test_swapping_original_and_distorted_negates_the_difference() -> None:
    model, batch = _model(), _batch()
    linear = model.distortion[1]
    assert isinstance(linear, torch.nn.Linear)
    original, distorted = batch["original"][:, 0], batch["distorted"][:, 0]

    def evidence(clip: Tensor, reference: Tensor) -> Tensor:
        log_p = model.predict({"clip": clip, "reference": reference})["distortion"].log()
        logits = log_p - linear.bias
        return logits - logits.mean(dim=1, keepdim=True)

    torch.testing.assert_close(evidence(distorted, original), -evidence(original, distorted), atol=1e-5, rtol=0)
    assert evidence(distorted, original).abs().max() > 1e-4


def test_pace_depends_on_the_order_of_frames() -> None:
    model, clip = _model(), _batch()["original"][:, 0]
    assert not torch.allclose(
        model.predict({"clip": clip})["pace"], model.predict({"clip": clip.flip(2)})["pace"], atol=1e-6
    )


def test_parts_are_those_of_the_paper() -> None:
    model, batch = _model(), _batch()
    parts = model.loss_on(batch, STEP)
    h = {name: [model.features(batch[name][:, draw]) for draw in (0, 1)] for name in ("original", "distorted")}
    z = {name: [model.project(draw) for draw in draws] for name, draws in h.items()}
    both_draws = zip(h["original"], h["distorted"], strict=True)
    expected = {
        "pace": [functional.cross_entropy(model.pace(o), batch["pace"]) for o in h["original"]],
        "distortion": [functional.cross_entropy(model.distortion(o - d), batch["distortion"]) for o, d in both_draws],
        "original": [nt_xent_loss(*z["original"], temperature=0.07)],
        "distorted": [nt_xent_loss(*z["distorted"], temperature=0.07)],
        "cosine": [
            functional.cosine_similarity(o, d).mean() for o, d in zip(z["original"], z["distorted"], strict=True)
        ],
    }
    total = torch.zeros(())
    for name, values in expected.items():
        mean = torch.stack(values).mean()
        torch.testing.assert_close(parts[name], mean.detach(), atol=1e-5, rtol=1e-5)
        total = total + (0.5 if name == "cosine" else 1) * mean
    torch.testing.assert_close(parts["loss"], total, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("weight", "part"),
    [
        ("w_pace", "pace"),
        ("w_dist", "distortion"),
        ("w_org", "original"),
        ("w_dis", "distorted"),
        ("w_cos", "cosine"),
    ],
)
def test_a_weight_of_zero_leaves_its_part_out(weight: str, part: str) -> None:
    everything = _model().loss_on(_batch(), STEP)
    without = _model(**{weight: 0.0}).loss_on(_batch(), STEP)
    share = (0.5 if part == "cosine" else 1) * everything[part]
    torch.testing.assert_close(everything["loss"] - share, without["loss"])


def test_without_a_reference_only_the_pace_is_told() -> None:
    scores = _model().predict({"clip": _batch()["original"][:, 0]})
    assert set(scores) == {"pace"}
    torch.testing.assert_close(scores["pace"].sum(dim=1), torch.ones(3))


def test_contrast_reaches_over_all_ranks() -> None:
    model, batch = _model(), _batch()
    there = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))  # one scene of another rank
    joined = model.loss_on(batch, replace(STEP, gather=lambda z: torch.cat((z, there))))
    draws = [
        torch.cat((model.project(model.features(batch["original"][:, draw])), there[draw : draw + 1]))
        for draw in (0, 1)
    ]
    torch.testing.assert_close(joined["original"], nt_xent_loss(*draws, temperature=0.07).detach())


def test_the_classifiers_may_learn_faster_than_the_rest() -> None:
    model = _model(head_lr=7.0)
    rest, heads = model.parameter_groups()
    assert (rest["lr_scale"], heads["lr_scale"]) == (1.0, 7.0)
    apart = {name for name, parameter in model.named_parameters() if any(parameter is p for p in heads["params"])}
    assert apart == {name for name, _ in model.named_parameters() if name.startswith(("pace.", "distortion."))}
    assert len(rest["params"]) + len(heads["params"]) == len(list(model.parameters()))
