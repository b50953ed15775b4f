"""Any system's encoder is tuned to opinion scores, and what its feature does not use stays as it is."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from vqaprep import models
from vqaprep.models._step import BatchStep
from vqaprep.models.losses.plcc import plcc_loss
from vqaprep.models.quality import PRESETS, Model, Settings

STEP = BatchStep(epoch=0, index=0, is_last=True)


def _batch(settings: Settings) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (4, 3, settings.num_frames, settings.size_px, settings.size_px)
    return {"clip": torch.rand(shape, generator=generator), "mos": torch.tensor([1.0, 3.0, 2.0, 5.0])}


def _tiny(encoder: str) -> Settings:
    preset: Any = models.load(encoder).PRESETS["tiny"]
    return Settings(encoder=encoder, preset="tiny", num_frames=preset.num_frames, size_px=preset.size_px)


@pytest.mark.parametrize("encoder", [name for name in models.names() if name != "quality"])
def test_every_other_system_serves_as_encoder(encoder: str) -> None:
    settings = _tiny(encoder)
    model = Model(settings).eval()
    loss = model.loss_on(_batch(settings), STEP)["loss"]
    trained = {name: value for name, value in model.named_parameters() if value.requires_grad}
    grads = torch.autograd.grad(loss, list(trained.values()))  # raises where one is not reached
    assert len(grads) > 2


def test_pretext_heads_are_frozen() -> None:
    model = Model(PRESETS["tiny"])
    frozen = {name.split(".")[1] for name, value in model.named_parameters() if not value.requires_grad}
    assert frozen == {"pace", "distortion", "project"}


def test_weights_of_the_pretrained_system_load_under_encoder() -> None:
    system: Any = models.load("pace_vqa")
    pretrained = system.Model(system.PRESETS["tiny"]).state_dict()
    missing, unexpected = Model(PRESETS["tiny"]).load_state_dict(
        {f"encoder.{name}": value for name, value in pretrained.items()}, strict=False
    )
    assert set(missing) == {"score.1.weight", "score.1.bias"}
    assert not unexpected


def test_loss_is_the_correlation_with_opinion() -> None:
    model = Model(PRESETS["tiny"]).eval()
    batch = _batch(PRESETS["tiny"])
    expected = plcc_loss(model.predict(batch)["quality"], batch["mos"])
    torch.testing.assert_close(model.loss_on(batch, STEP)["loss"], expected)


def test_paper_preset_has_the_published_size() -> None:
    with torch.device("meta"):
        model = Model(PRESETS["paper"])
    assert sum(value.numel() for value in model.parameters() if value.requires_grad) == 26_551_576


def test_wrong_encoder_or_preset_is_refused() -> None:
    with pytest.raises(ValueError, match="contain itself"):
        Settings(encoder="quality")
    with pytest.raises(ValueError, match="no preset 'huge'; it has paper"):
        Model(Settings(preset="huge"))


def test_the_encoder_may_differ_from_its_preset() -> None:
    plain, changed = (
        Model(replace(PRESETS["tiny"], changes=changes)) for changes in ((), ("ms_levels=c4", "dropout=0.5"))
    )
    assert len(plain.encoder.encoder.pyramid.laterals) == 4 and len(changed.encoder.encoder.pyramid.laterals) == 1
    assert changed.encoder.settings.dropout == 0.5
    with pytest.raises(ValueError, match="pace_vqa has no setting 'mslevels'"):
        Model(replace(PRESETS["tiny"], changes=("mslevels=c4",)))


def test_scores_keep_all_digits_under_mixed_precision() -> None:
    settings = _tiny("pace_vqa")
    model = Model(settings).eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        quality = model.predict(_batch(settings))["quality"]
    assert quality.dtype == torch.float32
    assert not torch.equal(quality, quality.bfloat16().float())
