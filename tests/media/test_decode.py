"""Frames are told by their place in one sequential decode, whatever the container does."""

from pathlib import Path

import numpy as np
import pytest

from tests.films import Frames, cut_without_decoding, number_of, picture, pictures, write_film
from vqaprep.errors import MediaError
from vqaprep.media.decode import decode
from vqaprep.media.probe import probe

VFR_MS = [40 * i + 40 * (i // 5) for i in range(30)]


def numbers(path: Path) -> list[int]:
    return [number_of(frame.rgb()) for frame in decode(str(path))]


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "mov"])
def test_every_frame_is_found_in_order_with_b_frames_and_open_gops(tmp_path: Path, ending: str) -> None:
    path = write_film(tmp_path / f"film.{ending}", pictures(40))
    assert numbers(path) == list(range(40))
    assert [frame.index for frame in decode(str(path))] == list(range(40))


def test_times_of_a_variable_rate_film_are_its_own(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", pictures(30), times_ms=VFR_MS)
    assert numbers(path) == list(range(30))
    np.testing.assert_allclose([f.t_s for f in decode(str(path))], np.asarray(VFR_MS) / 1000, atol=2e-3)


def test_a_late_start_is_kept(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", pictures(20), times_ms=[5000 + 40 * i for i in range(20)])
    times_s = [frame.t_s for frame in decode(str(path))]
    assert times_s[0] == pytest.approx(5.0, abs=2e-3)
    assert numbers(path) == list(range(20))


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("start_s", [0.5, 0.96])
def test_a_cut_without_decoding_gives_what_probing_promised(tmp_path: Path, ending: str, start_s: float) -> None:
    whole = write_film(tmp_path / f"whole.{ending}", pictures(60))
    path = cut_without_decoding(whole, tmp_path / f"cut.{ending}", start_s=start_s)
    row, shown = probe(str(path)), numbers(path)
    assert shown == list(range(shown[0], 60)), "frames in order, none missing"
    assert abs(row.num_frames - len(shown)) <= 2
    assert list(decode(str(path), num_frames=row.num_frames))[-1].index == len(shown) - 1


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotated_picture_is_shown_upright(tmp_path: Path, degrees: int) -> None:
    upright = picture(5)
    stored = np.ascontiguousarray(np.rot90(upright, -degrees // 90))
    path = write_film(tmp_path / "film.mp4", [stored] * 3, rotation_deg=degrees)
    frame = next(decode(str(path)))
    assert frame.rgb().shape == upright.shape
    assert number_of(frame.rgb()) == 5
    assert frame.small(48).shape == (32, 48, 3)


@pytest.mark.parametrize("degrees", [0, 90])
def test_small_pictures_have_the_width_asked_for(tmp_path: Path, degrees: int) -> None:
    path = write_film(tmp_path / "film.mp4", pictures(3), rotation_deg=degrees)
    frame = next(decode(str(path)))
    assert frame.small(32).shape[1] == 32
    assert frame.small(32, gray=True).shape == frame.small(32).shape[:2]


def test_small_pictures_are_never_enlarged(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", pictures(3))
    assert next(decode(str(path))).small(4000).shape == picture(0).shape


def test_colours_survive(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", [picture(0)] * 3, options={"crf": "4"})
    square: Frames = next(decode(str(path))).rgb()[40:48, 4:12].astype(np.uint8)
    np.testing.assert_allclose(square.mean(axis=(0, 1)), (220, 40, 40), atol=12)


def test_a_film_of_one_frame_has_one_frame(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", pictures(1))
    assert numbers(path) == [0]


def test_fewer_frames_than_promised_is_truncated(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mp4", pictures(10))
    with pytest.raises(MediaError, match=r"truncated: 10 of 20") as caught:
        list(decode(str(path), num_frames=20))
    assert caught.value.reason == "truncated"


def test_the_bar_code_can_tell_frames_apart() -> None:
    assert [number_of(frame) for frame in pictures(40)] == list(range(40))
