"""What a clip network looks at: the picture, or how it changes from frame to frame."""

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from .imagenet import ImageNetNormalize

ClipInput = Literal["picture", "difference"]
_GAIN = 16.0  # brings the changes of ordinary footage to the size of a normalised picture


class FrameDifference(nn.Module):
    """Subtract from each frame the one before; parts without motion are zero, so that they do not hide motion."""

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        """Map RGB in [0, 1], (B, 3, T, H, W), to the same shape; the first frame becomes zero."""
        return functional.pad(_GAIN * clip_BCTHW.diff(dim=2), (0, 0, 0, 0, 1, 0))


def clip_input(kind: ClipInput) -> nn.Module:
    """Return what brings RGB in [0, 1] to what the network reads."""
    return FrameDifference() if kind == "difference" else ImageNetNormalize()
