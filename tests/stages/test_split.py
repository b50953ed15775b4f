"""People and content groups stay whole, labels stay balanced, and a leak has nowhere to hide."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.made import clip, video
from vqaprep.errors import InputError
from vqaprep.rows import Row
from vqaprep.stages.split import Split, leaks


def people(num: int, *, clips: int = 3) -> list[Row]:
    """Return clips of as many people, two labels in turn."""
    return [
        clip(f"v{person}", number, subject_id=f"s{person}", label="xy"[person % 2])
        for person in range(num)
        for number in range(clips)
    ]


def split(rows: Sequence[Row], *, seed: int = 0, **how: Any) -> list[Row]:
    return list(Split(**how).decide(rows, np.random.default_rng(seed)))


names = st.one_of(st.none(), st.sampled_from("pqrstu"))
several = st.lists(st.tuples(st.sampled_from("abcdefgh"), names, names), min_size=6, max_size=40)


@settings(max_examples=60, deadline=None)
@given(several, st.sampled_from(["holdout", "kfold", "repeated"]), st.integers(0, 5))
def test_no_person_group_or_video_stands_in_two_splits(
    drawn: list[tuple[str, str | None, str | None]], method: str, seed: int
) -> None:
    rows: list[Row] = [video(v, subject_id=s, group_id=g) for v, s, g in drawn]
    try:
        found = split(rows, method=method, folds=2, seed=seed)
    except InputError as error:
        assert "groups cannot make" in str(error)
        return
    assert leaks(found) == []
    assert [row.having(split=None, fold=None) for row in found] == rows


def test_rows_joined_through_others_stay_together() -> None:
    rows: list[Row] = [
        video("a", subject_id="p", group_id="g"),
        video("b", subject_id="q", group_id="g"),
        video("c", subject_id="q", group_id="h"),
        video("d", group_id="h"),
        *[video(f"other{i}") for i in range(20)],
    ]
    for seed in range(5):
        assert len({row.split for row in split(rows, seed=seed, fractions=(0.5, 0.25, 0.25))[:4]}) == 1


def test_the_shares_are_kept_for_each_label() -> None:
    found = split(people(40), fractions=(0.5, 0.25, 0.25))
    for label in "xy":
        counts = Counter(row.split for row in found if row.label == label)
        assert counts == {"train": 30, "val": 15, "test": 15}


def test_every_wanted_split_gets_someone_however_few_there_are() -> None:
    found = split(people(3))
    assert {row.split for row in found} == {"train", "val", "test"}
    assert {row.split for row in split(people(3), fractions=(0.5, 0.0, 0.5))} == {"train", "test"}


def test_folds_are_of_one_size_with_labels_balanced() -> None:
    found = split(people(20), method="kfold", folds=5, test_fold=2)
    for fold in range(5):
        labels = Counter(row.label for row in found if row.fold == fold)
        assert labels == {"x": 6, "y": 6}
    assert {row.fold for row in found if row.split == "test"} == {2}
    assert {row.fold for row in found if row.split == "val"} == {3}


def test_which_fold_is_tested_does_not_move_anyone() -> None:
    one, two = (split(people(12), method="kfold", folds=4, test_fold=fold) for fold in (0, 3))
    assert [row.fold for row in one] == [row.fold for row in two]


def test_too_few_groups_for_the_folds_are_refused_with_a_number() -> None:
    with pytest.raises(InputError, match="--folds 3"):
        split(people(3), method="kfold", folds=5)


def test_the_official_split_is_kept_and_a_missing_one_named() -> None:
    rows: list[Row] = [video("a", split="test"), video("b", split="train")]
    assert split(rows, method="official") == rows
    with pytest.raises(InputError, match="first: c"):
        split([*rows, video("c")], method="official")


def test_a_random_split_that_parts_people_fails_unless_leaks_are_allowed(caplog: pytest.LogCaptureFixture) -> None:
    rows: list[Row] = [clip(f"v{i}", n, subject_id=f"s{i % 2}") for i in range(20) for n in range(2)]
    with pytest.raises(InputError, match="2 leaks between splits, the first: subject_id s0 is in test and train"):
        split(rows, method="random", fractions=(0.5, 0.25, 0.25))
    found = split(rows, method="random", fractions=(0.5, 0.25, 0.25), allow_leaks=True)
    assert [leak for leak in leaks(found) if leak.startswith("video_id")] == []
    assert "2 leaks" in caplog.text


def test_a_random_split_that_parts_nobody_passes() -> None:
    assert leaks(split([video(f"v{i}") for i in range(20)], method="random")) == []


def test_an_official_split_that_leaks_fails_unless_leaks_are_allowed() -> None:
    rows: list[Row] = [video("a", group_id="g", split="train"), video("b", group_id="g", split="test")]
    with pytest.raises(InputError, match="group_id g is in test and train"):
        split(rows, method="official")
    assert split(rows, method="official", allow_leaks=True) == rows


@pytest.mark.parametrize(
    ("same", "told"),
    [
        ({"subject_id": "p"}, "subject_id p"),
        ({"group_id": "g"}, "group_id g"),
        ({"sha256": "00ff"}, "sha256 00ff"),
        ({"video_id": "a"}, "video_id a"),
    ],
)
def test_a_leak_is_told_with_its_name(same: dict[str, Any], told: str) -> None:
    rows = [video("a", split="train", fold=1).having(**same), video("b", split="test", fold=0).having(**same)]
    assert leaks(rows) == [f"{told} is in test and train", f"{told} is in fold 0 and fold 1"]


def test_clips_of_one_video_in_two_folds_are_a_leak_though_both_train() -> None:
    rows = [clip("a", n, split="train", fold=n) for n in range(2)]
    assert "video_id a is in fold 0 and fold 1" in leaks(rows)


@pytest.mark.parametrize("method", ["holdout", "kfold", "repeated"])
def test_the_same_bytes_under_two_names_stay_together(method: str) -> None:
    twins: list[Row] = [video(name, sha256="00ff", subject_id=name) for name in ("a", "b")]
    rows = [*twins, *[video(f"other{i}") for i in range(20)]]
    for seed in range(5):
        found = split(rows, seed=seed, method=method, folds=5)
        assert (found[0].split, found[0].fold) == (found[1].split, found[1].fold)


def uneven(num: int) -> list[Row]:
    """Return clips of groups that all differ in size."""
    return [clip(f"v{group}", n, group_id=f"g{group}") for group in range(num) for n in range(group + 1)]


def test_repeats_draw_groups_anew_and_test_on_large_ones_too() -> None:
    rows, tested = uneven(10), Counter[str | None]()
    repeats = [split(rows, method="repeated", repeat=repeat) for repeat in range(20)]
    for found in repeats:
        assert leaks(found) == []
        assert {row.split for row in found} == {"train", "test"}
        tested.update({row.group_id for row in found if row.split == "test"})
    assert len({tuple(row.split for row in found) for found in repeats}) > 10
    assert tested["g9"] and tested["g0"]
    share = np.mean([row.split == "test" for found in repeats for row in found])
    assert 0.15 < share < 0.3


def test_a_repeat_does_not_depend_on_which_others_are_made() -> None:
    rows = uneven(8)
    assert split(rows, method="repeated", repeat=3) == split(rows, method="repeated", repeat=3)
    assert split(rows, method="repeated", repeat=3) != split(rows, method="repeated", repeat=4)


def test_the_order_of_rows_does_not_matter() -> None:
    rows = people(12)
    one = {row.id: row.split for row in split(rows)}
    assert one == {row.id: row.split for row in split(rows[::-1])}


@pytest.mark.parametrize("wrong", [{"fractions": (0.5, 0.5, 0.5)}, {"folds": 3, "test_fold": 3}, {"repeat": 1}])
def test_settings_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"sum to 1|under folds|for method repeated"):
        Split(**wrong)
