"""A video is cut into seconds without gaps, whatever its length, rate and size."""

from pathlib import Path

import numpy as np
import pytest

from tests.films import picture, pictures, write_film
from vqaprep.errors import MediaError
from vqaprep.evaluation.quality.watch import seconds_of, windows_of
from vqaprep.media.probe import probe
from vqaprep.rows import Span


def test_seconds_follow_each_other_and_the_rest_counts(tmp_path: Path) -> None:
    row = probe(str(write_film(tmp_path / "a.mp4", pictures(60))))
    found = [(round(one.start_s - row.start_s, 3), round(one.end_s - row.start_s, 3)) for one in seconds_of(row)]
    assert found == [(0, 1), (1, 2), (2, 2.4)]
    every = [round(one.start_s - row.start_s, 3) for one in seconds_of(row, every=2)]
    assert every == [0, 2]


@pytest.mark.parametrize(("num_frames", "num_seconds"), [(2, 0), (3, 1), (9, 1), (25, 1)])
def test_short_videos_have_one_second(tmp_path: Path, num_frames: int, num_seconds: int) -> None:
    row = probe(str(write_film(tmp_path / "a.mp4", pictures(num_frames))))
    assert len(list(seconds_of(row))) == num_seconds


def test_no_second_spans_an_outage_and_a_freeze_is_kept(tmp_path: Path) -> None:
    times_ms = [40 * i + 5000 * (i >= 25) for i in range(50)]
    row = probe(str(write_film(tmp_path / "a.mkv", pictures(50), times_ms=times_ms)))
    assert [round(one.start_s - row.start_s) for one in seconds_of(row)] == [0, 6]
    held = probe(str(write_film(tmp_path / "b.mkv", [picture(3)] * 25)))
    (second,) = seconds_of(held)
    assert second.windows[0]["rhythm_still"] > 0.5


def test_only_usable_spans_are_looked_at(tmp_path: Path) -> None:
    row = probe(str(write_film(tmp_path / "a.mp4", pictures(75)))).having(usable_spans=(Span(1.0, 2.0),))
    assert [(round(one.start_s, 2), round(one.end_s, 2)) for one in seconds_of(row)] == [(1.0, 2.0)]


def test_high_rates_are_thinned(tmp_path: Path) -> None:
    times_ms = [10 * i for i in range(100)]
    row = probe(str(write_film(tmp_path / "a.mkv", pictures(100), times_ms=times_ms)))
    (second,) = seconds_of(row)
    assert second.end_s - second.start_s == pytest.approx(1.0, abs=0.05)


def test_a_tiny_picture_is_refused(tmp_path: Path) -> None:
    row = probe(str(write_film(tmp_path / "a.mp4", [frame[:32, :64] for frame in pictures(10)])))
    with pytest.raises(MediaError, match="48 on each side"):
        list(seconds_of(row))


@pytest.mark.parametrize("size_px", [(320, 240), (1280, 720), (720, 1280), (1920, 1080), (3840, 2160), (2000, 200)])
def testwindows_of_lie_inside_and_visit_the_whole_picture(size_px: tuple[int, int]) -> None:
    seen = np.zeros(size_px[::-1], bool)
    for number in range(60):
        windows = windows_of(size_px, number)
        assert 1 <= len(windows) <= 3
        for left, top, right, bottom in windows:
            assert 0 <= left < right <= size_px[0] and 0 <= top < bottom <= size_px[1]
            seen[top:bottom, left:right] = True
    assert seen.mean() > 0.99
