"""Films for people: the same bytes each time, at any size and rate."""

from pathlib import Path

import numpy as np
import pytest

from tests.films import pictures
from vqaprep.errors import MediaError
from vqaprep.media.decode import decode
from vqaprep.media.film import write_film


def timed(num: int, *, rate_fps: float = 25.0) -> list[tuple[float, np.ndarray]]:
    return [(i / rate_fps, frame) for i, frame in enumerate(pictures(num))]


def test_a_film_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    odd = [(t_s, frame[:61, :93]) for t_s, frame in timed(30)]
    for name in "ab":
        assert write_film(tmp_path / name, odd, rate_fps=25) == 30
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    shown = [frame.rgb() for frame in decode(str(tmp_path / "a"))]
    assert shown[0].shape == (62, 94, 3)
    assert np.abs(shown[7][:61, :93].astype(int) - odd[7][1]).mean() < 6


@pytest.mark.parametrize("rate_fps", [1e-6, 1e-3, 1.0, 1e6])
def test_any_frame_rate_can_be_written(tmp_path: Path, rate_fps: float) -> None:
    assert write_film(tmp_path / "a.mp4", timed(5, rate_fps=rate_fps), rate_fps=rate_fps) == 5
    times_s = [frame.t_s for frame in decode(str(tmp_path / "a.mp4"))]
    assert times_s == sorted(set(times_s))
    assert times_s[1] - times_s[0] <= 3600


@pytest.mark.parametrize("size_px", [(2, 2), (3, 5), (2, 640), (9000, 4)])
def test_any_size_can_be_written(tmp_path: Path, size_px: tuple[int, int]) -> None:
    frames = [(i / 25, np.full((*size_px, 3), 40 * i, np.uint8)) for i in range(3)]
    assert write_film(tmp_path / "a.mp4", frames, rate_fps=25) == 3
    assert max(next(decode(str(tmp_path / "a.mp4"))).size_px) <= 4096


def test_no_frame_is_too_short(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="too_short"):
        write_film(tmp_path / "a.mp4", [], rate_fps=25)
    assert not (tmp_path / "a.mp4").exists()
