"""The clip networks have the published sizes, equal torchvision's, and keep the shape they promise."""

import pytest
import torch
from torch import nn

from models.encoders.cnn3d import CNN3D, CNN3DName
from models.torchvision_guard import import_torchvision

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
    # Both define their layers in the order in which a clip meets them, so weights map by position.
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
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
