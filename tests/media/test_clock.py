"""Where time breaks, and which tick a frame has."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.made import video
from vqaprep.media.clock import Break, Clock, by_tick
from vqaprep.media.rate import nominal_rate


def ticks_and_breaks(times_s: Sequence[float], *, fps: float, is_vfr: bool = False) -> tuple[list[int], list[int]]:
    """Return the ticks and the breaks of frames at `times_s`."""
    clock = Clock.of(video(rate_fps=fps, is_vfr=is_vfr, start_s=times_s[0]))
    found = [clock.see(t_s) for t_s in times_s]
    return [tick for tick, _ in found], [int(why) for _, why in found]


@pytest.mark.parametrize("is_vfr", [False, True])
@pytest.mark.parametrize("start_s", [0.0, -0.08, 1.4, 95443.7])
def test_an_even_video_has_a_tick_a_frame(start_s: float, is_vfr: bool) -> None:
    assert ticks_and_breaks([start_s + n / 25 for n in range(50)], fps=25, is_vfr=is_vfr) == (list(range(50)), [0] * 50)


@pytest.mark.parametrize("is_vfr", [False, True])
@pytest.mark.parametrize(("pause_s", "why"), [(0.2, Break.SKIP), (0.6, Break.GAP), (20.0, Break.GAP), (1e9, Break.GAP)])
def test_a_pause_breaks_time_and_its_ticks_are_left_out(pause_s: float, why: Break, is_vfr: bool) -> None:
    times_s = [n / 25 + (pause_s if n >= 10 else 0) for n in range(20)]
    ticks, breaks = ticks_and_breaks(times_s, fps=25, is_vfr=is_vfr)
    assert np.flatnonzero(breaks).tolist() == [10] and breaks[10] == why
    np.testing.assert_allclose(np.asarray(ticks) / 25, times_s, rtol=0, atol=0.5 / 25)


def test_a_lost_frame_breaks_a_constant_rate_and_is_held_over_in_a_variable_one() -> None:
    times_s = [n / 25 for n in range(20) if n != 10]
    assert np.flatnonzero(ticks_and_breaks(times_s, fps=25)[1]).tolist() == [10]
    ticks, breaks = ticks_and_breaks(times_s, fps=25, is_vfr=True)
    assert ticks == [n for n in range(20) if n != 10] and not any(breaks)


def test_two_frames_of_one_time_break_a_constant_rate() -> None:
    _, breaks = ticks_and_breaks([0, 0.04, 0.04, 0.08, 0.12], fps=25)
    assert breaks == [0, 0, Break.SKIP, 0, 0]


@pytest.mark.parametrize("fps", [24000 / 1001, 24, 25, 30000 / 1001, 30, 50, 60000 / 1001, 60, 120])
@pytest.mark.parametrize("phase", np.linspace(0, 1, 7).tolist())
def test_times_in_milliseconds_repeat_and_leave_out_no_tick(fps: float, phase: float) -> None:
    """Frames of a variable rate fall between ticks or on them, some are lost, and all times are rounded."""
    rng = np.random.default_rng(3)
    numbers = np.flatnonzero(rng.random(4000) > 0.04)
    times_s = np.rint((numbers + phase) / fps * 1000) / 1000
    found = nominal_rate(times_s)
    ticks, breaks = ticks_and_breaks(times_s.tolist(), fps=found.rate_fps, is_vfr=True)
    assert found.is_vfr
    assert not any(breaks)
    assert ticks == (numbers - numbers[0]).tolist()


def test_a_rate_that_is_a_little_off_never_adds_up_to_a_slip() -> None:
    times_s = (np.arange(20_000) / 29.95).tolist()
    assert ticks_and_breaks(times_s, fps=30, is_vfr=True)[0] == list(range(20_000))


def test_half_the_rate_shows_each_frame_twice_and_twice_the_rate_every_other() -> None:
    slow = ticks_and_breaks([n / 12.5 for n in range(20)], fps=25, is_vfr=True)[0]
    assert slow == [2 * n for n in range(20)]
    fast = ticks_and_breaks([n / 50 for n in range(40)], fps=25, is_vfr=True)[0]
    np.testing.assert_allclose(fast, np.arange(40) / 2, atol=1)


def test_each_tick_shows_the_last_frame_that_came() -> None:
    times_s = [0, 0.04, 0.16, 0.17, 0.2, 3.2, 3.24]
    clock = Clock.of(video(rate_fps=25, is_vfr=True))
    found = list(by_tick(range(len(times_s)), clock, times_s.__getitem__))
    assert found == [
        (0, 0, 0), (1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 3, 0), (5, 4, 0), (80, 5, Break.GAP), (81, 6, 0),
    ]  # fmt: skip


def test_a_break_is_passed_on_if_the_frame_after_it_is_left_out() -> None:
    times_s = [0, 0.04, 3.0, 3.001, 3.04]
    found = by_tick(range(5), Clock.of(video(rate_fps=25, is_vfr=True)), times_s.__getitem__)
    assert [(frame, int(why)) for _, frame, why in found] == [(0, 0), (1, 0), (3, Break.GAP), (4, 0)]


@pytest.mark.parametrize("fps", [1e-6, 1e6])
def test_odd_rates_have_a_tick_a_frame(fps: float) -> None:
    times_s = [n / fps for n in range(30)]
    assert ticks_and_breaks(times_s, fps=fps)[0] == list(range(30))
