"""The pair of speeds and the place of change of a clip, as one distribution over its segments.

Shapes: B batch, D width, T frames, P speeds of the pool, M places of change.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class Segments(nn.Module):
    """Score every transform of the task `fine` by the steps before and after its change, and by the change itself.

    A constant speed r scores the sum over all steps of how well each fits r. A change from r to s at frame m scores the
    steps before m under r and those after it under s, and the change at m. This is the posterior of a change point
    with learned likelihoods; the prior is that of drawing every place, and no change, alike (source 003, section 4.3).
    """

    def __init__(self, dim: int, *, num_frames: int, pool: int) -> None:
        super().__init__()
        low, high = num_frames // 3, 2 * num_frames // 3
        self.pool, self.num_places = pool, high - low + 1
        self.places = list(range(low, high + 1))
        self.pairs = [(a, b) for a in range(pool) for b in range(pool) if a != b]
        self.step = nn.Conv1d(dim, pool, 1)
        self.change = nn.Conv1d(dim, len(self.pairs), 3, padding=1)
        self.constant = nn.Linear(dim, pool)

    def forward(self, maps_BDT: Tensor) -> tuple[Tensor, Tensor]:
        """Map features of the T - 1 steps to log probabilities of the speeds (B, P * P) and places (B, M + 1)."""
        # sums[..., m] is the sum over the m steps before frame m.
        sums = functional.pad(self.step(maps_BDT).cumsum(dim=2), (1, 0))
        before, whole = sums[..., self.places], sums[..., -1]
        after = whole[..., None] - before
        # The steps on both sides of frame m are m - 1 and m.
        change = self.change(maps_BDT)
        beside = change[..., [m - 1 for m in self.places]] + change[..., self.places]
        changed = torch.stack([before[:, a] + after[:, b] for a, b in self.pairs], dim=1) + beside
        constant = whole + self.constant(maps_BDT.mean(dim=2))
        changed = changed - math.log(len(self.pairs))
        constant = constant - math.log(self.pool)
        both = torch.cat([changed.flatten(1), constant], dim=1).log_softmax(dim=1)
        changed, constant = both[:, : -self.pool].view_as(changed), both[:, -self.pool :]
        place = torch.cat([changed.logsumexp(dim=1), constant.logsumexp(dim=1, keepdim=True)], dim=1)
        return self._by_class(changed.logsumexp(dim=2), constant), place

    def _by_class(self, of_pairs: Tensor, of_constants: Tensor) -> Tensor:
        """Return the columns in the order of the classes: first speed times the pool, plus second speed."""
        columns = {a * self.pool + b: of_pairs[:, i] for i, (a, b) in enumerate(self.pairs)}
        columns |= {a * self.pool + a: of_constants[:, a] for a in range(self.pool)}
        return torch.stack([columns[number] for number in sorted(columns)], dim=1)


def mirrored_pairs(shares: Tensor, pool: int) -> Tensor:
    """Return the shares (B, P * P) of clips from those of the clips played backwards: the two speeds are exchanged."""
    return shares.view(-1, pool, pool).mT.reshape(shares.shape)


def mirrored_places(shares: Tensor) -> Tensor:
    """Return the shares (B, M + 1) of clips from those of the clips played backwards.

    A change at frame m of T frames is one at frame T - 1 - m backwards, which is a place too unless 3 divides T. The
    last class, no change, stays.
    """
    return torch.cat([shares[:, :-1].flip(1), shares[:, -1:]], dim=1)
