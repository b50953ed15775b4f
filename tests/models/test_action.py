"""Fine-tuning takes the pretext encoder over whole and trains all of it."""

import torch

from vqaprep.models import action, speediness
from vqaprep.models._step import BatchStep


def test_encoder_of_the_pretext_task_fits_by_name() -> None:
    pretext = speediness.Model(speediness.PRESETS["tiny"]).eval()
    model = action.Model(action.PRESETS["tiny"]).eval()
    kept = {name: value for name, value in pretext.state_dict().items() if name.startswith("encoder.")}
    left, unused = model.load_state_dict(kept, strict=False)
    assert set(left) == {"classify.1.weight", "classify.1.bias"}
    assert not unused
    clip = torch.rand(2, 3, 8, 32, 32)
    assert torch.equal(model.features(clip), pretext.features(clip))


def test_presets_have_the_encoders_of_the_pretext_task() -> None:
    for name, settings in action.PRESETS.items():
        pretext = speediness.PRESETS[name]
        assert (settings.encoder, settings.width, settings.input) == (pretext.encoder, pretext.width, pretext.input)
        assert (settings.num_frames, settings.size_px) == (pretext.num_frames, pretext.size_px)


def test_every_weight_is_trained() -> None:
    model = action.Model(action.PRESETS["tiny"])
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_dropout_acts_in_training_only() -> None:
    model = action.Model(action.Settings(num_frames=8, size_px=32, width=4, dropout=1.0))
    batch = {"clip": torch.rand(2, 3, 8, 32, 32), "label": torch.tensor([0, 1])}
    weight = model.classify[1].weight
    torch.autograd.backward(model.loss_on(batch, BatchStep(epoch=0, index=0, is_last=False))["loss"])
    assert isinstance(weight, torch.nn.Parameter)
    assert weight.grad is not None
    assert not weight.grad.any()
    probabilities = model.eval().predict(batch)["label"]
    assert not torch.equal(probabilities[0], probabilities[1])
