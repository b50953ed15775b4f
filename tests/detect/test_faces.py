"""The face detector gets its picture as the network was taught, and names the cells of any size of picture."""

import numpy as np
import pytest

from vqaprep.detect.faces import _anchors, _network_input

_MEAN_BGR = np.array([104, 117, 123], np.float32)


def test_the_network_sees_blue_first_around_zero() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    found = _network_input(rgb)
    assert found.shape == (1, 3, 50, 70)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0].transpose(1, 2, 0), rgb[..., ::-1] - _MEAN_BGR)


@pytest.mark.parametrize("size", [(360, 640), (351, 623), (32, 32), (50, 70)])
def test_cells_that_hang_over_the_edge_have_anchors_too(size: tuple[int, int]) -> None:
    height_px, width_px = size
    cells = sum(-(-height_px // stride) * -(-width_px // stride) for stride in (8, 16, 32))
    assert _anchors(*size).shape == (2 * cells, 3)
