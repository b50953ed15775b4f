"""Loading the caption reader wastes no time on weights that are loaded over."""

import torch

from vqaprep.detect.text import _without_drawing


def test_layers_are_made_without_drawing_and_load_as_ever() -> None:
    torch.manual_seed(0)
    state = torch.get_rng_state()
    with _without_drawing():
        layer = torch.nn.Linear(4, 4)
        torch.nn.init.normal_(layer.weight)
        torch.nn.init.constant_(tensor=layer.bias, val=3.0)
    assert torch.equal(torch.get_rng_state(), state)
    wanted = torch.nn.Linear(4, 4)
    layer.load_state_dict(wanted.state_dict())
    assert torch.equal(layer.weight, wanted.weight)
