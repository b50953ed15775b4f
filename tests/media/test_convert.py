"""A window is converted to the very pixels that the whole picture would have there."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from tests.films import picture, pictures, write_film
from vqaprep.media.convert import Rect, rgb_of, upright
from vqaprep.media.decode import decode

FORMATS = ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le"]
OTHERS = ["nv12", "yuv410p", "yuv411p", "gray", "rgb24", "yuva420p", "bgr0"]
SIZES = [(96, 64), (130, 98), (322, 242), (321, 240), (320, 241), (97, 65)]


def noise(layout: str, width_px: int, height_px: int) -> Any:
    """Return a picture whose every sample is drawn."""
    frame = av.VideoFrame(width_px, height_px, layout)
    rng = np.random.default_rng(0)
    planes: Any = frame.planes
    for plane in planes:
        samples = np.frombuffer(plane, np.uint16 if "10le" in layout else np.uint8)
        samples[:] = rng.integers(0, 1024 if "10le" in layout else 256, samples.shape)
    return frame


def windows(width_px: int, height_px: int, num: int = 8) -> list[Rect]:
    """Return drawn windows, odd offsets and sizes among them, and the four corners."""
    rng = np.random.default_rng(1)
    x, y = np.sort(rng.integers(0, width_px - 1, (num, 2))), np.sort(rng.integers(0, height_px - 1, (num, 2)))
    drawn = [(int(a), int(b), int(c) + 1, int(d) + 1) for (a, c), (b, d) in zip(x, y, strict=True)]
    return [*drawn, (0, 0, 1, 1), (width_px - 1, height_px - 1, width_px, height_px), (0, 0, width_px, height_px)]


@pytest.mark.parametrize("layout", [*FORMATS, *OTHERS])
@pytest.mark.parametrize(("width_px", "height_px"), SIZES)
def test_a_window_has_the_pixels_of_the_whole(layout: str, width_px: int, height_px: int) -> None:
    source = noise(layout, width_px, height_px)
    for colorspace, color_range in ((0, 0), (1, 1), (5, 2), (9, 1)):
        source.colorspace, source.color_range = colorspace, color_range
        whole = source.to_ndarray(format="rgb24")
        for left, top, right, bottom in windows(width_px, height_px):
            found = rgb_of(source, VideoReformatter(), window=(left, top, right, bottom))
            np.testing.assert_array_equal(found, whole[top:bottom, left:right])


@pytest.mark.parametrize("layout", FORMATS)
def test_only_the_surroundings_of_a_window_are_converted(layout: str) -> None:
    class Watching:
        def reformat(self, part: Any, **how: Any) -> Any:
            self.size_px = (part.width, part.height)
            return part.reformat(**how)

    converter: Any = Watching()
    rgb_of(noise(layout, 640, 480), converter, window=(203, 101, 300, 200))
    assert max(converter.size_px) <= 160


@pytest.mark.parametrize("degrees", [None, 90, 180, 270])
def test_a_window_lies_in_the_displayed_picture(tmp_path: Path, degrees: int | None) -> None:
    path = write_film(tmp_path / "film.mp4", [picture(5)] * 2, rotation_deg=degrees)
    frame = next(decode(str(path)))
    whole = frame.rgb()
    assert frame.size_px == (whole.shape[1], whole.shape[0])
    np.testing.assert_array_equal(frame.rgb((7, 11, 40, 31)), whole[11:31, 7:40])


def test_frames_of_one_film_do_not_share_their_pixels(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", pictures(6))
    together = [frame.rgb((0, 0, 80, 16)) for frame in decode(str(path))]
    alone = [frame.rgb((0, 0, 80, 16)).copy() for frame in decode(str(path))]
    np.testing.assert_array_equal(together, alone)
    assert not np.array_equal(alone[0], alone[1])


class Lying:
    """A decoded picture with a rotation flag, and the converter that takes it."""

    def __init__(self, picture: Any, degrees: int) -> None:
        self.picture, self.rotation = picture, degrees

    def __getattr__(self, name: str) -> Any:
        return getattr(self.picture, name)

    def reformat(self, picture: "Lying", **how: Any) -> Any:
        return picture.picture.reformat(**how)


def samples(picture: Any) -> list[Any]:
    """Return the rows of each plane, without what fills them up."""
    size = 2 if "10le" in picture.format.name else 1
    planes = picture.planes
    return [np.frombuffer(p, np.uint8).reshape(p.height, -1)[:, : p.width * size].view(f"u{size}") for p in planes]


@pytest.mark.parametrize("layout", [layout for layout in FORMATS if "422" not in layout])
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_an_upright_picture_has_the_samples_of_one_that_was_stored_so(layout: str, degrees: int) -> None:
    source = noise(layout, 130, 98)
    lying: Any = Lying(source, degrees)
    found = upright(lying, lying)
    assert found.format.name == layout
    for plane, stored in zip(samples(found), samples(source), strict=True):
        np.testing.assert_array_equal(plane, np.rot90(stored, degrees // 90))


@pytest.mark.parametrize("layout", ["yuv422p", *OTHERS])
def test_other_pictures_are_turned_upright_in_rgb(layout: str) -> None:
    source = noise(layout, 130, 98)
    lying: Any = Lying(source, 90)
    found = upright(lying, lying).to_ndarray(format="rgb24")
    np.testing.assert_array_equal(found, np.rot90(source.to_ndarray(format="rgb24")))
