"""Each kind of example takes the views of a sample that its system learns from, with their labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from vqaprep.errors import InputError
from vqaprep.speeds.tasks import relabel
from vqaprep.training import examples
from vqaprep.training.examples import Example, Frames, Kind
from vqaprep.training.examples.clip import Clip
from vqaprep.training.examples.frames_motion import FramesMotion
from vqaprep.training.examples.pairs import Pairs
from vqaprep.training.examples.query_key import QueryKey
from vqaprep.training.examples.semi import Semi
from vqaprep.training.examples.versions import Versions

SEEDED = np.random.default_rng


def view(role: str = "query", distortion: str = "none", level: int = 0, **changes: Any) -> dict[str, Any]:
    """Describe a view of 16 frames at constant speed."""
    plain: dict[str, Any] = {
        "speed_class": None,
        "localization_class": None,
        "task": "none",
        "measures": {},
        "draw": 0,
        "pool": 3,
    }
    return {"role": role, "distortion": distortion, "level": level, **plain, **changes}


def record(*views: dict[str, Any], **changes: Any) -> dict[str, Any]:
    plain = {"key": "k", "video_id": "v", "mos": None, "label": None, "subject_id": None, "group_id": None}
    return {**plain, "views": list(views), **changes}


def load(number: int, num_frames: int = 16) -> Frames:
    """Return frames whose first column says the view's number and whose second the frame's."""
    frames = np.zeros((num_frames, 4, 4, 3), np.uint8)
    frames[:, :, 0], frames[:, :, 1] = number, np.arange(num_frames)[:, None, None]
    return frames


def view_numbers(clip: Frames) -> set[int]:
    """Return the numbers of the views in a clip."""
    return set(clip[..., 0, 0].ravel().tolist())


def the(ask: Kind, found: dict[str, Any], which: int | None = None, *, seed: int = 0, length: int = 16) -> Example:
    return ask.example(found, lambda j: load(j, length), which, np.random.default_rng(seed))


def test_a_scored_clip_is_its_undistorted_query() -> None:
    found = record(view(), view(distortion="jpeg", level=1), view("key"), mos=3.5, label="b", subject_id="s")
    ask = Clip(classes=("a", "b"), subjects=("r", "s"))
    assert ask.examples_in(found) == [0]
    one = the(ask, found, 0)
    assert one.numbers == {"mos": 3.5, "label": 1, "subject": 1}
    assert view_numbers(one.clips["clip"]) == {0}


def test_a_class_that_the_run_does_not_know_is_no_label() -> None:
    found = record(view(), mos=3.5, label="c")
    assert the(Clip(classes=("a", "b")), found, 0).numbers == {"mos": 3.5}


def test_a_clip_without_score_or_label_teaches_nothing() -> None:
    assert Clip().examples_in(record(view())) == []


def test_a_clip_without_what_the_system_needs_teaches_nothing() -> None:
    labelled, scored = record(view(), label="a"), record(view(), mos=2.0)
    needing = {needs: Clip(needs=needs) for needs in ("label", "mos", None)}
    taken = {needs: [ask.examples_in(found) for found in (labelled, scored)] for needs, ask in needing.items()}
    assert taken == {"label": [[0], []], "mos": [[], [0]], None: [[0], [0]]}


def test_a_measure_is_learnt_from_every_view_that_has_it() -> None:
    views = [view(), *(view(distortion="jpeg", level=n, measures={"ssim": 0.9 / n}) for n in (1, 2))]
    for of_clips in (Clip, FramesMotion):
        assert of_clips(target="ssim").examples_in(record(*views)) == [1, 2]
    ask = Clip(target="ssim")
    assert the(ask, record(*views), 2).numbers["mos"] == pytest.approx(0.45)


def test_query_and_key_come_with_the_labels_of_the_query() -> None:
    found = record(view(speed_class=4, localization_class=2), view("key", speed_class=1, localization_class=0))
    one = the(QueryKey(), found)
    assert {name: view_numbers(clip) for name, clip in one.clips.items()} == {"clip": {0}, "key": {1}}
    assert one.numbers == {"speed_class": 4, "localization_class": 2}


@pytest.mark.parametrize("task", ["fine", "coarse", "pattern"])
def test_a_window_gives_clips_whose_frames_show_their_labels(task: Any) -> None:
    ask = QueryKey(task=task, pool=4 if task == "coarse" else 3)
    for seed in range(40):
        one = the(ask, record(view(task="window")), seed=seed, length=70)
        ticks = one.clips["clip"][:, 0, 1, 0].tolist()
        _, labels = relabel(ticks, task, pool=ask.pool)
        assert one.numbers["speed_class"] == labels.speed_class
        assert one.numbers.get("localization_class") == labels.localization_class
        assert one.clips["key"].shape == one.clips["clip"].shape


def test_a_window_played_backwards_keeps_its_labels_right() -> None:
    seen = set()
    for seed in range(40):
        one = the(QueryKey(reverse=True), record(view(task="window")), seed=seed, length=70)
        ticks = one.clips["clip"][:, 0, 1, 0].astype(int).tolist()
        is_backwards = ticks[1] < ticks[0]
        seen.add(is_backwards)
        _, found = relabel([69 - tick for tick in ticks] if is_backwards else ticks, "fine", pool=3)
        assert (found.speed_class, found.localization_class) == tuple(one.numbers.values())
    assert seen == {False, True}
    ask = QueryKey(reverse=True).for_evaluation()
    clips = [the(ask, record(view(task="window")), seed=seed, length=70).clips["clip"] for seed in range(20)]
    assert all(clip[1, 0, 1, 0] > clip[0, 0, 1, 0] for clip in clips)


def windows(num: int = 300, **asked: Any) -> list[Example]:
    ask = QueryKey(**asked)
    return [the(ask, record(view(task="window")), seed=seed, length=70) for seed in range(num)]


def test_classes_may_be_drawn_before_places() -> None:
    def still(found: list[Example]) -> float:
        return sum(one.numbers["localization_class"] == 6 for one in found) / len(found)

    assert still(windows()) < 0.22  # 1/7
    assert still(windows(classes_first=True)) > 0.26  # 1/3


def test_a_coarse_change_moves_in_training_only() -> None:
    def places(found: list[Example]) -> set[int]:
        steps = [np.diff(one.clips["clip"][:, 0, 1, 0].astype(int)) for one in found]
        return {int(np.flatnonzero(np.diff(of))[0]) + 1 for of in steps if len(set(of.tolist())) > 1}

    coarse: dict[str, Any] = {"task": "coarse", "pool": 4, "num": 60}
    assert places(windows(**coarse)) == {8}
    assert places(windows(**coarse, change_jitter=1)) == {7, 8, 9}
    assert places(windows(**coarse, change_jitter=1, is_training=False)) == {8}


def test_a_video_may_stand_in_a_batch_in_every_class() -> None:
    ask, found = QueryKey(same_batch=True), record(view(task="window"))
    assert ask.examples_in(found) == list(range(ask.together)) == list(range(9))
    for wanted in range(9):
        assert the(ask, found, wanted, length=70).numbers["speed_class"] == wanted
    unseen = QueryKey(same_batch=True, is_training=False)
    assert unseen.examples_in(found) == [None]
    with pytest.raises(InputError, match="--task window"):
        the(ask, record(view(speed_class=1)), 1)


def test_a_window_too_short_for_any_clip_is_refused() -> None:
    with pytest.raises(InputError, match="make longer ones"):
        the(QueryKey(), record(view(task="window")), length=10)


def test_a_pair_is_an_original_and_one_of_its_damaged_versions() -> None:
    kinds = ("gaussian_blur", "jpeg")
    views = [view(speed_class=2), *(view(distortion=k, level=1, speed_class=2) for k in kinds)]
    ask = Pairs(distortions=kinds)
    drawn = [the(ask, record(*views), seed=seed) for seed in range(20)]
    assert {one.numbers["distortion"] for one in drawn} == {0, 1}
    for one in drawn:
        assert view_numbers(one.clips["original"]) == {0}
        assert view_numbers(one.clips["distorted"]) == {one.numbers["distortion"] + 1} == {one.numbers["scored_view"]}
        assert one.numbers["pace"] == 2


def test_a_pair_from_a_window_is_cut_at_one_drawn_pace() -> None:
    views = [view(task="window"), view(distortion="jpeg", level=1, task="window")]
    ask = Pairs(distortions=("jpeg",), pool=4)
    paces = set()
    for seed in range(40):
        one = the(ask, record(*views), seed=seed, length=61)
        ticks = [clip[:, 0, 1, 0].tolist() for clip in one.clips.values()]
        assert ticks[0] == ticks[1]
        assert set(np.diff(ticks[0])) == {one.numbers["pace"] + 1}
        paces.add(one.numbers["pace"])
    assert paces == {0, 1, 2, 3}


def test_a_sample_without_the_wanted_kinds_gives_no_pair() -> None:
    assert Pairs(distortions=("h264",)).examples_in(record(view(), view(distortion="jpeg", level=1))) == []


def _fragments(kinds: Sequence[str]) -> list[dict[str, Any]]:
    views = [("none", 0), *((kind, 1) for kind in kinds)]
    return [view(distortion=kind, level=level, draw=draw) for kind, level in views for draw in (0, 1)]


def test_versions_are_two_draws_of_the_reference_and_of_drawn_variants() -> None:
    views = _fragments("abcde")
    drawn = the(Versions(num_versions=4), record(*views))
    one = drawn.clips["versions"]
    assert one.shape == (4, 2, 16, 4, 4, 3)
    numbers = one[:, :, 0, 0, 0, 0]
    assert numbers[-1, 0] == drawn.numbers["scored_view"]
    assert numbers[0].tolist() == [0, 1]
    assert all(b == a + 1 and a % 2 == 0 for a, b in numbers.tolist())
    assert len(set(numbers[:, 0].tolist())) == 4


@pytest.mark.parametrize("side_px", [224, 256])
def test_versions_may_differ_in_time_within_the_same_fragments(side_px: int) -> None:
    whole = np.random.default_rng(0).integers(0, 200, (1, side_px, side_px, 3), np.uint8)
    moving = whole + np.arange(8, dtype=np.uint8)[:, None, None, None]
    ask = Versions(num_versions=2, view="temporal")
    found = record(view(), view(distortion="jpeg", level=1))
    one = ask.example(found, lambda _: moving, None, SEEDED(0)).clips["versions"]
    assert one.shape == (2, 2, 4, 224, 224, 3)
    np.testing.assert_array_equal(one[:, 1], one[:, 0] + 4)
    np.testing.assert_array_equal(one[0], one[1])


def test_too_few_versions_are_refused_with_both_numbers() -> None:
    with pytest.raises(InputError, match=r"3 versions of k, 4 wanted"):
        the(Versions(num_versions=4), record(*_fragments("ab")))


def test_one_fragment_draw_is_refused_with_the_remedy() -> None:
    with pytest.raises(InputError, match="--fragment-draws 2"):
        Semi().example(record(view()), lambda _: np.zeros((4, 224, 224, 3), np.uint8), None, SEEDED(0))


def test_fragments_of_whole_pictures_are_drawn_anew_and_alike_for_all_versions() -> None:
    whole = np.random.default_rng(0).integers(0, 200, (4, 256, 300, 3), np.uint8)
    found = record(view(), view(distortion="contrast", level=1), view(distortion="jpeg", level=1))
    ask = Versions(num_versions=3)
    one, again, other = (
        ask.example(found, lambda j: whole + np.uint8(10 * j), None, SEEDED(seed)).clips["versions"]
        for seed in (0, 0, 1)
    )
    assert one.shape == (3, 2, 4, 224, 224, 3)
    np.testing.assert_array_equal(one[1], one[0] + 10)
    np.testing.assert_array_equal(one[2], one[0] + 20)
    assert (one[:, 0] != one[:, 1]).any()
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_frames_are_spread_over_the_clip_one_in_each_segment() -> None:
    found = record(view(), mos=1.0)
    four = the(FramesMotion(num_segments=4, is_training=False), found, 0, length=32)
    assert four.clips["frames"][:, 0, 1, 0].tolist() == [4, 12, 20, 28]
    for ask in (FramesMotion(), FramesMotion(is_training=False)):
        one = the(ask, found, 0, length=32)
        picks = one.clips["frames"][:, 0, 1, 0]
        assert [pick // 4 for pick in picks] == list(range(8))
    assert one.clips["frames"][:, 0, 1, 0].tolist() == [2, 6, 10, 14, 18, 22, 26, 30]


def test_an_unknown_kind_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match="query_key"):
        examples.get("query_keys")


@pytest.mark.parametrize("name", examples.names())
def test_every_kind_is_known_by_its_name_and_has_words_for_what_it_lacks(name: str) -> None:
    kind = examples.get(name)()
    assert examples.name_of(kind) == name
    assert kind.remedy()
    assert not kind.for_evaluation().is_training
