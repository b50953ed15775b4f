"""Momentum contrast: the loss, the slow network and the queue do what the paper says."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from vqaprep.models._momentum import MomentumContrast
from vqaprep.models.losses.moco import moco_loss


class _Unit(nn.Module):
    """One layer onto the unit sphere, with batch statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))

    def forward(self, values: Tensor) -> Tensor:
        return functional.normalize(self.layers(values), dim=1)


def _contrast(network: nn.Module, *, queue_size: int = 5, momentum: float = 0.9) -> MomentumContrast:
    return MomentumContrast(network, dim=2, queue_size=queue_size, momentum=momentum, temperature=0.5, key_groups=2)


def _same(values: Tensor) -> Tensor:
    return values


def test_loss_has_the_closed_form() -> None:
    query, queue = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    loss = moco_loss(query, query, queue_ND=queue, temperature=0.5)
    assert abs(loss.item() - 0.1429316) < 1e-6


def test_own_key_lowers_the_loss_and_the_queue_raises_it() -> None:
    query, queue = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    alike = moco_loss(query, query, queue_ND=queue, temperature=0.5)
    assert alike < moco_loss(query, -query, queue_ND=queue, temperature=0.5)
    assert alike < moco_loss(query, query, queue_ND=query, temperature=0.5)


def test_slow_weight_keeps_the_momentum_and_takes_the_rest() -> None:
    fast = nn.Linear(1, 1)
    nn.init.constant_(fast.weight, 1.0)
    contrast = _contrast(fast, momentum=0.9)
    nn.init.constant_(fast.weight, 2.0)
    contrast.follow(fast)
    assert abs(next(contrast.network.parameters()).item() - (0.9 * 1.0 + 0.1 * 2.0)) < 1e-6


def test_batch_statistics_are_copied_whole() -> None:
    network = _Unit()
    contrast = _contrast(network)
    network(torch.randn(8, 3))
    contrast.follow(network)
    for slow, fast in zip(contrast.network.buffers(), network.buffers(), strict=True):
        assert torch.equal(slow, fast)


def test_queue_starts_with_unit_vectors_and_is_saved() -> None:
    contrast = _contrast(_Unit())
    torch.testing.assert_close(contrast.queue.norm(dim=1), torch.ones(5))
    assert {"queue", "cursor"} <= contrast.state_dict().keys()


@pytest.mark.parametrize(
    ("lengths", "held", "cursor"),
    [
        ([2], [1, 2, 0, 0, 0], 2),
        ([2, 2, 2], [6, 2, 3, 4, 5], 1),
        ([5], [1, 2, 3, 4, 5], 0),
        ([3, 7], [8, 9, 10, 6, 7], 3),
    ],
)
def test_keys_replace_the_oldest_past_the_end(lengths: list[int], held: list[int], cursor: int) -> None:
    contrast = _contrast(_Unit())
    contrast.queue.zero_()
    keys = torch.arange(1, sum(lengths) + 1).float()[:, None].expand(-1, 2)
    for part in torch.split(keys, lengths):
        contrast.enqueue(part)
    assert contrast.queue[:, 0].tolist() == held
    assert contrast.cursor.item() == cursor


def test_gradient_reaches_the_query_and_never_the_key() -> None:
    network, key_clip = _Unit(), torch.randn(4, 3, requires_grad=True)
    contrast = _contrast(network)
    query = network(torch.randn(4, 3))
    contrast(query, key_clip, network=network, gather=_same).backward()
    assert key_clip.grad is None
    assert all(parameter.grad is None for parameter in contrast.parameters())
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_keys_join_the_queue_after_the_loss_in_the_order_of_their_clips() -> None:
    network, clip = _Unit().eval(), torch.randn(4, 3)
    contrast = _contrast(network)
    contrast.network.eval()  # fixed statistics: a key then does not depend on the part it is made in
    query, before = network(clip), contrast.queue.clone()
    loss = contrast(query, clip, network=network, gather=_same)
    torch.testing.assert_close(loss, moco_loss(query, query, queue_ND=before, temperature=0.5))
    torch.testing.assert_close(contrast.queue[:4], query)


def test_keys_are_made_in_parts_with_their_own_statistics() -> None:
    network, clip = _Unit(), torch.randn(8, 3)
    contrast = _contrast(network, queue_size=8)
    contrast(network(clip), clip, network=network, gather=_same)
    assert not torch.allclose(contrast.queue, network(clip))


def test_keys_of_all_ranks_join_the_queue() -> None:
    network = _Unit()
    contrast = _contrast(network)
    contrast(network(torch.randn(2, 3)), torch.randn(2, 3), network=network, gather=lambda keys: torch.cat([keys] * 2))
    assert contrast.cursor.item() == 4


def test_evaluation_leaves_network_and_queue_as_they_are() -> None:
    network = _Unit()
    contrast = _contrast(network).eval()
    nn.init.zeros_(network.layers[0].weight)  # type: ignore[arg-type]  # Sequential hides the type of its parts
    before = {name: value.clone() for name, value in contrast.state_dict().items()}
    contrast(torch.eye(2), torch.randn(2, 3), network=network, gather=_same)
    for name, value in contrast.state_dict().items():
        assert torch.equal(value, before[name])
