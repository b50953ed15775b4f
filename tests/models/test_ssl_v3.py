"""SSL-V3: scores of sequences and clips, the tuning of classes by quality, and the three losses."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from vqaprep.models._step import BatchStep
from vqaprep.models.heads.multibranch import MultiBranch
from vqaprep.models.heads.ssr import SequenceScore
from vqaprep.models.heads.tune_cls import tune_cls
from vqaprep.models.heads.vsr import TemporalWeight, VideoScore
from vqaprep.models.ssl_v3 import PRESETS, Model

FIRST = BatchStep(epoch=0, index=0, is_last=False)
ONLY = BatchStep(epoch=0, index=0, is_last=True)
LOGITS = torch.tensor([[1.0, 2.0, 0.5]])


def _model(**knobs: Any) -> Model:
    torch.manual_seed(0)
    return Model(replace(PRESETS["tiny"], **knobs))


def _batch() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "clip": torch.rand(4, 3, 8, 32, 32, generator=generator),
        "label": torch.tensor([0, 1, 0, 1]),
        "subject": torch.tensor([0, 1, 2, 3]),
    }


def test_sequence_score_worked_by_hand() -> None:
    score = SequenceScore(2)
    with torch.no_grad():
        score.weigh.weight.copy_(torch.eye(2))
        score.weigh.bias.zero_()
        scores = score(torch.tensor([[[1.0, 3.0], [2.0, 2.0], [0.0, 4.0]]]))
    torch.testing.assert_close(scores, torch.tensor([[2.761594, 2.0, 3.928055]]))


def test_sequence_score_has_the_published_size() -> None:
    assert sum(parameter.numel() for parameter in SequenceScore(192).parameters()) == 37_056


@pytest.mark.parametrize(
    ("looks", "kernel", "logits", "score"),
    [("back", [1.0, 0, 0], [0.0, 0, 1], 2.364175), ("ahead", [0.0, 0, 1], [3.0, 0, 0], 1.135836)],
)
def test_temporal_weight_worked_by_hand(looks: Any, kernel: list[float], logits: list[float], score: float) -> None:
    weight = TemporalWeight(1, kernel=3, looks=looks)
    scores = torch.tensor([[1.0, 2.0, 3.0]])
    with torch.no_grad():
        weight.conv.weight.copy_(torch.tensor(kernel).view(1, 1, 3))
        torch.testing.assert_close(weight.logits(scores[:, None]), torch.tensor([logits]))
        assert (weight(scores[:, None]) * scores).sum().item() == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize(("looks", "moved"), [("back", -1), ("ahead", 0)])
def test_temporal_weight_sees_one_side_only(looks: Any, moved: int) -> None:
    weight = TemporalWeight(1, kernel=3, looks=looks)
    scores = torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]])
    changed = scores.clone()
    changed[..., moved] += 1
    is_changed = weight.logits(scores) != weight.logits(changed)
    assert is_changed.nonzero()[:, 1].tolist() == [moved % 5]


def test_video_score_joins_motion_whole_and_hysteresis() -> None:
    score = VideoScore(3)
    scores = torch.tensor([[1.0, 2.0, 3.0]])
    with torch.no_grad():
        for weight, kernel in ((score.motion, [1.0, 0, 0]), (score.hysteresis, [0.0, 0, 1])):
            weight.conv.weight.copy_(torch.tensor(kernel).view(1, 1, 3))
        score.join = nn.Sequential(nn.Linear(3, 1))
        channels = torch.cat((torch.tensor([[2.364175]]), score.whole(scores), torch.tensor([[1.135836]])), 1)
        torch.testing.assert_close(score(scores, scores[:, None]), score.join(channels)[:, 0])


def test_literal_tuning_worked_by_hand() -> None:
    tuned = tune_cls(LOGITS, torch.tensor([1.5]), tune="literal")
    torch.testing.assert_close(tuned, torch.tensor([[1.0, 3.0, 0.5]]))
    torch.testing.assert_close(tuned.softmax(1), torch.tensor([[0.111166, 0.821409, 0.067425]]))


def test_margin_tuning_worked_by_hand() -> None:
    tuned = tune_cls(LOGITS, torch.tensor([math.log(3)]))  # 2 sigmoid(log 3) = 1.5
    torch.testing.assert_close(tuned.softmax(1), torch.tensor([[0.135849, 0.781755, 0.082396]]))


def test_margin_tuning_at_quality_zero_is_neutral() -> None:
    torch.testing.assert_close(tune_cls(LOGITS, torch.zeros(1)).softmax(1), LOGITS.softmax(1))


@pytest.mark.parametrize(("true_class", "expected"), [(1, -0.357182), (0, 1.642818)])
def test_cross_entropy_reaches_the_quality_as_equation_4_says(true_class: int, expected: float) -> None:
    quality = torch.tensor([1.5], requires_grad=True)
    loss = functional.cross_entropy(tune_cls(LOGITS, quality, tune="literal"), torch.tensor([true_class]))
    assert torch.autograd.grad(loss, quality)[0].item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("true_class", [0, 1])
def test_cross_entropy_reaches_the_quality_through_the_margin(true_class: int) -> None:
    quality = torch.tensor([math.log(3)], requires_grad=True)
    loss = functional.cross_entropy(tune_cls(LOGITS, quality), torch.tensor([true_class]))
    slope = 2 * 0.75 * 0.25  # of 2 sigmoid at log 3
    expected = (0.781755 - true_class) * (2.0 - 0.5) * slope
    assert torch.autograd.grad(loss, quality)[0].item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("tune", ["margin", "literal"])
def test_tuning_gradient_is_the_derivative(tune: Any) -> None:
    logits = LOGITS.double().repeat(2, 1).requires_grad_()
    quality = torch.tensor([0.7, -0.4], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z, q: tune_cls(z, q, tune=tune), (logits, quality))


def test_one_branch_is_a_plain_perceptron() -> None:
    head = MultiBranch(4, 2, num_branches=1).eval()
    feature = torch.randn(3, 4)
    torch.testing.assert_close(head(feature), head.branches[0](feature))


@pytest.mark.parametrize("ctr_rep", ["cls", "prob"])
def test_second_pass_changes_nothing_without_dropout(ctr_rep: str) -> None:
    losses = []
    for second_pass in (False, True):
        model = _model(second_pass=second_pass, ctr_rep=ctr_rep).eval()
        torch.manual_seed(1)
        losses.append(model.loss_on(_batch(), ONLY)["loss"])
    torch.testing.assert_close(*losses)


def test_classification_trains_the_quality_regressor() -> None:
    model = _model(w_ctr=0.0, w_sub=0.0)
    assert model.score is not None
    loss = model.loss_on(_batch(), ONLY)["loss"]
    for grad in torch.autograd.grad(loss, list(model.score.parameters())):
        assert grad.abs().max() > 0


@pytest.mark.parametrize(("ctr_rep", "is_reached"), [("prob", True), ("cls", False)])
def test_contrast_reaches_the_quality_regressor_through_the_outputs_alone(ctr_rep: str, is_reached: bool) -> None:
    with_contrast, without = (_model(ctr_rep=ctr_rep, w_ctr=weight, w_sub=0.0) for weight in (1.0, 0.0))
    grads = []
    for model in (with_contrast, without):
        torch.manual_seed(1)
        assert model.score is not None
        loss = model.eval().loss_on(_batch(), ONLY)["loss"]
        grads.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.score.parameters()))]))
    assert (not torch.equal(*grads)) == is_reached


def test_margin_never_changes_a_decision_between_two_classes_and_literal_does() -> None:
    torch.manual_seed(0)
    logits, quality = torch.randn(1000, 2), torch.randn(1000)
    changed = {
        tune: (tune_cls(logits, quality, tune=tune).argmax(1) != logits.argmax(1)).float().mean().item()
        for tune in ("margin", "literal")
    }
    assert changed["margin"] == 0
    assert changed["literal"] > 0.2


def test_without_vqa_the_logits_are_not_tuned() -> None:
    model = _model(vqa="none").eval()
    batch = _batch()
    assert model.score is None
    assert set(model.predict(batch)) == {"label"}
    expected = model.classify(model.features(batch["clip"])).softmax(1)
    torch.testing.assert_close(model.predict(batch)["label"], expected)


@pytest.mark.parametrize("vqa", ["ssr", "vsr", "both"])
@pytest.mark.parametrize("vsr_in", ["score", "feat"])
def test_every_regressor_gives_one_quality_per_clip(vqa: str, vsr_in: str) -> None:
    scores = _model(vqa=vqa, vsr_in=vsr_in).eval().predict(_batch())
    assert scores["quality"].shape == (4,)
    assert scores["quality"].std() > 1e-4  # a constant score weighs nothing
    torch.testing.assert_close(scores["label"].sum(1), torch.ones(4))


def test_losses_of_weight_zero_are_left_out() -> None:
    batch = _batch()
    del batch["subject"]
    parts = _model(w_ctr=0.0, w_sub=0.0).loss_on(batch, ONLY)
    assert set(parts) == {"loss", "focal"}
    torch.testing.assert_close(parts["loss"].detach(), parts["focal"])


@pytest.mark.parametrize(
    ("subject_every", "step", "is_added"), [("last", FIRST, 0), ("last", ONLY, 1), ("batch", FIRST, 1)]
)
def test_subject_loss_is_added_on_schedule(subject_every: str, step: BatchStep, is_added: int) -> None:
    parts = _model(subject_every=subject_every).loss_on(_batch(), step)
    expected = parts["focal"] + parts["contrastive"] + is_added * parts["subject"]
    torch.testing.assert_close(parts["loss"].detach(), expected)


def test_first_batch_of_an_epoch_forgets_the_last_epoch() -> None:
    model = _model()
    model.loss_on(_batch(), FIRST)
    model.loss_on(_batch(), BatchStep(epoch=0, index=1, is_last=True))
    assert model.subject_loss.labels.sum() == 8
    model.loss_on(_batch(), BatchStep(epoch=1, index=0, is_last=False))
    assert model.subject_loss.labels.sum() == 4


def test_a_batch_of_one_is_its_own_partner() -> None:
    parts = _model().loss_on({key: value[:1] for key, value in _batch().items()}, ONLY)
    assert parts["contrastive"] == 0
    assert parts["loss"].isfinite()


def test_class_weights_must_match_the_classes() -> None:
    with pytest.raises(ValueError, match="one weight for each of 2 classes"):
        replace(PRESETS["tiny"], focal_alpha=(0.25,))


def test_losses_are_float32_under_mixed_precision() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        parts = _model().loss_on(_batch(), ONLY)
    assert {part.dtype for part in parts.values()} == {torch.float32}
