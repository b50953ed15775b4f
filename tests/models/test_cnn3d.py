"""The clip networks have the published sizes, equal torchvision's, and keep the shape they promise."""

import pytest
import torch
from torch import nn

from vqaprep.models.encoders.cnn3d import CNN3D, CNN3DName
from vqaprep.models.encoders.published import to_our_names
from vqaprep.models.torchvision_guard import import_torchvision

PUBLISHED: dict[CNN3DName, int] = {
    "c3d": 27_661_440,
    "r3d_10": 14_361_792,
    "r2plus1d_10": 14_365_303,
    "r3d_18": 33_166_272,
    "r2plus1d_18": 31_300_125,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_network_has_the_published_number_of_parameters(name: CNN3DName) -> None:
    with torch.device("meta"):
        network = CNN3D(name)
    assert sum(parameter.numel() for parameter in network.parameters()) == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_sixteen_frames_of_112_pixels_give_512_by_2_by_7_by_7(name: CNN3DName) -> None:
    with torch.device("meta"):
        features = CNN3D(name)(torch.empty(2, 3, 16, 112, 112))
    assert features.shape == (2, 512, 2, 7, 7)


@pytest.mark.parametrize("name", PUBLISHED)
def test_width_scales_every_layer(name: CNN3DName) -> None:
    network = CNN3D(name, width=4)
    assert network.dim == 32
    assert network(torch.rand(2, 3, 8, 32, 32)).shape == (2, 32, 1, 2, 2)


@pytest.mark.parametrize("name", ["r3d_18", "r2plus1d_18"])
def test_eighteen_layers_equal_torchvision(name: CNN3DName) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    theirs = getattr(import_torchvision().models.video, name)(weights=None)
    theirs.fc = nn.Identity()
    _shake_batch_norms(theirs)
    ours = CNN3D(name)
    ours.load_state_dict(to_our_names(theirs.state_dict(), ours))
    clip = torch.rand(1, 3, 8, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(clip).mean(dim=(2, 3, 4)), theirs.eval()(clip), atol=1e-6, rtol=1e-6)


def _shake_batch_norms(network: nn.Module) -> None:
    """Give the batch norms statistics that are not the identity, so that a lost one shows."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            assert module.running_mean is not None
            assert module.running_var is not None
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)


@pytest.mark.parametrize("num_frames", [8, 16])
def test_mixed_precision_on_a_cpu_gives_the_gradient_of_full_precision(num_frames: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network, clip = CNN3D("r3d_10", width=4).train(), torch.rand(4, 3, num_frames, 32, 32)
    gradients = []
    for is_mixed in (False, True):
        network.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_mixed):
            maps = network(clip)
        maps.float().square().mean().backward()
        gradients.append([p.grad.flatten().clone() for p in network.parameters() if p.grad is not None])
    for full, mixed in zip(*gradients, strict=True):
        assert nn.functional.cosine_similarity(full, mixed, dim=0) > 0.9
