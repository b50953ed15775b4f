"""A clip is changed as a whole, by its own draws alone, and not at all where nothing is asked."""

import colorsys

import pytest
import torch
from torch import Tensor

from vqaprep.training.augment import NONE, NUM_DRAWS, Augment, augment, to_float

ALL = Augment(
    hflip=0.5, vflip=0.5, rotate_deg=20, color=0.8, brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1,
    gray=0.3, blur=0.5,
)  # fmt: skip


def clips(num: int = 6, *, still: bool = False) -> Tensor:
    """Return clips (num, 3, 4, 20, 24) in [0, 1]; `still` ones show one picture in all frames."""
    drawn = torch.rand(num, 3, 1 if still else 4, 20, 24, generator=torch.Generator().manual_seed(0))
    return drawn.expand(-1, -1, 4, -1, -1).contiguous()


def draws(num: int = 6, seed: int = 1) -> Tensor:
    return torch.rand(num, NUM_DRAWS, generator=torch.Generator().manual_seed(seed))


def middle() -> Tensor:
    """Return draws that ask for no change of colour, and say yes to every question."""
    found = torch.full((1, NUM_DRAWS), 0.5)
    found[:, 5] = 0
    return found


def test_nothing_asked_changes_nothing() -> None:
    torch.testing.assert_close(augment(clips(), draws(), NONE), clips(), rtol=0, atol=0)


def test_zero_width_colour_changes_nothing() -> None:
    how = Augment(hflip=0, color=1.0)
    torch.testing.assert_close(augment(clips(), draws(), how), clips())


def test_the_input_is_left_as_it_is() -> None:
    given = clips()
    augment(given, draws(), ALL)
    torch.testing.assert_close(given, clips(), rtol=0, atol=0)


def test_what_happens_depends_on_the_clip_and_its_draws_alone() -> None:
    together = augment(clips(), draws(), ALL)
    for i in range(6):
        torch.testing.assert_close(augment(clips()[i : i + 1], draws()[i : i + 1], ALL), together[i : i + 1])
    assert not torch.equal(augment(clips(), draws(seed=2), ALL), together)


def test_every_frame_of_a_clip_is_treated_alike() -> None:
    found = augment(clips(still=True), draws(), ALL)
    torch.testing.assert_close(found, found[:, :, :1].expand_as(found))


def test_colours_stay_colours() -> None:
    found = augment(clips(), draws(), ALL)
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-6
    assert found.shape == clips().shape


@pytest.mark.parametrize(("name", "dim"), [("hflip", -1), ("vflip", -2)])
def test_a_flip_is_a_flip(name: str, dim: int) -> None:
    how = Augment(hflip=float(name == "hflip"), vflip=float(name == "vflip"))
    torch.testing.assert_close(augment(clips(), draws(), how), clips().flip(dim))


@pytest.mark.parametrize(("draw", "factor"), [(0.0, 0.6), (0.5, 1.0), (1.0, 1.4)])
def test_brightness_is_a_factor_between_its_ends(draw: float, factor: float) -> None:
    asked = middle()
    asked[:, 6] = draw
    found = augment(clips(1) / 2, asked, Augment(hflip=0, color=1.0, brightness=0.4))
    torch.testing.assert_close(found, clips(1) / 2 * factor)


@pytest.mark.parametrize("draw", [0.0, 0.5, 1.0])
def test_contrast_keeps_the_mean_and_scales_around_it(draw: float) -> None:
    asked = middle()
    asked[:, 7] = draw
    given = 0.4 + clips(1) / 10
    found = augment(given, asked, Augment(hflip=0, color=1.0, contrast=0.4))
    assert found.mean() == pytest.approx(float(given.mean()), abs=3e-3)
    assert (found.std() / given.std()) == pytest.approx(1 + 0.4 * (2 * draw - 1), rel=1e-4)


def test_no_saturation_is_gray() -> None:
    asked = middle()
    asked[:, 8] = 0
    found = augment(clips(1), asked, Augment(hflip=0, color=1.0, saturation=1.0))
    torch.testing.assert_close(found, augment(clips(1), asked, Augment(hflip=0, gray=1.0)))
    assert (found.max(1).values - found.min(1).values).max() < 1e-5


@pytest.mark.parametrize("draw", [0.0, 0.25, 1.0])
def test_hue_turns_by_no_more_than_asked_and_keeps_luma(draw: float) -> None:
    asked = middle()
    asked[:, 9] = draw
    given = torch.tensor([0.6, 0.4, 0.4]).view(1, 3, 1, 1, 1).expand(1, 3, 2, 4, 4).contiguous()
    found = augment(given, asked, Augment(hflip=0, color=1.0, hue=0.1))
    luma = torch.tensor([0.299, 0.587, 0.114])
    assert float(found[0, :, 0, 0, 0] @ luma) == pytest.approx(float(given[0, :, 0, 0, 0] @ luma), abs=1e-3)
    hue = colorsys.rgb_to_hsv(*found[0, :, 0, 0, 0].tolist())[0]
    turned = min(hue, 1 - hue)
    assert turned == pytest.approx(0.1 * abs(2 * draw - 1), abs=0.05)


def test_a_quarter_turn_turns() -> None:
    asked = torch.full((1, NUM_DRAWS), 0.5)
    asked[:, 4] = 1.0
    square = clips(1)[..., :20]
    found = augment(square, asked, Augment(hflip=0, rotate_deg=90))
    errors = [float((found - square.rot90(k, (-2, -1))).abs().max()) for k in (1, -1)]
    assert min(errors) < 1e-4


def test_a_blur_is_an_average() -> None:
    flat = torch.full((1, 3, 2, 16, 16), 0.3)
    yes = torch.zeros(1, NUM_DRAWS)
    torch.testing.assert_close(augment(flat, yes, Augment(hflip=0, blur=1.0)), flat)
    strong = torch.zeros(1, NUM_DRAWS)
    strong[:, 12] = 1
    assert augment(clips(1), strong, Augment(hflip=0, blur=1.0)).std() < clips(1).std() / 2


def test_bytes_become_shares_of_one() -> None:
    given = torch.tensor([[[[[0, 128, 255]]]]], dtype=torch.uint8)
    found = to_float(given)
    assert found.shape == (1, 3, 1, 1, 1)
    assert found.flatten().tolist() == pytest.approx([0, 128 / 255, 1])
