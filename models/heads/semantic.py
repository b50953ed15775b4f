"""Let one path of a network look at the other at the same place, and change by what it sees.

Shapes: B batch, D H W tokens along time, height and width, C channels.
"""

from torch import Tensor, nn
from torch.nn import functional


class CrossAttention(nn.Module):
    """Attend from each token of one path to all moments of the other at the same height and width."""

    def __init__(self, dim: int, other_dim: int, *, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(other_dim, dim)
        self.value = nn.Linear(other_dim, dim)

    def forward(self, x_BDHWC: Tensor, other_BDHWC: Tensor) -> Tensor:
        """Return what was seen, shaped as `x`; the paths share H and W, not D and C."""
        query = self._per_place(self.query(x_BDHWC))
        key, value = self._per_place(self.key(other_BDHWC)), self._per_place(self.value(other_BDHWC))
        attended = functional.scaled_dot_product_attention(query, key, value)
        batch, depth, height, width, dim = x_BDHWC.shape
        return attended.transpose(1, 2).reshape(batch, height, width, depth, dim).permute(0, 3, 1, 2, 4)

    def _per_place(self, x_BDHWC: Tensor) -> Tensor:
        """Make places the batch: (B*H*W, heads, D, C/heads)."""
        batch, depth, height, width, dim = x_BDHWC.shape
        x = x_BDHWC.permute(0, 2, 3, 1, 4).reshape(batch * height * width, depth, self.heads, dim // self.heads)
        return x.transpose(1, 2)


class SemanticTransform(nn.Module):
    """Scale and shift each token by what it saw: x <- sigmoid(gate(seen)) * x + shift(seen).

    Gate and shift are one channel each, the same for all of x (the KVQ challenge's baseline). `has_shift` False
    leaves the shift out, where a later layer norm would remove it.
    """

    def __init__(self, dim: int, *, has_shift: bool = True) -> None:
        super().__init__()
        self.gate = nn.Linear(dim, 1)
        self.shift = nn.Linear(dim, 1) if has_shift else None

    def forward(self, x_BDHWC: Tensor, seen_BDHWC: Tensor) -> Tensor:
        """Transform `x` by `seen` of the same shape."""
        scaled: Tensor = self.gate(seen_BDHWC).sigmoid() * x_BDHWC
        return scaled if self.shift is None else scaled + self.shift(seen_BDHWC)
