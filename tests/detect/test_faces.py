"""The face detector gets its picture as the network was taught."""

import numpy as np

from vqaprep.detect.faces import _network_input

_MEAN_BGR = np.array([104, 117, 123], np.float32)


def test_the_network_sees_blue_first_around_zero_and_mean_colour_beyond_the_picture() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    found = _network_input(rgb)
    assert found.shape == (1, 3, 64, 96)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0, :, :50, :70].transpose(1, 2, 0), rgb[..., ::-1] - _MEAN_BGR)
    assert not found[..., 50:, :].any()
    assert not found[..., 70:].any()
