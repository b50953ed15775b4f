"""ViViT has the published sizes, its block is standard attention, and it sees space and time."""

import pytest
import torch
from torch import nn

from vqaprep.models.encoders.vivit import Block, ViViT, ViViTSettings

TINY = ViViTSettings(
    num_frames=4, size_px=16, tubelet=(2, 8, 8), dim=8, depth_space=1, depth_time=1, heads=2, head_dim=4
)


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("size_px", "published"), [(112, 3_857_474), (224, 4_309_058)])
def test_flat_tubelets_with_a_two_way_head_have_the_published_size(size_px: int, published: int) -> None:
    settings = ViViTSettings(size_px=size_px, tubelet=(1, 16, 16), has_temporal_position=False)
    with torch.device("meta"):
        head = nn.Sequential(nn.LayerNorm(192), nn.Linear(192, 2))
        assert _count(ViViT(settings)) + _count(head) == published


def test_backbone_with_tubelets_of_two_frames_has_the_published_size() -> None:
    with torch.device("meta"):
        assert _count(ViViT(ViViTSettings(has_temporal_position=False))) == 3_927_360
        assert _count(ViViT(ViViTSettings())) == 3_927_360 + 9 * 192


def test_block_equals_standard_multi_head_attention() -> None:
    torch.manual_seed(0)
    block = Block(12, 3, head_dim=4, mlp_ratio=2, dropout=0.0)
    attention = nn.MultiheadAttention(12, 3, batch_first=True)
    with torch.no_grad():
        assert attention.in_proj_weight is not None
        attention.in_proj_weight.copy_(block.qkv.weight)
        attention.in_proj_bias.zero_()
        attention.out_proj.load_state_dict(block.project.state_dict())
    x = torch.randn(2, 5, 12)
    normed = block.norm_attention(x)
    expected = x + attention(normed, normed, normed, need_weights=False)[0]
    expected = expected + block.mlp(block.norm_mlp(expected))
    torch.testing.assert_close(block(x), expected)


def test_clip_becomes_a_class_token_and_one_feature_per_step() -> None:
    assert ViViT(TINY)(torch.rand(3, 3, 4, 16, 16)).shape == (3, 3, 8)


@pytest.mark.parametrize("has_temporal_position", [True, False])
def test_class_token_depends_on_the_order_of_time(has_temporal_position: bool) -> None:
    torch.manual_seed(0)
    vivit = ViViT(ViViTSettings(**(vars(TINY) | {"has_temporal_position": has_temporal_position})))
    clip = torch.rand(1, 3, 4, 16, 16)
    swapped = clip[:, :, [2, 3, 0, 1]]
    assert not torch.allclose(vivit(clip)[:, 0], vivit(swapped)[:, 0], atol=1e-6)


def test_clip_that_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="does not divide into tubelets"):
        ViViTSettings(size_px=100)
