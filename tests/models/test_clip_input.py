"""A network that looks at differences sees motion and nothing else."""

import torch

from vqaprep.models.encoders.clip_input import clip_input


def test_a_still_picture_is_zero() -> None:
    clip = torch.rand(2, 3, 1, 8, 8).expand(-1, -1, 6, -1, -1)
    assert clip_input("difference")(clip).abs().max() == 0


def test_a_brighter_frame_shows_where_it_comes_and_goes() -> None:
    clip = torch.zeros(1, 3, 5, 2, 2)
    clip[:, :, 2] = 0.5
    seen = clip_input("difference")(clip)[0, 0, :, 0, 0]
    assert seen.sign().tolist() == [0, 0, 1, -1, 0]


def test_a_picture_keeps_its_shape() -> None:
    clip = torch.rand(2, 3, 6, 8, 8)
    assert clip_input("picture")(clip).shape == clip_input("difference")(clip).shape == clip.shape
