"""Swin3D against torchvision's, and the gated bias against its definition."""

import pytest
import torch
from torch import Tensor, nn

from vqaprep.models.encoders.published import to_our_names
from vqaprep.models.encoders.swin3d import Swin3D, SwinSettings
from vqaprep.models.encoders.window_attention import WindowAttention3D, plan_windows
from vqaprep.models.torchvision_guard import import_torchvision

SMALL = SwinSettings(dim=8, depths=(2, 2), heads=(1, 2), window=(2, 3, 3))


def test_plain_swin_equals_torchvision() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    theirs = import_torchvision().models.video.swin3d_t(weights=None).double().eval()
    ours = Swin3D(SwinSettings()).double().eval()
    ours.load_state_dict(_from_torchvision(theirs.state_dict()))
    clip = torch.randn(1, 3, 8, 112, 112, dtype=torch.float64)
    with torch.no_grad():
        pooled = ours(clip).mean((2, 3, 4))
        theirs.head = nn.Identity()
        torch.testing.assert_close(pooled, theirs(clip), atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", [(2, 8, 8), (5, 25, 18), (4, 12, 24)])
def test_padding_and_shifting_equal_torchvision(size: tuple[int, int, int]) -> None:
    video = import_torchvision().models.video.swin_transformer
    torch.manual_seed(0)
    theirs = video.SwinTransformer3d([2, 4, 4], 8, [2, 2], [1, 2], [2, 3, 3]).double().eval()
    ours = Swin3D(SMALL).double().eval()
    ours.load_state_dict(_from_torchvision(theirs.state_dict()))
    clip = torch.randn(2, 3, *size, dtype=torch.float64)
    theirs.head = nn.Identity()
    torch.testing.assert_close(ours(clip).mean((2, 3, 4)), theirs(clip), atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        (SwinSettings(), 27_850_470),
        (SwinSettings(fragments=7), 28_078_620),
        (SwinSettings(dim=24, heads=(1, 2, 4, 8)), 1_849_242),
    ],
)
def test_parameter_counts_are_the_papers(settings: SwinSettings, count: int) -> None:
    with torch.device("meta"):
        encoder = Swin3D(settings)
    assert sum(parameter.numel() for parameter in encoder.parameters()) == count


def test_token_grid_halves_in_space_and_keeps_time() -> None:
    assert Swin3D(SMALL)(torch.zeros(1, 3, 4, 24, 40)).shape == (1, 16, 2, 3, 5)


def test_open_gate_equals_plain_attention() -> None:
    gated, x = _gated_attention(), torch.randn(1, 2, 6, 6, 8)
    plan = plan_windows((2, 6, 6), (2, 3, 3), is_shifted=True, fragments=6)
    plain = plan_windows((2, 6, 6), (2, 3, 3), is_shifted=True)
    opened = type(plan)(plan.window, plan.shift, plan.mask, torch.ones_like(_gate_of(plan.gate)))
    torch.testing.assert_close(gated(x, opened), gated(x, plain))


def test_equal_tables_make_the_gate_irrelevant() -> None:
    gated, x = _gated_attention(), torch.randn(1, 2, 6, 6, 8)
    assert gated.fragment is not None
    gated.fragment.data.copy_(gated.relative)
    plans = [plan_windows((2, 6, 6), (2, 3, 3), is_shifted=False, fragments=n) for n in (1, 2, 6)]
    first, *others = (gated(x, plan) for plan in plans)
    for other in others:
        torch.testing.assert_close(other, first, atol=1e-5, rtol=0)


def test_empty_fragment_table_changes_the_output() -> None:
    gated, x = _gated_attention(), torch.randn(1, 2, 6, 6, 8)
    nn.init.normal_(gated.relative)
    plan = plan_windows((2, 6, 6), (2, 3, 3), is_shifted=False, fragments=2)
    plain = plan_windows((2, 6, 6), (2, 3, 3), is_shifted=False)
    assert (gated(x, plan) - gated(x, plain)).abs().max() > 1e-3


def test_gate_is_closed_inside_a_fragment_and_open_between() -> None:
    plan = plan_windows((1, 4, 4), (1, 4, 4), is_shifted=False, fragments=2)
    gate = _gate_of(plan.gate)[0]
    same_fragment, next_column, diagonal = (0, 5), (0, 2), (0, 10)
    assert [gate[pair].item() for pair in (same_fragment, next_column, diagonal)] == [0, 1, 1]


def test_abs_gate_sums_both_distances_up_to_the_published_maxima() -> None:
    for grid, unshifted in ((56, 2), (28, 4), (14, 6)):
        maxima = [
            _gate_of(plan_windows((8, grid, grid), (8, 7, 7), is_shifted=shifted, fragments=7, gate="abs").gate).max()
            for shifted in (False, True)
        ]
        assert maxima[0] == unshifted
        assert maxima[1] == 12


def test_gate_moves_with_the_shifted_windows() -> None:
    plan = plan_windows((1, 4, 8), (1, 4, 4), is_shifted=True, fragments=2)
    assert plan.shift == (0, 0, 2)
    assert _gate_of(plan.gate)[0, 0].tolist() == [0, 0, 1, 1] * 2 + [1, 1, 1, 1] * 2


def test_only_the_last_stage_has_no_fragment_table() -> None:
    encoder = Swin3D(SwinSettings(dim=8, depths=(1, 1, 1), heads=(1, 1, 1), window=(2, 2, 2), fragments=2))
    tables = [name for name, _ in encoder.named_parameters() if name.endswith("attention.fragment")]
    assert tables == [f"stages.{stage}.blocks.0.attention.fragment" for stage in (0, 1)]


def test_unfit_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="one number per stage"):
        SwinSettings(depths=(2, 2))
    with pytest.raises(ValueError, match="not a multiple of its 5 heads"):
        SwinSettings(heads=(3, 5, 12, 24))


def _gated_attention() -> WindowAttention3D:
    torch.manual_seed(0)
    return WindowAttention3D(8, 2, window=(2, 3, 3), is_gated=True).eval()


def _gate_of(gate: Tensor | None) -> Tensor:
    assert gate is not None
    return gate


def _from_torchvision(state: dict[str, Tensor]) -> dict[str, Tensor]:
    kept = {name: tensor for name, tensor in state.items() if not name.startswith("head")}
    return to_our_names(kept, nn.Identity())
