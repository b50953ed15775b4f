"""Bring RGB clips to the mean and deviation that networks trained on ImageNet expect."""

import torch
from torch import Tensor, nn


class ImageNetNormalize(nn.Module):
    """Subtract the mean of ImageNet's channels and divide by their standard deviation."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, values in {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}.items():
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1, 1), persistent=False)

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        """Map RGB in [0, 1], (B, 3, T, H, W), to the same shape."""
        return (clip_BCTHW - self.mean) / self.std
