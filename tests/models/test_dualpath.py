"""The dual-path network: its sizes, its clock, and when the second path does nothing."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from vqaprep.models import dualpath_vqa
from vqaprep.models._step import BatchStep
from vqaprep.models.encoders.dualpath import DualPath, _clock, sinusoid
from vqaprep.models.encoders.swin3d import Swin3D
from vqaprep.models.heads.semantic import CrossAttention, SemanticTransform

STEP = BatchStep(epoch=0, index=0, is_last=False)
TINY = dualpath_vqa.PRESETS["tiny"]


def test_sizes_are_the_papers() -> None:
    with torch.device("meta"):
        model = dualpath_vqa.Model(dualpath_vqa.PRESETS["paper"])
    encoder = model.encoder
    assert _count(encoder.slow) == 27_850_470
    assert _count(encoder.fast) == 1_849_242
    assert _count(encoder.into_slow) == 1_167_173
    assert _count(model) == 30_928_518


def test_slow_path_sees_every_fourth_frame_of_thirty_two() -> None:
    encoder, seen = DualPath(replace(TINY, slow_stride=4)), []
    encoder.slow.embed.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    clip = torch.arange(32.0).view(1, 1, 32, 1, 1).expand(1, 3, 32, 16, 16)
    encoder(clip)
    assert seen[0][0, 0, :, 0, 0].tolist() == [0, 4, 8, 12, 16, 20, 24, 28]


def test_sinusoid_starts_with_zero_and_one() -> None:
    assert sinusoid(torch.tensor([0]), 6).tolist() == [[0, 1, 0, 1, 0, 1]]
    expected = torch.tensor([[0.14112, -0.98999, 0.0299955, 0.99955]])
    torch.testing.assert_close(sinusoid(torch.tensor([3]), 4), expected, atol=1e-5, rtol=0)


def test_both_paths_read_the_same_clock() -> None:
    slow, fast = _clock(torch.zeros(1, 4, 1, 1, 8), 8), _clock(torch.zeros(1, 16, 1, 1, 8), 2)
    torch.testing.assert_close(slow, fast[:, ::4])


def test_open_gate_without_shift_leaves_the_slow_path_as_plain_swin() -> None:
    torch.manual_seed(0)
    encoder = DualPath(TINY).eval()
    for transform in (module for module in encoder.modules() if isinstance(module, SemanticTransform)):
        for layer in (transform.gate, transform.shift):
            if layer is not None:
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)
        transform.gate.bias.data.fill_(torch.inf)
    clip = torch.rand(2, 3, 8, 32, 32)
    slow, _ = encoder(clip)
    torch.testing.assert_close(slow, _single_path(encoder.slow, clip[:, :, ::2], frames_per_token=4))


def test_without_crossing_and_fast_weights_the_score_is_the_slow_paths() -> None:
    torch.manual_seed(0)
    model = dualpath_vqa.Model(replace(TINY, has_cross_attention=False)).eval()
    nn.init.zeros_(model.weigh_fast.weight)
    nn.init.zeros_(model.weigh_fast.bias)
    clip = torch.rand(2, 3, 8, 32, 32)
    slow = _single_path(model.encoder.slow, model.normalize(clip)[:, :, ::2], frames_per_token=4)
    expected = model.score(model.weigh_slow(slow.mean(dim=(2, 3, 4)))).squeeze(1)
    torch.testing.assert_close(model.predict({"clip": clip})["quality"], expected)


def test_cross_attention_looks_only_at_its_own_place() -> None:
    torch.manual_seed(0)
    attend = CrossAttention(8, 4, heads=2)
    x, other = torch.randn(1, 2, 3, 3, 8), torch.randn(1, 5, 3, 3, 4)
    moved = other.clone()
    moved[:, :, 1, 2] += 1
    changed = (attend(x, moved) - attend(x, other)).abs().amax(dim=(0, 1, 4)) > 1e-6
    assert changed.nonzero().tolist() == [[1, 2]]


def test_cross_attention_equals_torchs() -> None:
    torch.manual_seed(0)
    attend = CrossAttention(8, 4, heads=2)
    theirs = nn.MultiheadAttention(8, 2, kdim=4, vdim=4, batch_first=True)
    ours = (attend.query, attend.key, attend.value)
    for layer, name in zip(ours, ("q_proj_weight", "k_proj_weight", "v_proj_weight"), strict=True):
        getattr(theirs, name).data.copy_(layer.weight)
    theirs.in_proj_bias.data.copy_(torch.cat([layer.bias for layer in ours]))
    nn.init.eye_(theirs.out_proj.weight)
    x, other = torch.randn(1, 2, 1, 1, 8), torch.randn(1, 5, 1, 1, 4)
    expected, _ = theirs(x[:, :, 0, 0], other[:, :, 0, 0], other[:, :, 0, 0])
    torch.testing.assert_close(attend(x, other)[:, :, 0, 0], expected)


def test_fast_path_looks_back_only_when_asked() -> None:
    torch.manual_seed(0)
    clip = torch.rand(1, 3, 8, 32, 32)
    for is_bidirectional in (False, True):
        encoder = DualPath(replace(TINY, is_bidirectional=is_bidirectional)).eval()
        _, before = encoder(clip)
        nn.init.normal_(encoder.slow.embed.norm.weight)
        _, after = encoder(clip)
        assert torch.equal(before, after) != is_bidirectional


def test_loss_is_correlation_plus_weighted_ranking() -> None:
    torch.manual_seed(0)
    model = dualpath_vqa.Model(replace(TINY, w_rank=0.5)).eval()
    parts = model.loss_on({"clip": torch.rand(3, 3, 8, 32, 32), "mos": torch.tensor([1.0, 2.0, 2.5])}, STEP)
    torch.testing.assert_close(parts["loss"].detach(), parts["plcc"] + 0.5 * parts["rank"])


def test_widths_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="use a multiple of 8"):
        replace(TINY, dim=20)
    with pytest.raises(ValueError, match="not a multiple of its 3 heads"):
        replace(TINY, fast_heads=(1, 3))


def test_losses_are_float32_under_mixed_precision() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        parts = dualpath_vqa.Model(TINY).loss_on(
            {"clip": torch.rand(3, 3, 8, 32, 32), "mos": torch.tensor([1.0, 2.0, 2.5])}, STEP
        )
    assert {part.dtype for part in parts.values()} == {torch.float32}
    assert all(part.isfinite() for part in parts.values())


def _single_path(path: Swin3D, clip: Tensor, *, frames_per_token: int) -> Tensor:
    x = _clock(path.embed(clip), frames_per_token)
    for index in range(len(path.stages)):
        x = path.advance(x, index)
    return path.finish(x)


def _count(module: nn.Module | None) -> int:
    assert module is not None
    return sum(parameter.numel() for parameter in module.parameters())
