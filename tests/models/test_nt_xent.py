"""NT-Xent has its closed form, counts 2N - 1 terms a row and does not mind the views' lengths or order."""

import torch

from vqaprep.models.losses.nt_xent import nt_xent_loss


def test_loss_has_the_closed_form() -> None:
    views = torch.eye(2)
    assert abs(nt_xent_loss(views, views, temperature=0.5).item() - 0.2395448) < 1e-6


def test_each_row_has_the_partner_above_all_others_but_itself() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(2, 3, 4)
    views = [row / row.norm() for row in [*first, *second]]
    total = torch.zeros(())
    for i, view in enumerate(views):
        terms = [torch.exp(view @ other / 0.3) for j, other in enumerate(views) if j != i]
        assert len(terms) == 5
        total -= torch.log(torch.exp(view @ views[(i + 3) % 6] / 0.3) / sum(terms))
    torch.testing.assert_close(nt_xent_loss(first, second, temperature=0.3), total / 6)


def test_loss_does_not_depend_on_length_or_on_which_view_is_first() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(2, 3, 4)
    loss = nt_xent_loss(first, second, temperature=0.5)
    torch.testing.assert_close(nt_xent_loss(7 * second, 0.1 * first, temperature=0.5), loss)
