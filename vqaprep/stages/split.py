"""Assign rows to train, validation and test: by person and content group, never by clip."""

import logging
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from vqaprep.errors import InputError
from vqaprep.rows import Row, Video
from vqaprep.settings.written import DefaultOf
from vqaprep.stages import Stage

_log = logging.getLogger(__name__)
_SPLITS = ("train", "val", "test")
_WHOLE = ("subject_id", "group_id", "video_id", "sha256")  # no split may divide these; the last: one film, two names


class Split(Stage):
    """Give each row a split and, for k-fold, a fold; people and content groups stay whole."""

    name: ClassVar[str] = "split"
    step: ClassVar[int] = 5
    example: ClassVar[str] = "vqaprep split 4-speed -o 5-split --method kfold --folds 11"
    scope: ClassVar[Literal["row", "all"]] = "all"

    method: Annotated[
        Literal["holdout", "kfold", "repeated", "official", "random"],
        Field(
            description="how videos are divided. Whole persons and content groups: holdout (shares as exact as "
            "can be), kfold, repeated (groups at random, anew for each --repeat). official: the data "
            "set's own lists. random: single videos, as some papers did; people may then be in two "
            "splits"
        ),
    ] = "holdout"
    fractions: Annotated[
        tuple[float, float, float] | None,
        Field(description="shares of train, val, test, which sum to 1"),
        DefaultOf(lambda: "0.8,0.1,0.1; 0.8,0,0.2 for repeated"),
    ] = None
    folds: Annotated[
        int, Field(ge=2, description="method kfold: number of folds; as many as people leaves one person out at a time")
    ] = 5
    test_fold: Annotated[
        int,
        Field(ge=0, description="method kfold: the fold that is tested on; the next one validates, the others train"),
    ] = 0
    repeat: Annotated[
        int, Field(ge=0, description="method repeated: which draw this is; run 0 to 9 for the ten splits of VQA papers")
    ] = 0
    stratify: Annotated[
        bool,
        Field(description="keep the share of each label alike in every split; off where labels are too rare for that"),
    ] = True
    allow_leaks: Annotated[
        bool,
        Field(
            description="accept that a person, content group, video or its bytes are in two splits; scores are then "
            "too high"
        ),
    ] = False

    @model_validator(mode="after")
    def _consistent(self) -> "Split":
        if min(self.shares) < 0 or abs(sum(self.shares) - 1) > 1e-6:
            given = ",".join(f"{share:g}" for share in self.shares)
            raise ValueError(f"--fractions {given}: give three shares of 0 or more that sum to 1, such as 0.8,0.1,0.1")
        if self.test_fold >= self.folds:
            raise ValueError(f"test_fold must be under folds ({self.folds}), got {self.test_fold}")
        if self.repeat and self.method != "repeated":
            raise ValueError(f"repeat {self.repeat} is for method repeated, not {self.method}")
        return self

    @property
    def shares(self) -> tuple[float, float, float]:
        """The shares of train, val and test that are aimed at."""
        return self.fractions or ((0.8, 0.0, 0.2) if self.method == "repeated" else (0.8, 0.1, 0.1))

    def decide(self, rows: Sequence[Row], rng: np.random.Generator) -> list[Row]:
        """Return the rows with `split` and `fold` set.

        Raises:
            InputError: `official` was asked for and a row has none, there are too few groups, or something
                leaks (`leaks`) and that was not allowed: only `official` and `random` can.
        """
        assigned = _official(rows) if self.method == "official" else self._drawn(rows, rng)
        if leaking := leaks(assigned):
            message = f"{len(leaking)} leaks between splits, the first: {leaking[0]}"
            if not self.allow_leaks:
                raise InputError(
                    f"{message}; --method holdout or kfold keeps them whole, --allow-leaks takes them as is"
                )
            _log.warning("split: %s", message)
        return assigned

    def _drawn(self, rows: Sequence[Row], rng: np.random.Generator) -> list[Row]:
        groups = _by_video(rows) if self.method == "random" else _groups(rows)
        labels = {g: _majority(rows[i].label for i in members) for g, members in groups.items()}
        parts = self._kfold(groups, labels, rng) if self.method == "kfold" else self._holdout(groups, labels, rng)
        out: dict[int, Row] = {}
        for group, members in groups.items():
            split, fold = parts[group]
            out |= {i: rows[i].having(split=split, fold=fold) for i in members}
        return [out[i] for i in range(len(rows))]

    def _holdout(
        self, groups: "Groups", labels: dict[Hashable, str | None], rng: np.random.Generator
    ) -> dict[Hashable, tuple[str, int | None]]:
        """Fill the split that lacks most rows of a group's label, largest groups first unless `repeated`."""
        totals: Counter[str | None] = Counter()
        for group, members in groups.items():
            totals[self._stratum(labels[group])] += len(members)
        filled: dict[tuple[str | None, str], int] = defaultdict(int)
        parts: dict[Hashable, tuple[str, int | None]] = {}
        # Largest first comes closest to the shares, but would never test on the largest groups.
        repeated = self.method == "repeated"
        order = _shuffled(groups, rng.spawn(self.repeat + 1)[-1]) if repeated else _large_first(groups, rng)
        for group in order:
            stratum = self._stratum(labels[group])
            # The split that is furthest from its share, counted in rows, gets the group.
            lack = [f * totals[stratum] - filled[stratum, s] for s, f in zip(_SPLITS, self.shares, strict=True)]
            # A split that is not wanted has share 0. Rounding could make it lack most, so it is left out. Ties go to
            # train.
            split = _SPLITS[int(np.argmax([v if f else -np.inf for v, f in zip(lack, self.shares, strict=True)]))]
            parts[group] = (split, None)
            filled[stratum, split] += len(groups[group])
        self._fill_empty(parts, groups)
        return parts

    def _fill_empty(self, parts: dict[Hashable, tuple[str, int | None]], groups: "Groups") -> None:
        """Give each wanted split at least one group while train keeps one: an empty test set proves nothing."""
        for split, share in zip(_SPLITS, self.shares, strict=True):
            held = [g for g, (s, _) in parts.items() if s == "train"]
            if share > 0 and split not in {s for s, _ in parts.values()} and len(held) > 1:
                parts[min(held, key=lambda g: (len(groups[g]), str(g)))] = (split, None)

    def _kfold(
        self, groups: "Groups", labels: dict[Hashable, str | None], rng: np.random.Generator
    ) -> dict[Hashable, tuple[str, int | None]]:
        if len(groups) < self.folds:
            raise InputError(
                f"{len(groups)} groups cannot make {self.folds} folds; use --folds {max(len(groups), 2)} or fewer"
            )
        counts: dict[tuple[str | None, int], int] = defaultdict(int)
        sizes = [0] * self.folds
        parts: dict[Hashable, tuple[str, int | None]] = {}
        for group in _large_first(groups, rng):
            stratum = self._stratum(labels[group])
            # The number of the fold is the last tie-break, so that equal folds fill in a fixed order.
            fold = min(range(self.folds), key=lambda k: (counts[stratum, k], sizes[k], k))
            counts[stratum, fold] += len(groups[group])
            sizes[fold] += len(groups[group])
            # With two folds the next one is all that is left to train on.
            val = (self.test_fold + 1) % self.folds if self.folds > 2 else None
            split = "test" if fold == self.test_fold else "val" if fold == val else "train"
            parts[group] = (split, fold)
        return parts

    def _stratum(self, label: str | None) -> str | None:
        return label if self.stratify else None


Groups = dict[Hashable, list[int]]


def leaks(rows: Iterable[Video]) -> list[str]:
    """Return a sentence for every person, content group, video or file content in more than one split or fold."""
    splits_by_name: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        places = [row.split, None if row.fold is None else f"fold {row.fold}"]
        for column in _WHOLE:
            if value := getattr(row, column):
                splits_by_name[column, value] |= {place for place in places if place is not None}
    return [
        f"{column} {value} is in {' and '.join(sorted(together))}"
        for (column, value), places in sorted(splits_by_name.items())
        for together in ({p for p in places if p in _SPLITS}, {p for p in places if p not in _SPLITS})
        if len(together) > 1
    ]


def _official(rows: Sequence[Row]) -> list[Row]:
    missing = [row.id for row in rows if row.split is None]
    if missing:
        raise InputError(f"{len(missing)} rows have no official split (first: {missing[0]}); use --method holdout")
    return list(rows)


def _groups(rows: Sequence[Row]) -> Groups:
    """Join rows that share a person, a content group or their bytes, also through others, into one group."""
    # Union-find: two rows may be tied by a third one that shares a person with one and a film with the other.
    parent: dict[Hashable, Hashable] = {}

    def find(node: Hashable) -> Hashable:
        parent.setdefault(node, node)
        while parent[node] != node:
            node = parent[node]
        return node

    def keys(row: Row) -> list[Hashable]:
        return [(column, value) for column in _WHOLE if (value := getattr(row, column))]

    # Every row has a video_id, so there is a first key.
    for row in rows:
        first, *others = keys(row)
        for other in others:
            parent[find(other)] = find(first)
    groups: Groups = defaultdict(list)
    for i, row in enumerate(rows):
        groups[find(keys(row)[0])].append(i)
    return groups


def _by_video(rows: Sequence[Row]) -> Groups:
    groups: Groups = defaultdict(list)
    for i, row in enumerate(rows):
        groups[row.video_id].append(i)
    return groups


def _majority(labels: Iterable[str | None]) -> str | None:
    return Counter(labels).most_common(1)[0][0]


def _shuffled(groups: Groups, rng: np.random.Generator) -> list[Hashable]:
    # Sorted before they are shuffled: a set or a manifest in another order must give the same split.
    names = sorted(groups, key=str)
    return [names[i] for i in rng.permutation(len(names))]


def _large_first(groups: Groups, rng: np.random.Generator) -> list[Hashable]:
    # The sort is stable, so groups of one size stay in their shuffled order.
    return sorted(_shuffled(groups, rng), key=lambda g: -len(groups[g]))
