"""The statistical contrastive loss against its vector and its limits."""

import pytest
import torch
from torch.nn import functional

from vqaprep.models.losses.mvg import fit_gaussian, mvg_distance
from vqaprep.models.losses.statistical import contrast, statistical_contrastive_loss


def test_loss_of_given_distances_has_its_value() -> None:
    distances = torch.tensor([[[1.0, 3.0], [2.0, 0.5]]], dtype=torch.float64)
    assert contrast(distances, 10.0).item() == pytest.approx(0.6095480 + 0.6101680, abs=1e-7)


def test_one_version_costs_nothing() -> None:
    first, second = torch.randn(2, 3, 1, 6, 4)
    assert statistical_contrastive_loss(first, second).item() == 0


def test_distances_pair_the_first_draw_of_each_row_with_the_second_of_each_column() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(2, 1, 3, 9, 4)
    distances = torch.stack(
        [
            torch.stack([mvg_distance(fit_gaussian(row), fit_gaussian(column)) for column in second[0]])
            for row in first[0]
        ]
    )
    expected = contrast(distances[None], 10.0).float()
    torch.testing.assert_close(statistical_contrastive_loss(first, second), expected)


def test_scenes_do_not_meet() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(2, 2, 3, 9, 4)
    alone = [statistical_contrastive_loss(first[s : s + 1], second[s : s + 1]) for s in (0, 1)]
    torch.testing.assert_close(statistical_contrastive_loss(first, second), torch.stack(alone).mean())


def test_cosine_form_compares_mean_tokens() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(2, 1, 2, 5, 4)
    cosine = functional.cosine_similarity(first[0].mean(1)[:, None], second[0].mean(1)[None], dim=-1)
    expected = contrast((1 - cosine)[None], 0.1)
    loss = statistical_contrastive_loss(first, second, temperature=0.1, distance="cosine")
    torch.testing.assert_close(loss, expected)


def test_cosine_form_does_not_depend_on_the_order_of_tokens() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(2, 1, 2, 5, 4)
    loss = statistical_contrastive_loss(first, second, distance="cosine")
    torch.testing.assert_close(loss, statistical_contrastive_loss(first, second.flip(2), distance="cosine"))


def test_attracting_the_pair_lowers_the_loss() -> None:
    torch.manual_seed(0)
    offsets = torch.arange(3.0).view(1, 3, 1, 1) * 3
    first, second = torch.randn(2, 1, 3, 50, 4) + offsets
    assert statistical_contrastive_loss(first, second) < statistical_contrastive_loss(first, second.roll(1, dims=1))
