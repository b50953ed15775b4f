"""Writing that comes or goes is noticed; people who move are not writing."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from vqaprep.detect.layout import WIDTH_PX, Layout
from vqaprep.detect.tiles import Edges
from vqaprep.rows import Box


def _room(text: str = "", head_px: int = 150) -> npt.NDArray[np.uint8]:
    gray = np.full((180, WIDTH_PX), 90, np.uint8)
    cv2.circle(gray, (head_px, 80), 30, 170, -1)
    if text:
        gray[150:172, 8:150] = 30
        cv2.putText(gray, text, (12, 166), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 240, 1)
    return gray


def test_a_caption_that_comes_to_stay_is_a_change_and_one_that_stays_is_none() -> None:
    layout = Layout()
    assert layout.is_changed(_room())
    layout.remember(_room())
    changes = [layout.is_changed(_room("Maria Silva")) for _ in range(3)]
    assert changes == [False, False, True]
    layout.remember(_room("Maria Silva"))
    assert not any(layout.is_changed(_room("Maria Silva")) for _ in range(5))
    assert [layout.is_changed(_room()) for _ in range(3)][-1]


def test_a_head_that_moves_is_no_change() -> None:
    layout = Layout()
    layout.remember(_room())
    assert not any(layout.is_changed(_room(head_px=150 + 7 * i)) for i in range(10))


def test_the_tile_of_a_caption_ends_at_the_straight_edges_around_it() -> None:
    gray = np.full((360, 640), 10, np.uint8)
    gray[40:320, 4:316], gray[40:320, 324:636] = 120, 70
    tile = Edges(gray).tile_around(Box(360, 270, 80, 16))
    assert np.allclose((tile.x_px, tile.y_px, tile.w_px, tile.h_px), (324, 40, 312, 280), atol=1)


def test_a_picture_without_edges_is_one_tile() -> None:
    gray = np.tile(np.linspace(0, 255, 640, dtype=np.uint8), (360, 1))
    assert Edges(gray).tile_around(Box(334, 296, 80, 16)) == Box(0, 0, 640, 360)


@pytest.mark.parametrize("size_px", [(2, 2), (3, 5), (4, 320), (320, 4), (7, 15), (8, 16)])
def test_a_picture_smaller_than_a_block_can_be_compared(size_px: tuple[int, int]) -> None:
    layout = Layout()
    gray = np.full(size_px, 90, np.uint8)
    assert layout.is_changed(gray)
    layout.remember(gray)
    assert not layout.is_changed(gray)
