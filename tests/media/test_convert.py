"""A window is converted to the very pixels that the whole picture would have there."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from tests.compose.variants import lossless, turned
from tests.films import picture, pictures, write_film
from tests.media.crafted_headers import HEADERS
from vqaprep.errors import MediaError
from vqaprep.media.convert import Rect, rgb_of
from vqaprep.media.decode import decode
from vqaprep.media.look import look
from vqaprep.media.probe import probe

FORMATS = ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv444p10le"]
OTHERS = ["yuv420p10le", "yuv422p10le", "nv12", "yuv410p", "yuv411p", "gray", "rgb24", "yuva420p", "bgr0"]
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


@pytest.mark.parametrize("layout", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le"])
def test_a_window_of_a_decoded_picture_has_the_pixels_of_the_whole(tmp_path: Path, layout: str) -> None:
    rng = np.random.default_rng(0)
    film = write_film(tmp_path / "film.mp4", [rng.integers(0, 256, (242, 322, 3), np.uint8)] * 2)
    frame = next(decode(str(lossless(film, tmp_path / "deep.mp4", pix_fmt=layout))))
    assert frame.picture.format.name == layout
    whole = frame.rgb()
    for left, top, right, bottom in windows(322, 242):
        np.testing.assert_array_equal(frame.rgb((left, top, right, bottom)), whole[top:bottom, left:right])


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_picture_is_that_of_a_file_that_stores_it_so(tmp_path: Path, degrees: int) -> None:
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 256, (30, 52, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    plain = lossless(write_film(tmp_path / "film.mp4", [blocks] * 3), tmp_path / "plain.mp4")
    stored, lying = (next(decode(str(path))) for path in (plain, turned(plain, tmp_path, degrees=degrees).path))
    assert lying.picture.rotation % 360 == degrees
    np.testing.assert_array_equal(lying.rgb(), stored.rgb())
    for width_px in (416, 160):
        np.testing.assert_array_equal(lying.small(width_px), stored.small(width_px))
        np.testing.assert_array_equal(lying.small(width_px, gray=True), stored.small(width_px, gray=True))


def test_a_picture_that_cannot_be_converted_is_unsupported(folder: Path) -> None:
    """Two fields have two rows at least."""
    path = folder / "a.y4m"
    path.write_bytes(HEADERS["interlaced-1-row.y4m"]())
    with pytest.raises(MediaError, match="unsupported: a picture of 32x1 px in yuv420p cannot be converted"):
        look(probe(str(path)))
