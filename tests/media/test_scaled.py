"""Scaling straight from the decoder's planes is the exact mean over areas, to the rounding of the result."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from tests.films import pictures, write_film
from tests.reference import run_ffmpeg, shown_by_ffmpeg
from vqaprep.media.decode import decode
from vqaprep.media.display import Display
from vqaprep.media.probe import probe

Real = npt.NDArray[np.float64]

BT709, UNKNOWN, BT601, BT2020 = 1, 2, 5, 9
LIMITED, FULL = 1, 2
_WEIGHTS = {BT709: (0.2126, 0.0722), BT601: (0.299, 0.114), UNKNOWN: (0.299, 0.114), BT2020: (0.2627, 0.0593)}
_TO = (398, 224)


def textured(layout: str, width_px: int, height_px: int, matrix: int, color_range: int) -> Any:
    """Return a picture of blobs and noise whose samples stay within the range."""
    rng, depth = np.random.default_rng(0), 10 if "10" in layout else 8
    frame = av.VideoFrame(width_px, height_px, layout)
    for number, plane in enumerate(frame.planes):
        blobs = cv2.resize(rng.random((plane.height // 8, plane.width // 8)), (plane.width, plane.height))
        values = 0.7 * blobs + 0.3 * rng.random(blobs.shape)
        low, high = (64, 192) if number else (40, 210)
        samples = np.rint((low + (high - low) * values) * 2 ** (depth - 8)).astype(np.uint16 if depth > 8 else np.uint8)
        rows = np.zeros((plane.height, plane.line_size), np.uint8)
        rows[:, : samples[0].nbytes] = samples.view(np.uint8)
        plane.update(rows.tobytes())
    frame.colorspace, frame.color_range = matrix, color_range
    frame.time_base = Fraction(1, 25)
    return frame


def exact_mean(picture: Any, size_px: tuple[int, int]) -> Real:
    """Return the mean over areas of each plane as RGB (ITU-T H.273), computed in floating point."""
    depth = 10 if "10" in picture.format.name else 8
    means = []
    for plane in picture.planes:
        rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
        samples = rows.view(np.uint16) if depth > 8 else rows
        whole = samples[:, : plane.width].astype(np.float64) / 2 ** (depth - 8)
        means.append(cv2.resize(whole, size_px, interpolation=cv2.INTER_AREA))
    is_full = picture.color_range == FULL or "yuvj" in picture.format.name
    luma = means[0] if is_full else (means[0] - 16) * 255 / 219
    blue, red = ((mean - 128) * (1 if is_full else 255 / 224) for mean in means[1:])
    of_red, of_blue = _WEIGHTS[int(picture.colorspace)]
    r, b = luma + 2 * (1 - of_red) * red, luma + 2 * (1 - of_blue) * blue
    return np.stack([r, (luma - of_red * r - of_blue * b) / (1 - of_red - of_blue), b], axis=-1)


@pytest.mark.parametrize(
    ("layout", "size_px", "matrix", "color_range"),
    [
        ("yuv420p", (1280, 720), BT709, LIMITED),
        ("yuv420p", (1280, 720), UNKNOWN, LIMITED),
        ("yuv420p", (853, 481), BT709, FULL),
        ("yuvj420p", (801, 451), BT601, FULL),
        ("yuv422p", (1280, 720), BT601, LIMITED),
        ("yuv444p", (640, 360), BT601, LIMITED),
        ("yuv420p10le", (1280, 720), BT709, LIMITED),
        ("yuv422p10le", (1280, 720), BT2020, LIMITED),
    ],
)
def test_each_pixel_is_the_mean_over_its_area(
    layout: str, size_px: tuple[int, int], matrix: int, color_range: int
) -> None:
    picture = textured(layout, *size_px, matrix, color_range)
    exact = exact_mean(picture, _TO)
    is_inside = ((exact > 1) & (exact < 254)).all(axis=-1)
    assert is_inside.mean() > 0.5
    off = np.abs(Display(size_px).scaled(picture, (), _TO) - exact)[is_inside]
    assert off.max() < 1, "rounding to whole levels costs up to 0.5, swscale's coefficients the rest"
    assert off.mean() < 0.26, "rounding alone costs 0.25"


@pytest.mark.parametrize("turn", [(), (("transpose", "clock"),), (("hflip", ""), ("vflip", ""))])
def test_turned_pictures_are_scaled_as_displayed(turn: tuple[tuple[str, str], ...]) -> None:
    picture = textured("yuv420p", 640, 480, BT709, LIMITED)
    upright = Display((640, 480)).scaled(picture, (), (320, 240)).astype(int)
    shown_px, to = ((480, 640), (240, 320)) if "transpose" in dict(turn) else ((640, 480), (320, 240))
    turned = Display(shown_px).scaled(picture, turn, to)
    times = {0: 0, 1: 3, 2: 2}[len(turn)]
    assert np.abs(turned - np.rot90(upright, times)).max() <= 1


def test_pictures_are_enlarged_without_blocks() -> None:
    picture = textured("yuv420p", 160, 120, BT709, LIMITED)
    whole = Display((160, 120)).rgb(picture, ())
    smooth = cv2.resize(whole, (320, 240), interpolation=cv2.INTER_CUBIC)
    larger = Display((160, 120)).scaled(picture, (), (320, 240))
    assert larger.shape == (240, 320, 3)
    assert np.abs(larger.astype(int) - smooth).mean() < 5


@pytest.mark.parametrize("aspect", [None, Fraction(64, 45)])
@pytest.mark.parametrize("fields", [(), ("-vf", "setfield=tff", "-flags", "+ildct+ilme")], ids=["frames", "fields"])
def test_films_are_scaled_as_by_ffmpeg(tmp_path: Path, aspect: Fraction | None, fields: tuple[str, ...]) -> None:
    drawn = write_film(
        tmp_path / "film.mp4", [np.asarray(cv2.resize(one, (192, 128)), np.uint8) for one in pictures(8)], aspect=aspect
    )
    path = run_ffmpeg("-i", drawn, *fields, "-c:v", "mpeg2video", "-qscale:v", 2, tmp_path / "film.mpg")
    row = probe(str(path))
    size_px = (66 if aspect else 48), 32
    ours = np.stack([frame.scaled(size_px) for frame in decode(row.uri, scanned=row)]).astype(int)
    flags = "area+accurate_rnd+full_chroma_int"
    theirs = shown_by_ffmpeg(path, size_px, filters=f"scale={size_px[0]}:{size_px[1]}:flags={flags},format=gbrp")
    assert ours.shape == theirs.shape
    off = np.abs(ours - theirs)
    assert off.mean() < 0.2
    assert (off > 1).mean() < 0.02, "chroma lies at the left of luma here, which ffmpeg's filter ignores"
