"""Every frame has one time, which never goes back, and scanning counts on the same times as decoding."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.films import ffmpeg, number_of, pictures, write_film
from vqaprep.media.clock import Break
from vqaprep.media.decode import decode
from vqaprep.media.look import look
from vqaprep.media.probe import probe
from vqaprep.media.timeline import Timeline, packet_times_s
from vqaprep.rows import Video


def timeline() -> Timeline:
    return Timeline(SimpleNamespace(average_rate=25, container=SimpleNamespace(format=SimpleNamespace(flags=0))))


def joined(folder: Path, ending: str, *starts_ms: int) -> Path:
    """Join recordings of 30 frames byte by byte, as `cat` does, and recorders that append."""
    path = folder / f"joined.{ending}"
    with path.open("wb") as file:
        for number, start_ms in enumerate(starts_ms):
            times_ms = [start_ms + 40 * i for i in range(30)]
            marked = {"mpegts_flags": "initial_discontinuity"} if ending == "ts" else {}
            part = write_film(folder / f"{number}.{ending}", pictures(30), times_ms=times_ms, muxer=marked)
            file.write(part.read_bytes())
    return path


def assert_scanned_as_decoded(row: Video) -> list[float]:
    """Check that `scan` foresaw count, start and end of the frames that the decoder gives; return their times."""
    times_s = [frame.t_s for frame in decode(row.uri)]
    assert row.num_frames == len(times_s)
    assert row.start_s == pytest.approx(times_s[0], abs=1e-6)
    assert row.duration_s == pytest.approx(times_s[-1] - times_s[0] + 1 / row.rate_fps, abs=1e-6)
    assert all(np.diff(times_s) >= 0)
    return times_s


@pytest.mark.parametrize(("ending", "starts_ms"), [("ts", (0, 0)), ("ts", (60_000, 0, 500)), ("mkv", (0, 0))])
def test_times_that_jump_back_are_a_splice(tmp_path: Path, ending: str, starts_ms: tuple[int, ...]) -> None:
    row = probe(str(joined(tmp_path, ending, *starts_ms)))
    times_s = assert_scanned_as_decoded(row)
    splices = list(range(30, 30 * len(starts_ms), 30))
    assert (row.rate_fps, row.is_vfr, row.num_gaps) == (25, False, len(splices))
    assert np.flatnonzero(look(row).breaks & Break.GAP).tolist() == splices
    assert [number_of(frame.rgb()) for frame in decode(row.uri)] == list(range(30)) * len(starts_ms)
    assert np.diff(times_s)[np.asarray(splices) - 1].tolist() == pytest.approx([1.0] * len(splices))


def test_times_that_jump_ahead_keep_their_distance(tmp_path: Path) -> None:
    row = probe(str(joined(tmp_path, "ts", 0, 100_000)))
    times_s = assert_scanned_as_decoded(row)
    assert (row.rate_fps, row.num_gaps) == (25, 1)
    assert times_s[30] - times_s[0] == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize("ending", ["avi", "asf"])
def test_containers_that_store_no_time_of_display_show_frames_in_order(tmp_path: Path, ending: str) -> None:
    """They say when frames are decoded; what the demuxer would guess from that is wrong for B-frames."""
    film = write_film(tmp_path / "film.mp4", pictures(30))
    ffmpeg("-i", str(film), "-c:v", "libx264", "-bf", "2", str(tmp_path / f"film.{ending}"))
    row = probe(str(tmp_path / f"film.{ending}"))
    times_s = assert_scanned_as_decoded(row)
    np.testing.assert_allclose(np.diff(times_s), 0.04)
    assert (row.rate_fps, row.is_vfr, row.num_gaps) == (25, False, 0)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "mov", "flv", "h264"])
def test_containers_with_times_are_scanned_as_decoded(tmp_path: Path, ending: str) -> None:
    assert_scanned_as_decoded(probe(str(write_film(tmp_path / f"film.{ending}", pictures(30)))))


def test_a_small_disorder_is_no_splice() -> None:
    line = timeline()
    assert [line.follow(t_s) for t_s in (0, 0.04, 0.03, 0.12, 0.16)] == [0, 0.04, 0.04, 0.12, 0.16]


def test_an_unknown_time_is_one_step_on() -> None:
    line = timeline()
    assert [line.follow(t_s) for t_s in (None, None, 0.2, None)] == pytest.approx([0, 0.04, 0.2, 0.36])


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([(0, 0), (3, 1), (1, 2), (2, 3)], [1, 2, 3]),  # the first can never be shown
        ([(1, 0), (None, None), (2, 1)], [1, 2]),
        ([(1, 0), (None, 1), (None, 2)], [1, 2, 3]),
        ([(9, 0), (None, 1), (7, 2)], [1, 2, 3]),
        ([(1, 0), (3, 1), (2, 2), (1, 0), (2, 1)], [1, 2, 3, 13, 14]),
        ([(None, None)] * 3, [0, 0.04, 0.08]),
    ],
)
def test_packets_are_put_in_the_order_of_display(
    stamps: list[tuple[int | None, int | None]], times: list[float]
) -> None:
    found = packet_times_s(stamps, Fraction(1), timeline(), first_s=1.0)
    assert found.tolist() == pytest.approx(times)
