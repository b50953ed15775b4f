"""Speed labels: every vector of the specification, and labels recovered from the frames themselves."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from vqaprep.errors import InputError
from vqaprep.speeds import tasks
from vqaprep.speeds.labels import (
    Rates,
    change_range,
    draw,
    recover,
    restart_ticks,
    starts_in_parts,
)
from vqaprep.speeds.tasks import label, num_classes, relabel
from vqaprep.stages.speed import Speed


@pytest.mark.parametrize(
    ("num_frames", "start", "rates", "ticks", "span"),
    [
        (16, 0, Rates(1, 3, 8), [*range(9), 11, 14, 17, 20, 23, 26, 29], 30),
        (16, 5, Rates(2, 2), list(range(5, 36, 2)), 31),
        (16, 0, Rates(3, 1, 5), [0, 3, 6, 9, 12, 15, *range(16, 26)], 26),
        (16, 0, Rates(1, 2, 10), [*range(11), 12, 14, 16, 18, 20], 21),
        (16, 0, Rates(3, 2, 10), [*range(0, 31, 3), 32, 34, 36, 38, 40], 41),
        (8, 3, Rates(4, 2, 4), [3, 7, 11, 15, 19, 21, 23, 25], 23),
        (16, 0, Rates(4, 4), list(range(0, 61, 4)), 61),
        (16, 0, Rates(2, 4, 8), [*range(0, 17, 2), *range(20, 45, 4)], 45),
    ],
)
def test_ticks_and_span_follow_the_index_builder(
    num_frames: int, start: int, rates: Rates, ticks: list[int], span: int
) -> None:
    assert list(rates.ticks(start, num_frames)) == ticks
    assert rates.span(num_frames) == span


@pytest.mark.parametrize(
    ("start", "speed", "num_frames", "expected"),
    [(10, 4, 8, [10, 14, 18, 0, 4, 8, 12, 16]), (18, 3, 8, [18, 0, 3, 6, 9, 12, 15, 18])],
)
def test_a_clip_that_runs_out_restarts_at_zero_and_not_modulo(
    start: int, speed: int, num_frames: int, expected: list[int]
) -> None:
    assert list(restart_ticks(start, Rates(speed, speed), num_frames, length=20)) == expected


@pytest.mark.parametrize(("speed", "span"), [(1, 16), (2, 31), (3, 46), (4, 61)])
def test_spans_of_constant_speeds(speed: int, span: int) -> None:
    assert Rates(speed, speed).span(16) == span


def test_clips_in_the_middle_of_equal_parts_are_those_of_sampleframes() -> None:
    assert starts_in_parts(240 - 32 * 2 + 1, 4) == [22, 66, 110, 154]


def test_clips_anywhere_in_equal_parts_stay_in_theirs() -> None:
    rng = np.random.default_rng(0)
    drawn = np.asarray([starts_in_parts(177, 4, rng) for _ in range(2000)])
    parts = drawn - 44 * np.arange(4)
    assert (parts.min(), parts.max()) == (0, 43)
    assert np.abs(parts.mean(axis=0) - 21.5).max() < 1.5
    assert starts_in_parts(1, 4, rng) == [0, 0, 0, 0]


def test_the_coarse_task_has_the_thesis_class_ids() -> None:
    ids = {(1, 1): 0, (4, 4): 3, (2, 3): 4, (2, 4): 5, (3, 2): 6, (4, 2): 7}
    for (first, second), expected in ids.items():
        rates = Rates(first, second, None if first == second else 8)
        assert label(rates, "coarse", num_frames=16, pool=4).speed_class == expected


def test_the_fine_task_has_the_thesis_class_and_place_ids() -> None:
    pairs = [(a, b) for a in (1, 2, 3) for b in (1, 2, 3)]
    for expected, (a, b) in enumerate(pairs):
        assert label(Rates(a, b, None if a == b else 7), "fine", num_frames=16, pool=3).speed_class == expected
    places = [label(Rates(3, 1, m), "fine", num_frames=16, pool=3).localization_class for m in range(5, 11)]
    assert places == [0, 1, 2, 3, 4, 5]
    assert label(Rates(2, 2), "fine", num_frames=16, pool=3).localization_class == 6


@pytest.mark.parametrize(("num_frames", "outputs"), [(16, 7), (12, 6), (9, 5)])
def test_the_number_of_places_follows_the_clip_length(num_frames: int, outputs: int) -> None:
    low, high = change_range(num_frames)
    assert high - low + 2 == outputs


def test_location_first_gives_every_place_a_seventh() -> None:
    rng = np.random.default_rng(0)
    choices = tasks.get("fine").options(16, 3, "location", 0)
    drawn = [draw(choices, rng, num_frames=16, length=1000) for _ in range(21_000)]
    labels = [label(rates, "fine", num_frames=16, pool=3) for rates in drawn if rates]
    places = Counter(one.localization_class for one in labels)
    classes = Counter(one.speed_class for one in labels)
    assert all(abs(places[i] / 21_000 - 1 / 7) < 0.01 for i in range(7))
    assert all(abs(classes[i] / 21_000 - 1 / 7) < 0.01 for i in (1, 2, 3, 5, 6, 7))
    assert all(abs(classes[i] / 21_000 - 1 / 21) < 0.01 for i in (0, 4, 8))


def test_class_first_gives_a_third_to_constant_speed() -> None:
    choices = tasks.get("fine").options(16, 3, "class", 0)
    assert sum(p for rates, p in choices.items() if rates.first == rates.second) * 3 == 1
    assert sum(choices.values()) == 1


@pytest.mark.parametrize("jitter", [0, 1])
def test_coarse_shares_are_a_twelfth_and_a_sixth(jitter: int) -> None:
    shares: Counter[int | None] = Counter()
    for rates, share in tasks.get("coarse").options(16, 4, "pattern", jitter).items():
        shares[label(rates, "coarse", num_frames=16, pool=4).speed_class] += share  # type: ignore[assignment]  # exact
    assert [shares[i] * 12 for i in range(8)] == [1, 1, 1, 1, 2, 2, 2, 2]
    flat = tasks.get("coarse").options(16, 4, "flat", jitter)
    assert sum(flat.values()) == 1


def test_a_transform_that_does_not_fit_is_never_drawn() -> None:
    rng = np.random.default_rng(1)
    choices = tasks.get("fine").options(16, 3, "location", 0)
    drawn = {draw(choices, rng, num_frames=16, length=29) for _ in range(500)}
    assert all(rates is not None and rates.span(16) <= 29 for rates in drawn)
    assert draw(choices, rng, num_frames=16, length=15) is None


@pytest.mark.parametrize("task", ["pace", "coarse", "fine", "pattern"])
@pytest.mark.parametrize("interval", [1, 2])
def test_labels_are_recovered_from_the_ticks_alone(task: str, interval: int) -> None:
    pool = 4 if task in ("pace", "coarse") else 3
    order: Any = "pattern" if task == "coarse" else "location"
    for rates in tasks.get(task).options(16, pool, order, 0):
        ticks = rates.scaled(interval).ticks(7, 16)
        found, labels = relabel(ticks, task, pool=pool, interval=interval)
        assert found == rates
        assert labels == label(rates, task, num_frames=16, pool=pool)
        assert labels.speed_class is not None and labels.speed_class < num_classes(task, pool)


def test_two_changes_of_speed_are_refused() -> None:
    with pytest.raises(ValueError, match="changes 2 times"):
        recover([0, 1, 3, 4, 5])


def test_the_jump_task_is_the_coarse_one_without_constant_speeds() -> None:
    shares = tasks.get("jump").options(16, 4, "pattern", 0)
    assert sum(shares.values()) == 1
    classes: Counter[int] = Counter()
    for rates, share in shares.items():
        found = label(rates, "jump", num_frames=16, pool=4).speed_class
        assert found is not None and rates.first != rates.second
        classes[found] += share  # type: ignore[assignment]  # exact fractions
    assert classes == dict.fromkeys(range(num_classes("jump", 4)), 1 / 4)


@pytest.mark.parametrize("task", tasks.names())
@pytest.mark.parametrize("pool", [2, 3, 4])
def test_every_task_draws_and_names_exactly_its_classes(task: Any, pool: int) -> None:
    for order in tasks.get(task).orders:
        choices = tasks.get(task).options(16, pool, order, 0)
        assert sum(choices.values()) == 1
        named = [label(rates, task, num_frames=16, pool=pool) for rates in choices]
        assert {one.speed_class for one in named} == set(range(num_classes(task, pool)))
        assert all((one.localization_class is not None) == tasks.get(task).has_place for one in named)
    names = tasks.get(task).class_names(pool)
    assert len(set(names)) == len(names) == num_classes(task, pool)


@pytest.mark.parametrize("name", tasks.names())
def test_every_task_says_what_it_is(name: str) -> None:
    task = tasks.get(name)
    assert task.summary and task.citation and task.orders
    assert sum(task.options(16, 4, task.orders[0], 0).values()) == 1


def test_an_unknown_task_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match="Did you mean 'coarse'"):
        tasks.get("corse")
    with pytest.raises(ValueError, match="Did you mean 'window'"):
        Speed(task="windows")
