"""The rate of a video is its nominal one, whatever its frames went through on their way into the file."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest

from vqaprep.media.rate import nominal_rate

COMMON = [Fraction(24000, 1001), 24, 25, Fraction(30000, 1001), 30, 48, 50, Fraction(60000, 1001), 60, 120]
Times = npt.NDArray[np.float64]


def times_of(rate_fps: float, num_frames: int = 300, *, grid_s: float = 0.0) -> Times:
    """Return the times of a constant rate, rounded to a grid as containers do."""
    times_s = np.arange(num_frames) / rate_fps
    return np.rint(times_s / grid_s) * grid_s if grid_s else times_s


@pytest.mark.parametrize("grid_s", [0.0, 1 / 90_000, 1e-3], ids=["exact", "TS", "ms"])
@pytest.mark.parametrize("fps", COMMON, ids=str)
def test_a_common_rate_is_found_to_the_last_digit(fps: Fraction, grid_s: float) -> None:
    assert nominal_rate(times_of(float(fps), grid_s=grid_s)) == (float(fps), False)


@pytest.mark.parametrize("fps", COMMON, ids=str)
def test_lost_frames_change_no_rate(fps: Fraction) -> None:
    """Every twentieth frame is lost, one in a row or three, from times in milliseconds."""
    times_s = times_of(float(fps), 600, grid_s=1e-3)
    number = np.arange(600)
    kept = times_s[~((number % 20 == 7) | ((number % 100 >= 8) & (number % 100 < 10)))]
    assert nominal_rate(kept) == (float(fps), True)


@pytest.mark.parametrize("pauses_s", [(20.0,), (3.0, 3.0, 3.0), (3600.0, 0.4), (1e9,)])
@pytest.mark.parametrize("fps", [25, 29.97, 30000 / 1001, 14.2])
def test_pauses_change_no_rate(fps: float, pauses_s: tuple[float, ...]) -> None:
    times_s = times_of(fps, 400)
    for number, pause_s in enumerate(pauses_s, start=1):
        times_s[90 * number :] += pause_s
    found = nominal_rate(times_s)
    assert found.rate_fps == pytest.approx(fps, rel=2e-6)
    assert not found.is_vfr


def test_many_outages_of_a_constant_rate_do_not_make_it_a_variable_one() -> None:
    times_s = times_of(30, 900)
    times_s += np.arange(900) // 30 * 1.5
    assert nominal_rate(times_s) == (30.0, False)


@pytest.mark.parametrize("fps", [29.3, 23.1, 27.77, 59.5])
def test_a_rate_that_is_none_of_the_common_ones_stays_as_it_is(fps: float) -> None:
    assert nominal_rate(times_of(fps, 600, grid_s=1e-3)).rate_fps == pytest.approx(fps, rel=5e-5)


@pytest.mark.parametrize(("times_ms", "fps"), [((0, 33, 67, 100), 30), ((0, 42, 83, 125), 24), ((0, 80, 160), 12.5)])
def test_a_few_frames_are_enough(times_ms: tuple[int, ...], fps: float) -> None:
    assert nominal_rate(np.asarray(times_ms) / 1000).rate_fps == pytest.approx(fps)


def test_jitter_of_a_phone_changes_no_rate() -> None:
    times_s = times_of(30, 900) + np.random.default_rng(0).normal(0, 0.003, 900)
    assert nominal_rate(np.sort(times_s)).rate_fps == pytest.approx(30, rel=1e-3)


@pytest.mark.parametrize("turns", [(2, 3), (2, 2, 3, 2, 3)], ids=["24 frames", "25 frames"])
def test_a_pulldown_has_the_rate_of_its_frames(turns: tuple[int, ...]) -> None:
    """Fields of 60 a second are held in turns; none of the single steps is the step of the film."""
    times_s = np.cumsum(np.tile(turns, 100)) / 60
    assert nominal_rate(times_s).rate_fps == pytest.approx(60 * len(turns) / sum(turns), rel=1e-2)


@pytest.mark.parametrize("num_frames", [59, 60, 61])
def test_a_few_frames_of_a_pulldown_have_its_rate(num_frames: int) -> None:
    times_s = np.cumsum(np.resize((3, 2), num_frames)) * 1001 / 60000
    assert nominal_rate(times_s).rate_fps == pytest.approx(24000 / 1001)


@pytest.mark.parametrize("fps", [1e-6, 0.01, 1.0, 1000.0, 1e6])
def test_odd_rates_are_taken_as_they_are(fps: float) -> None:
    assert nominal_rate(np.arange(50) / fps).rate_fps == pytest.approx(fps)


@pytest.mark.parametrize(
    ("times_s", "average_fps", "fps"), [([1.0], 0.0, 25.0), ([1.0], 50.0, 50.0), ([3.0] * 9, 0, 25)]
)
def test_without_a_step_the_rate_is_that_of_the_header_or_25(
    times_s: list[float], average_fps: float, fps: float
) -> None:
    assert nominal_rate(np.asarray(times_s), average_fps=average_fps) == (fps, False)


def test_frames_of_one_time_are_a_variable_rate() -> None:
    assert nominal_rate(np.repeat(times_of(25, 50), 2)) == (25.0, True)


def test_a_frame_right_after_another_is_no_step() -> None:
    times_s = times_of(24000 / 1001, 80, grid_s=1e-3)
    hidden_s = times_s[5::10] + 0.001
    found = nominal_rate(np.sort(np.concatenate([times_s, hidden_s])))
    assert found.rate_fps == pytest.approx(24000 / 1001, rel=2e-3) and found.is_vfr


def test_gif_counts_hundredths_of_a_second() -> None:
    found = nominal_rate(times_of(30, 120, grid_s=0.01))
    assert found.rate_fps == pytest.approx(30, rel=2e-3) and not found.is_vfr
