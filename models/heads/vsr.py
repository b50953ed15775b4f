"""Video Score Regressor: sequence scores to one quality score of the clip (SSL-V3, Eq. 2)."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional


class VideoScore(nn.Module):
    """Join the effect of the past (motion), of the future (hysteresis) and of all sequences at once.

    `num_channels` is the width of the evidence the two temporal weightings look at, 1 for the scores.
    """

    def __init__(self, num_sequences: int, *, num_channels: int = 1, kernel: int = 3, hidden: int = 8) -> None:
        super().__init__()
        self.motion = TemporalWeight(num_channels, kernel=kernel, looks="back")
        self.hysteresis = TemporalWeight(num_channels, kernel=kernel, looks="ahead")
        self.whole = nn.Linear(num_sequences, 1)
        self.join = nn.Sequential(nn.Linear(3, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, scores_Bn: Tensor, evidence_BCn: Tensor) -> Tensor:
        """Return the clip's quality (B,); `evidence_BCn` is what the sequences are weighed by."""
        motion = (self.motion(evidence_BCn) * scores_Bn).sum(dim=1, keepdim=True)
        hysteresis = (self.hysteresis(evidence_BCn) * scores_Bn).sum(dim=1, keepdim=True)
        channels = torch.cat((motion, self.whole(scores_Bn), hysteresis), dim=1)
        quality: Tensor = self.join(channels)[:, 0]
        return quality


class TemporalWeight(nn.Module):
    """Weigh each sequence by itself and its neighbours on one side: a one-sided convolution, then softmax.

    It has no bias: a constant added to every sequence does not change the softmax.
    """

    def __init__(self, num_channels: int, *, kernel: int, looks: Literal["back", "ahead"]) -> None:
        super().__init__()
        self.padding = (kernel - 1, 0) if looks == "back" else (0, kernel - 1)
        self.conv = nn.Conv1d(num_channels, 1, kernel, bias=False)

    def logits(self, evidence_BCn: Tensor) -> Tensor:
        """Return a (B, n); zeros stand before the first or after the last sequence."""
        a: Tensor = self.conv(functional.pad(evidence_BCn, self.padding))[:, 0]
        return a

    def forward(self, evidence_BCn: Tensor) -> Tensor:
        """Return weights (B, n) that sum to one over the sequences."""
        return self.logits(evidence_BCn).softmax(dim=1)
