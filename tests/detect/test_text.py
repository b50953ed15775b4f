"""Loading a caption reader wastes no time on weights that are loaded over, and a line of writing has a largest size."""

from typing import Any

import numpy as np
import pytest
import torch

from vqaprep.detect.ppocr import PaddleReader
from vqaprep.detect.text import _without_drawing
from vqaprep.rows import Box


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


@pytest.mark.parametrize("size_px", [(8000, 6), (16_000, 2), (60, 20), (3, 900)])
def test_a_line_is_read_within_bounds_whatever_its_shape(size_px: tuple[int, int]) -> None:
    seen = []

    class Network:
        def run(self, _: None, given: dict[str, Any]) -> list[Any]:
            seen.append(given["x"].shape)
            return [np.ones((1, 4, 3), np.float32)]

    reader = PaddleReader.__new__(PaddleReader)
    reader._reader, reader._signs = Network(), ["", "a", " "]
    width_px, height_px = size_px
    reader._read(np.zeros((height_px, width_px, 3), np.uint8), Box(0, 0, width_px, height_px))
    [(_, channels, height, width)] = seen
    assert (channels, height) == (3, 48) and 320 <= width <= 3200
