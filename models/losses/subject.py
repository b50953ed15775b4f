"""Loss of whole subjects: every clip of a subject votes over an epoch (SSL-V3, Eq. 6 and Appendix B)."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

# Keeps the logarithm of a subject that is wholly right or wrong finite.
_EDGE = 1e-6


class SubjectLoss(nn.Module):
    """Cross entropy of what the clips of each subject seen this epoch say together.

    - `soft`: a clip votes with its probabilities, a subject's prediction is the mean vote. Votes of
      earlier batches count but are constants: the gradient flows through the clips at hand.
    - `literal`: a clip votes for its most probable class, and a subject is right (1) when more than
      half of its votes are, else wrong (0). Counting leaves no gradient; torch ends the logarithm at
      -100, so the loss of a wrong subject is 100.

    `total` adds the subjects up ("accumulates them together", Appendix B) or takes their mean. The mean is weaker than
    the focal loss by three orders of magnitude over an epoch of I-CONECT.

    The running sums are a buffer, so a checkpoint within an epoch continues exactly. Across ranks the
    sums of each batch are added, so every rank holds the same sums and the loss of all clips.
    """

    votes: Tensor
    labels: Tensor

    def __init__(
        self,
        num_subjects: int,
        num_classes: int,
        *,
        reading: Literal["soft", "literal"] = "soft",
        total: Literal["sum", "mean"] = "mean",
    ) -> None:
        super().__init__()
        self.reading, self.total = reading, total
        self.register_buffer("votes", torch.zeros(num_subjects, num_classes))
        self.register_buffer("labels", torch.zeros(num_subjects, num_classes))

    def reset(self) -> None:
        """Forget all clips: a new epoch begins."""
        self.votes.zero_()
        self.labels.zero_()

    def forward(
        self, probability: Tensor, label: Tensor, *, subject: Tensor, gather: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """Add a batch and return the scalar loss of the subjects seen since `reset`.

        `probability` (B, C) sums to one per clip; `label` (B,) and `subject` (B,) are int64 indices.
        All clips of a subject carry the same label. `gather` joins tensors along dimension 0 across ranks.
        """
        if self.reading == "literal":
            probability = _one_hot(probability.argmax(dim=1), like=self.votes)
        votes = self.votes + self._sum(probability, subject, gather)
        labels = self.labels + self._sum(_one_hot(label, like=self.labels), subject, gather)
        self.votes.copy_(votes.detach())
        self.labels.copy_(labels)
        return self._loss(votes, labels)

    def _sum(self, values_BC: Tensor, subject: Tensor, gather: Callable[[Tensor], Tensor]) -> Tensor:
        """Sum the clips of each subject over all ranks: (S, C)."""
        sums = torch.zeros_like(self.votes).index_add(0, subject, values_BC.to(self.votes.dtype))
        return gather(sums[None]).sum(dim=0)

    def _loss(self, votes: Tensor, labels: Tensor) -> Tensor:
        num_clips = labels.sum(dim=1)
        seen = num_clips > 0
        share = (votes * labels).sum(dim=1)[seen] / num_clips[seen].square()
        if self.reading == "literal":
            is_right = (share > 0.5).to(share.dtype)
            return functional.binary_cross_entropy(is_right, torch.ones_like(share), reduction=self.total)
        losses = -share.clamp(_EDGE, 1 - _EDGE).log()
        return losses.sum() if self.total == "sum" else losses.mean()


def _one_hot(index: Tensor, *, like: Tensor) -> Tensor:
    return functional.one_hot(index, like.shape[1]).to(like.dtype)
