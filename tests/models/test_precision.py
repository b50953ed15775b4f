"""Full precision inside mixed precision."""

import torch

from vqaprep.models._precision import full_precision


def test_autocast_is_off_within_and_back_after() -> None:
    x = torch.ones(2, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with full_precision(x.device):
            assert (x @ x).dtype == torch.float32
        assert (x @ x).dtype == torch.bfloat16


def test_device_without_autocast_is_left_alone() -> None:
    x = torch.ones(2, 2, device="meta")
    with full_precision(x.device):
        assert (x @ x).dtype == torch.float32
