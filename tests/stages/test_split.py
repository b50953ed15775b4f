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
@given(several, st.sampled_from(["holdout", "kfold"]), st.integers(0, 5))
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


def test_a_random_split_keeps_videos_whole_and_says_that_people_are_parted(caplog: pytest.LogCaptureFixture) -> None:
    rows: list[Row] = [clip(f"v{i}", n, subject_id=f"s{i % 2}") for i in range(20) for n in range(2)]
    found = split(rows, method="random", fractions=(0.5, 0.25, 0.25))
    assert [leak for leak in leaks(found) if leak.startswith("video_id")] == []
    assert [leak for leak in leaks(found) if leak.startswith("subject_id")]
    assert "2 leaks; the first: subject_id s0" in caplog.text


def test_a_leak_is_told_with_its_name() -> None:
    rows = [video("a", subject_id="p", split="train"), video("b", subject_id="p", split="test")]
    assert leaks(rows) == ["subject_id p is in test and train"]


def test_the_order_of_rows_does_not_matter() -> None:
    rows = people(12)
    one = {row.id: row.split for row in split(rows)}
    assert one == {row.id: row.split for row in split(rows[::-1])}


@pytest.mark.parametrize("wrong", [{"fractions": (0.5, 0.5, 0.5)}, {"folds": 3, "test_fold": 3}])
def test_settings_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"sum to 1|under folds"):
        Split(**wrong)
