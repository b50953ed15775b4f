"""Frames are those that ffmpeg shows, to the pixel: turned, mirrored, with square pixels, at one size."""

import gc
from fractions import Fraction
from math import cos, radians, sin
from pathlib import Path

import av
import numpy as np
import pytest

from tests.films import Frames, write_film
from tests.reference import run_ffmpeg, shown_by_ffmpeg
from vqaprep.errors import MediaError
from vqaprep.media import display
from vqaprep.media.decode import decode
from vqaprep.media.look import look
from vqaprep.media.probe import probe
from vqaprep.media.reading import Reading
from vqaprep.media.render_crop import usable_frames
from vqaprep.rows import Video

ONE = 1 << 16
ORIENTATIONS = {
    "upright": (ONE, 0, 0, ONE),
    "hflip": (-ONE, 0, 0, ONE),
    "vflip": (ONE, 0, 0, -ONE),
    "hflip, vflip": (-ONE, 0, 0, -ONE),
    "transpose clock": (0, ONE, -ONE, 0),
    "transpose cclock": (0, -ONE, ONE, 0),
    "transpose cclock_flip": (0, ONE, ONE, 0),
    "transpose clock_flip": (0, -ONE, -ONE, 0),
}
NO_TURN = {"zero": (0, 0, 0, 0), "one column": (ONE, 0, ONE, 0), "one row": (0, 0, ONE, ONE), "1 degree": None}
INSERT = ("-bsf:v", "h264_metadata=display_orientation=insert:rotate=90:flip=horizontal")
LOSSLESS = {"x264-params": "qp=0:keyint=8"}
PAL_WIDE = Fraction(64, 45)


def blocks(num: int = 2, *, width_px: int = 96, height_px: int = 64) -> list[Frames]:
    """Return pictures of drawn blocks that no turn leaves as they are."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, 256, (num, height_px // 8 + 1, width_px // 8 + 1, 3), np.uint8)
    return list(drawn.repeat(8, 1).repeat(8, 2)[:, :height_px, :width_px])


def matrix(a: int, b: int, c: int, d: int) -> tuple[int, ...]:
    return a, b, 0, c, d, 0, 0, 0, 1 << 30


def turn(angle: float) -> tuple[int, int, int, int]:
    across, down = round(ONE * cos(radians(angle))), round(ONE * sin(radians(angle)))
    return across, down, -down, across


def read(path: Path, reading: Reading | None = None) -> tuple[Video, Frames]:
    row = probe(str(path), reading)
    return row, np.stack([frame.rgb() for frame in decode(row.uri, scanned=row)])


@pytest.mark.parametrize("aspect", [None, PAL_WIDE], ids=["square", "wide"])
@pytest.mark.parametrize("name", ORIENTATIONS)
def test_every_orientation_is_shown_as_by_ffmpeg(tmp_path: Path, name: str, aspect: Fraction | None) -> None:
    path = write_film(tmp_path / "film.mp4", blocks(), matrix=matrix(*ORIENTATIONS[name]), aspect=aspect)
    row, frames = read(path)
    expected = shown_by_ffmpeg(path, (row.width_px, row.height_px), filters="scale=iw*sar:ih")
    np.testing.assert_array_equal(frames, expected)
    part = next(decode(row.uri, scanned=row)).rgb((16, 8, 40, 32))
    np.testing.assert_array_equal(part, expected[0][8:32, 16:40])
    assert row.orientation == name
    assert row.pixel_aspect == float(aspect or 1)
    assert (row.width_px, row.height_px) == (
        ((45 if aspect else 64), 96) if "transpose" in name else ((136 if aspect else 96), 64)
    )


@pytest.mark.parametrize(
    ("rotation", "turn"), [(0, ()), (-90, (("transpose", "clock"),)), (90, (("transpose", "cclock"),))]
)
def test_a_frame_with_side_data_that_is_not_known_is_turned_by_its_angle(
    rotation: int, turn: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So are frames of stereo videos (MV-HEVC), which carry the number of their view."""

    class Stereo:
        @property
        def side_data(self) -> object:
            raise ValueError("29 is not a valid Type")

        def __init__(self) -> None:
            self.rotation = rotation

    monkeypatch.setattr(display, "_miniature", lambda picture: picture)
    assert display.turn_of(Stereo()) == turn


@pytest.mark.parametrize("name", ["upright", "vflip", "transpose clock"])
def test_no_picture_stays_in_memory_until_python_looks_for_cycles(tmp_path: Path, name: str) -> None:
    path = write_film(tmp_path / "film.mp4", blocks(12), matrix=matrix(*ORIENTATIONS[name]))
    gc.collect()
    gc.disable()
    try:
        for frame in decode(str(path)):
            frame.rgb()
        del frame
        # isinstance would ask objects of torch for their class, and some of them warn of that.
        kept = [kept for kept in gc.get_objects() if type(kept) is av.VideoFrame and kept.width > 16]
    finally:
        gc.enable()
    assert [one for one in kept if one.width > 16] == []


@pytest.mark.parametrize("ending", ["mov", "mkv"])
def test_other_containers_turn_and_mirror_too(tmp_path: Path, ending: str) -> None:
    path = write_film(tmp_path / f"film.{ending}", blocks(), matrix=matrix(0, ONE, ONE, 0))
    row, frames = read(path)
    np.testing.assert_array_equal(frames, shown_by_ffmpeg(path, (64, 96)))
    assert row.orientation == "transpose cclock_flip"


def test_an_orientation_in_the_stream_lasts_until_another_comes(tmp_path: Path) -> None:
    """ffmpeg turns the frames alone that carry it; so the truth is its picture of a file that turns all."""
    plain = write_film(tmp_path / "film.mp4", blocks(20), options=LOSSLESS)
    path = run_ffmpeg("-i", plain, "-c", "copy", *INSERT, tmp_path / "film.ts")
    row, frames = read(path)
    assert row.orientation == "transpose cclock_flip"
    upright = matrix(*ORIENTATIONS[row.orientation])
    turned = write_film(tmp_path / "turned.mp4", blocks(20), options=LOSSLESS, matrix=upright)
    np.testing.assert_array_equal(frames, shown_by_ffmpeg(turned, (64, 96)))
    np.testing.assert_array_equal(frames[0], shown_by_ffmpeg(path, (64, 96))[0])


@pytest.mark.parametrize("name", NO_TURN)
def test_a_matrix_that_turns_nothing_is_left_alone(tmp_path: Path, name: str) -> None:
    path = write_film(tmp_path / "film.mp4", blocks(), matrix=matrix(*(NO_TURN[name] or turn(1))))
    row, frames = read(path)
    np.testing.assert_array_equal(frames, shown_by_ffmpeg(path, (96, 64)))
    assert row.orientation == "upright"


@pytest.mark.parametrize("angle", [30, 181, 359])
def test_between_right_angles_corners_are_black_as_by_ffmpeg(tmp_path: Path, angle: int) -> None:
    path = write_film(tmp_path / "film.mp4", blocks(), matrix=matrix(*turn(angle)))
    row, frames = read(path)
    np.testing.assert_array_equal(frames, shown_by_ffmpeg(path, (96, 64)))
    assert row.orientation == f"rotate {angle}*PI/180"


@pytest.mark.parametrize("pix_fmt", ["yuv422p", "yuv420p10le", "yuv422p10le", "yuv444p10le"])
@pytest.mark.parametrize("name", ["upright", "transpose clock"])
def test_coarse_and_deep_colours_are_those_of_ffmpeg(tmp_path: Path, name: str, pix_fmt: str) -> None:
    path = write_film(tmp_path / "film.mp4", blocks(), matrix=matrix(*ORIENTATIONS[name]), pix_fmt=pix_fmt)
    row, frames = read(path)
    np.testing.assert_array_equal(frames, shown_by_ffmpeg(path, (row.width_px, row.height_px)))


def test_a_window_of_a_scaled_picture_is_cut_from_the_whole(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", blocks(), aspect=Fraction(2))
    frame = next(decode(str(path)))
    assert frame.size_px == (192, 64)
    np.testing.assert_array_equal(frame.rgb((101, 7, 163, 40)), frame.rgb()[7:40, 101:163])
    assert frame.small(96).shape == (32, 96, 3)


def test_stored_pixels_are_kept_where_asked_for(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", blocks(), aspect=PAL_WIDE)
    row, frames = read(path, Reading(pixels="stored"))
    assert (row.width_px, row.height_px, row.pixels) == (96, 64, "stored")
    assert row.pixel_aspect == pytest.approx(64 / 45)
    np.testing.assert_array_equal(frames, shown_by_ffmpeg(path, (96, 64)))


@pytest.mark.parametrize("aspect", [Fraction(1, 255), Fraction(255, 1)])
def test_an_absurd_aspect_is_taken_for_unknown(tmp_path: Path, aspect: Fraction) -> None:
    row, frames = read(write_film(tmp_path / "film.mp4", blocks(), aspect=aspect))
    assert (row.width_px, row.height_px, row.pixel_aspect) == (96, 64, 1.0)
    assert frames.shape[1:3] == (64, 96)


def test_the_container_outranks_the_codec_as_in_ffmpeg(tmp_path: Path) -> None:
    plain = write_film(tmp_path / "film.mp4", blocks(), aspect=PAL_WIDE)
    path = run_ffmpeg("-i", plain, "-c", "copy", "-aspect", "3:1", tmp_path / "other.mkv")
    row, frames = read(path)
    assert row.pixel_aspect == 2.0
    np.testing.assert_array_equal(frames, shown_by_ffmpeg(path, (192, 64), filters="scale=iw*sar:ih"))


def joined(folder: Path, *sizes_px: tuple[int, int]) -> Path:
    """Write a stream whose picture changes its size."""
    parts = [
        write_film(folder / f"{n}.h264", blocks(10, width_px=width, height_px=height), options={"crf": "10"})
        for n, (width, height) in enumerate(sizes_px)
    ]
    path = folder / "joined.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


@pytest.mark.parametrize("sizes_px", [((96, 64), (192, 128)), ((96, 64), (48, 32), (96, 64)), ((96, 64), (98, 64))])
def test_a_picture_that_changes_its_size_is_scaled_to_the_first(
    tmp_path: Path, sizes_px: tuple[tuple[int, int], ...]
) -> None:
    path = joined(tmp_path, *sizes_px)
    row, frames = read(path)
    assert len(frames) == row.num_frames == 10 * len(sizes_px)
    np.testing.assert_array_equal(frames, shown_by_ffmpeg(path, (96, 64)))
    assert look(row).num_frames == len(frames)


@pytest.mark.parametrize("size_px", [(64, 96), (128, 64)], ids=["on its side", "wider"])
def test_a_picture_that_changes_its_proportions_is_refused_everywhere(tmp_path: Path, size_px: tuple[int, int]) -> None:
    video = probe(str(joined(tmp_path, (96, 64), size_px)))
    for watch in (look, lambda video: list(usable_frames(video)), lambda video: list(decode(video.uri, scanned=video))):
        with pytest.raises(MediaError, match=r"frame 10 is .* other proportions than 96x64") as caught:
            watch(video)
        assert caught.value.reason == "unsupported"
