"""SimpleVQA: the sizes of its parts, what is frozen, and where its inputs come from."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from vqaprep.models import simplevqa
from vqaprep.models._step import BatchStep
from vqaprep.models.encoders.slowfast import SlowFast, SlowFastSettings

STEP = BatchStep(epoch=0, index=0, is_last=False)
TINY = simplevqa.PRESETS["tiny"]
CLASSIFIER_PARAMETERS = 922_000


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_sizes_are_the_papers() -> None:
    with torch.device("meta"):
        model = simplevqa.Model(simplevqa.PRESETS["paper"])
    assert _count(model.resnet) == 23_508_032
    assert _count(model.motion) + CLASSIFIER_PARAMETERS == 34_566_488
    assert _count(model.score) == (7168 + 2304) * 128 + 128 + 129


def test_slowfast_keeps_the_published_shapes() -> None:
    with torch.device("meta"):
        motion, shapes = SlowFast(SlowFastSettings()), []
        for path in (0, 1):
            motion.get_submodule(f"blocks.4.multipathway_blocks.{path}").register_forward_hook(
                lambda _, __, out: shapes.append(tuple(out.shape[1:]))
            )
        out = motion(torch.empty(1, 3, 32, 224, 224))
    assert shapes == [(2048, 8, 7, 7), (256, 32, 7, 7)]
    assert out.shape == (1, 2304)


def test_slow_path_spreads_its_frames_to_both_ends() -> None:
    motion, seen = SlowFast(SlowFastSettings(layers=(1, 1, 1, 1), width=8)).eval(), []
    motion.blocks[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    motion(torch.arange(32.0).view(1, 1, 32, 1, 1).expand(1, 3, 32, 16, 16))
    slow, fast = seen[0]
    assert slow[0, 0, :, 0, 0].tolist() == [0, 4, 8, 13, 17, 22, 26, 31]
    assert fast[0, 0, :, 0, 0].tolist() == list(range(32))


def test_training_leaves_slowfast_as_it_was() -> None:
    model = _model().train()
    before = {name: value.clone() for name, value in model.motion.state_dict().items()}
    torch.autograd.backward(model.loss_on(_batch(), STEP)["loss"])
    torch.testing.assert_close(dict(model.motion.state_dict()), before)
    assert all(parameter.grad is None for parameter in model.motion.parameters())
    assert all(parameter.grad is not None for parameter in [*model.resnet.parameters(), *model.score.parameters()])


def test_cached_motion_gives_the_same_quality() -> None:
    model, batch = _model(), _batch()
    cached = torch.stack([model.motion_features(window) for window in batch["motion"].unbind(1)], dim=1)
    torch.testing.assert_close(model.predict(batch), model.predict({**batch, "motion": cached}))


def test_a_window_less_than_frames_is_repeated_and_seen_once() -> None:
    model, batch, seen = _model(), _batch(), []
    repeated = batch["motion"][:, [0, 1, 1, 1, 1, 1, 1, 1]]
    expected = model.predict({**batch, "motion": repeated})
    model.motion.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    torch.testing.assert_close(model.predict({**batch, "motion": batch["motion"][:, :2]}), expected)
    assert seen == [3, 3]


def test_windows_are_resized_to_the_side_slowfast_knows() -> None:
    model, seen = _model(), []
    model.motion.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape))
    model.motion_features(torch.rand(1, 3, 8, 20, 30))
    assert seen == [(1, 3, 8, 16, 16)]


@pytest.mark.parametrize(
    ("total", "frames", "starts"),
    [(32, [2, 6, 10, 14, 18, 22, 26, 30], [0, 3, 6, 10, 13, 17, 20, 24]), (6, [0, 1, 1, 2, 3, 4, 4, 5], [0] * 8)],
)
def test_clip_alone_gives_middle_frames_and_spread_windows(
    total: int, frames: list[int], starts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = _model()
    monkeypatch.setattr(model, "motion_features", lambda window: window[:, :1, 0, 0, 0])  # the first frame
    clip = torch.arange(float(total)).view(1, 1, total, 1, 1).expand(1, 3, total, 2, 2)
    cut, motion = model._cut(clip)
    assert cut.shape == (1, 8, 3, 2, 2)
    assert cut[0, :, 0, 0, 0].tolist() == frames
    assert motion[0, :, 0].tolist() == starts


def test_loss_is_correlation_plus_weighted_ranking() -> None:
    parts = _model(w_rank=0.5).loss_on(_batch(), STEP)
    torch.testing.assert_close(parts["loss"].detach(), parts["plcc"] + 0.5 * parts["rank"])


def test_one_pixel_maps_have_no_deviation() -> None:
    features = _model().features(torch.rand(1, 3, 8, 16, 16))
    assert features.shape == (1, 7168 + 36 * TINY.motion_width)
    assert features.isfinite().all()


def test_losses_are_float32_under_mixed_precision() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        parts = _model().loss_on(_batch(), STEP)
    assert {part.dtype for part in parts.values()} == {torch.float32}
    assert all(part.isfinite() for part in parts.values())


def _model(**changes: object) -> simplevqa.Model:
    torch.manual_seed(0)
    return simplevqa.Model(replace(TINY, **changes)).eval()  # type: ignore[arg-type]  # the fields differ in type


def _batch() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {
        "frames": torch.rand(3, 8, 3, 16, 16),
        "motion": torch.rand(3, 8, 3, 8, 16, 16),
        "mos": torch.tensor([1.0, 2.0, 4.0]),
    }


def _count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
