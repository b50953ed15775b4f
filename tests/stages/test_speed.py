"""Clips are cut only where their label is true, and every label can be told from the ticks alone."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.made import look, video
from vqaprep.detect.observations import Observations
from vqaprep.media.look import Look
from vqaprep.rows import Clip, Dropped, Span, Video
from vqaprep.settings.seeds import rng_for
from vqaprep.speeds.labels import Rates
from vqaprep.speeds.tasks import num_classes, relabel
from vqaprep.stages.speed import Speed
from vqaprep.stages.windows import Ground

TASKS = ("pace", "coarse", "fine", "pattern")
VFR_S = [0.04 * i + 0.04 * (i // 10) for i in range(200)]


def cut(stage: Speed, seen: Look, row: Video | None = None, *, seed: int = 0) -> list[Clip]:
    """Return the clips of `row`, of which there must be some."""
    row = row or video()
    found = list(stage(row, Observations(look=seen), rng_for(seed, row.video_id)))
    assert all(isinstance(one, Clip) for one in found), found
    return [one for one in found if isinstance(one, Clip)]


def refused(stage: Speed, seen: Look, row: Video | None = None) -> Dropped:
    """Return the one drop that `row` becomes."""
    (drop,) = stage(row or video(), Observations(look=seen), np.random.default_rng(0))
    assert isinstance(drop, Dropped)
    return drop


def stretch(one: Clip) -> range:
    """Return all source frames from the first to the last of a clip."""
    return range(min(one.frames), max(one.frames) + 1)


@settings(max_examples=40, deadline=None)
@given(
    task=st.sampled_from([*TASKS, "none", "window"]),
    breaks=st.tuples(st.lists(st.integers(1, 199), max_size=4), st.lists(st.integers(1, 199), max_size=2)),
    spans=st.lists(st.tuples(st.floats(0, 7), st.floats(0.5, 8)), min_size=1, max_size=3),
    interval=st.integers(1, 2),
    seed=st.integers(0, 9),
)
def test_no_clip_crosses_a_cut_or_a_gap_or_leaves_its_usable_span(
    task: Any, breaks: tuple[list[int], list[int]], spans: list[tuple[float, float]], interval: int, seed: int
) -> None:
    cuts, gaps = breaks
    usable = tuple(Span(a, a + b) for a, b in spans)
    row, seen = video(usable_spans=usable), look(cuts=cuts, gaps=gaps)
    for one in Speed(task=task, interval=interval)(row, Observations(look=seen), np.random.default_rng(seed)):
        if isinstance(one, Dropped):
            assert one.reason in ("too_short", "shot_cut", "gap")
            continue
        assert isinstance(one, Clip)
        assert not any(min(one.frames) < c <= max(one.frames) for c in (*cuts, *gaps))
        times_s = seen.times_s[list(stretch(one))]
        assert any(all(t in span for t in times_s) for span in usable)


@pytest.mark.parametrize("task", TASKS)
def test_no_speed_clip_lies_in_a_frozen_run(task: Any) -> None:
    still = range(60, 140)
    for one in cut(Speed(task=task, clips=10), look(still=still)):
        share = np.mean([frame in still for frame in stretch(one)[1:]])
        assert share <= Speed().max_still


def test_plain_clips_may_stand_still() -> None:
    assert cut(Speed(), look(still=range(200)))


@pytest.mark.parametrize("start", ["feasible", "anywhere"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("interval", [1, 2])
def test_labels_are_what_the_ticks_show(task: Any, start: Any, interval: int) -> None:
    stage = Speed(task=task, interval=interval, clips=60, start=start, pairs=True)
    clips = cut(stage, look(cuts=(50, 51, 90)))
    for one in clips:
        rates, found = relabel(one.ticks, task, pool=one.pool, interval=interval)
        assert (rates.first, rates.second, rates.change_index) == (one.rate_first, one.rate_second, one.change_index)
        assert (found.speed_class, found.localization_class) == (one.speed_class, one.localization_class)
        assert one.speed_class is not None
        assert 0 <= one.speed_class < num_classes(task, stage.pool)
        assert len(one.frames) == len(one.ticks) == stage.num_frames
    if start == "anywhere":
        assert any(list(one.ticks) != sorted(one.ticks) for one in clips), "restarts were put to the test"


@given(st.integers(2, 40), st.integers(0, 20))
@settings(max_examples=40, deadline=None)
def test_a_short_video_restarts_at_the_first_speed(num_frames: int, seed: int) -> None:
    row = video(num_frames=num_frames, duration_s=num_frames / 25)
    stage = Speed(task="fine", short="restart", clips=1, min_motion=0, max_still=1)
    for one in stage(row, Observations(look=look(num_frames)), np.random.default_rng(seed)):
        assert isinstance(one, Clip)
        relabel(one.ticks, "fine", pool=3)
        if num_frames < 16:
            assert (one.rate_first, one.rate_second) == (1, 1)
            assert set(one.frames) <= set(range(num_frames))
            backwards = [b for a, b in zip(one.ticks, one.ticks[1:], strict=False) if b <= a]
            assert set(backwards) == {0}


def test_on_a_variable_rate_equal_steps_are_equal_times() -> None:
    row = video(is_vfr=True, duration_s=VFR_S[-1] + 0.04)
    seen = look(times_s=VFR_S)
    for one in cut(Speed(max_still=1, clips=8, task="pace"), seen, row):
        due_s = np.asarray(one.ticks) / 25
        late_s = due_s - seen.times_s[list(one.frames)]
        assert late_s.min() > -1e-3
        assert late_s.max() < 0.08 - 1e-3, "the last frame that was due is shown, none later"


def test_a_clip_knows_the_times_of_its_frames() -> None:
    seen = look(times_s=VFR_S)
    for one in cut(Speed(), seen, video(is_vfr=True, duration_s=VFR_S[-1] + 0.04)):
        assert one.times_s == tuple(VFR_S[frame] for frame in one.frames)


@pytest.mark.parametrize("task", [*TASKS, "jump", "none", "window"])
@pytest.mark.parametrize("is_vfr", [False, True])
@pytest.mark.parametrize("pause_s", [0.3, 20.0, 1e9])
def test_no_clip_spans_a_pause_however_long(task: Any, is_vfr: bool, pause_s: float) -> None:
    """A pause of years takes no more memory than one of seconds: its ticks are between stretches."""
    times_s = [n / 25 + pause_s * (n >= 100) for n in range(200)]
    gaps = [100, 150] if not is_vfr else [100]
    row = video(is_vfr=is_vfr, duration_s=times_s[-1] + 0.04)
    clips = cut(Speed(task=task, clips=20), look(times_s=times_s, gaps=gaps), row)
    assert any(one.frames[0] >= 100 for one in clips) and any(one.frames[0] < 100 for one in clips)
    for one in clips:
        assert not any(min(one.frames) < gap <= max(one.frames) for gap in gaps)
        np.testing.assert_allclose(np.asarray(one.ticks) / 25, one.times_s, atol=0.02)


def test_speeds_avoid_lost_frames_where_they_can() -> None:
    times_s = [n / 25 for n in range(220) if n % 40 != 20]
    clips = cut(Speed(task="pace", clips=50), look(times_s=times_s), video(is_vfr=True, duration_s=8.8))
    assert all(len(set(one.frames)) == 16 for one in clips)
    assert any(max(one.frames) - min(one.frames) < max(one.ticks) - min(one.ticks) for one in clips), "between frames"


def test_ticks_of_a_constant_rate_are_its_frames() -> None:
    ground = Ground(video(), look())
    assert ground.frames(range(200)) == list(range(200))
    assert ground.motion((0, 199)) == (5.0, 0.0)


@pytest.mark.parametrize("task", TASKS)
def test_a_pair_is_a_query_and_a_key_of_one_scene_drawn_apart(task: Any) -> None:
    clips = cut(Speed(task=task, pairs=True, clips=12), look())
    scenes = Counter(one.scene_id for one in clips)
    assert set(scenes.values()) == {2}
    assert Counter(one.role for one in clips) == {"query": 12, "key": 12}
    queries, keys = ([one.ticks for one in clips if one.role == role] for role in ("query", "key"))
    assert queries != keys
    assert len({one.clip_id for one in clips}) == 24


def test_a_scene_without_one_of_its_pair_is_refused_with_a_reason_and_counted() -> None:
    stage, seen = Speed(task="pace", pairs=True, clips=60), look(still=range(24, 200))
    found = list(stage(video(), Observations(look=seen), rng_for(0, "v")))
    clips = [one for one in found if isinstance(one, Clip)]
    refused = [one for one in found if isinstance(one, Dropped)]
    assert set(Counter(one.scene_id for one in clips).values()) == {2}
    assert len(clips) // 2 + len(refused) == 60
    assert clips and refused
    assert {(one.stage, one.reason) for one in refused} == {("speed", "frozen")}
    assert {one.id for one in refused}.isdisjoint(f"{one.scene_id}-none" for one in clips)
    assert "20 frozen" in refused[0].detail


def test_refused_windows_of_two_variants_have_names_of_their_own() -> None:
    stage, seen = Speed(task="pace", clips=60), look(still=range(24, 200))
    ids = [
        one.id
        for row in (video(), video(distortion="jpeg", level=1))
        for one in stage(row, Observations(look=seen), rng_for(0, "v"))
    ]
    assert len(set(ids)) == len(ids) == 120


def test_variants_share_their_windows() -> None:
    stage = Speed(task="fine", clips=5)
    one, two = (cut(stage, look(), row) for row in (video(), video(distortion="jpeg", level=1)))
    assert [c.frames for c in one] == [c.frames for c in two]
    assert [c.scene_id for c in one] == [c.scene_id for c in two]
    assert not {c.clip_id for c in one} & {c.clip_id for c in two}


def test_a_window_holds_every_clip_that_training_may_draw() -> None:
    clips = cut(Speed(task="window", pool=3), look())
    assert {len(one.frames) for one in clips} == {Rates(3, 3).span(16)}
    assert all(one.frames == tuple(stretch(one)) for one in clips)
    assert all(one.speed_class is None for one in clips)


@pytest.mark.parametrize(("overlap", "step"), [(0.0, 16), (0.5, 8)])
def test_plain_clips_stand_side_by_side(overlap: float, step: int) -> None:
    starts = [one.frames[0] for one in cut(Speed(overlap=overlap), look())]
    assert starts == list(range(0, 200 - 15, step))


def test_a_limited_number_of_plain_clips_is_spread_over_the_video() -> None:
    starts = [one.frames[0] for one in cut(Speed(clips=3), look())]
    assert (starts[0], starts[-1], len(starts)) == (0, 176, 3)


def test_windows_for_training_that_stand_still_are_refused_and_counted() -> None:
    found = list(Speed(task="window")(video(), Observations(look=look(still=range(100, 200))), rng_for(0, "v")))
    assert [one.reason for one in found if isinstance(one, Dropped)] == ["frozen", "frozen"]
    assert len([one for one in found if isinstance(one, Clip)]) == 2


def test_plain_clips_in_the_middle_of_equal_parts_are_those_of_the_papers() -> None:
    stage = Speed(num_frames=32, interval=2, clips=4, places="middle")
    clips = cut(stage, look(240), video(num_frames=240, duration_s=9.6))
    assert [one.frames for one in clips] == [tuple(range(s, s + 64, 2)) for s in (22, 66, 110, 154)]


@pytest.mark.parametrize(("num_frames", "interval"), [(50, 1), (64, 1), (130, 2), (250, 3), (500, 7)])
def test_spread_clips_are_as_far_apart_as_each_video_allows(num_frames: int, interval: int) -> None:
    stage = Speed(num_frames=64, clips=1, places="middle", short="restart", spread=True)
    [one] = cut(stage, look(num_frames), video(num_frames=num_frames, duration_s=num_frames / 25))
    assert (one.interval, len(one.frames)) == (interval, 64)
    assert one.ticks[1] - one.ticks[0] == interval and max(one.frames) < num_frames


@pytest.mark.parametrize("wrong", [{"task": "window"}, {"task": "pace"}, {"interval": 2}])
def test_spread_sets_the_interval_of_plain_clips_alone(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="leave task and interval out"):
        Speed(spread=True, **wrong)


@pytest.mark.parametrize("places", ["side", "middle", "random"])
def test_a_video_too_short_for_a_plain_clip_is_dropped_or_read_again(places: Any) -> None:
    row, seen = video(num_frames=50, duration_s=2.0), look(50)
    stage = Speed(num_frames=32, interval=2, clips=1, places=places)
    assert refused(stage, seen, row).reason == "too_short"
    [one] = cut(stage.model_copy(update={"short": "restart"}), seen, row)
    assert one.frames == (*range(0, 50, 2), *range(0, 14, 2))
    assert relabel(one.ticks, "none", pool=3, interval=2)[0] == Rates(1, 1)


def test_drawn_plain_clips_differ_between_seeds_and_never_cross_a_cut() -> None:
    stage, cuts = Speed(clips=5, places="random"), (60, 130)
    drawn = [[one.frames for one in cut(stage, look(cuts=cuts), seed=seed)] for seed in range(4)]
    assert len({tuple(one) for one in drawn}) == 4
    for frames in (frames for one in drawn for frames in one):
        assert not any(frames[0] < c <= frames[-1] for c in cuts)


@pytest.mark.parametrize("wrong", [{"places": "middle"}, {"places": "random", "clips": 2, "task": "pace"}])
def test_places_are_for_a_number_of_plain_clips(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="plain clips"):
        Speed(**wrong)


@pytest.mark.parametrize("order", ["location", "class"])
def test_the_classes_of_the_fine_task_all_come_up(order: Any) -> None:
    clips = cut(Speed(task="fine", clips=600, order=order), look())
    assert {one.speed_class for one in clips} == set(range(9))
    assert {one.localization_class for one in clips} == set(range(7))


@pytest.mark.parametrize(
    ("changes", "seen", "reason"),
    [
        ({}, look(10), "too_short"),
        ({}, look(cuts=range(0, 200, 10)), "shot_cut"),
        ({}, look(cuts=range(50, 200, 50), gaps=range(0, 200, 10)), "gap"),
        ({"task": "fine"}, look(cuts=range(0, 200, 10)), "shot_cut"),
        ({"task": "fine"}, look(still=range(200)), "frozen"),
        ({"task": "fine"}, look(motion=0.1), "no_motion"),
        ({"task": "window"}, look(40), "too_short"),
        ({"task": "window"}, look(still=range(200)), "frozen"),
        ({"task": "window"}, look(motion=0.1), "no_motion"),
    ],
)
def test_a_video_without_a_clip_says_why(changes: dict[str, Any], seen: Look, reason: str) -> None:
    row = video(num_frames=seen.num_frames, duration_s=seen.num_frames / 25)
    drop = refused(Speed(**changes), seen, row)
    assert (drop.reason, drop.stage, drop.id) == (reason, "speed", row.id)
    assert drop.detail


@pytest.mark.parametrize("spans", [(), (Span(2.0, 2.0),)])
def test_a_video_of_which_nothing_is_kept_says_so(spans: tuple[Span, ...]) -> None:
    assert refused(Speed(), look(), video(usable_spans=spans)).reason == "span_excluded"


def test_the_motion_of_a_clip_is_told() -> None:
    assert {one.motion for one in cut(Speed(), look(motion=2.5))} == {2.5}
