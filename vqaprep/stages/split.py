"""Decide which rows train, validate and test: by person and content group, never by clip."""

import logging
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from vqaprep.errors import InputError
from vqaprep.rows import Row, Video
from vqaprep.stages import Stage

_log = logging.getLogger(__name__)
_SPLITS = ("train", "val", "test")


class Split(Stage):
    """Give each row a split and, for k-fold, a fold; people and content groups stay whole."""

    name: ClassVar[str] = "split"
    step: ClassVar[int] = 5
    scope: ClassVar[Literal["row", "all"]] = "all"

    method: Annotated[
        Literal["holdout", "kfold", "official", "random"],
        Field(description="holdout by group, k folds by group, the data set's own, or random by video (leaks)"),
    ] = "holdout"
    fractions: Annotated[tuple[float, float, float], Field(description="shares of train, val, test")] = (
        0.8,
        0.1,
        0.1,
    )
    folds: Annotated[int, Field(ge=2, description="number of folds for kfold")] = 5
    test_fold: Annotated[int, Field(ge=0, description="the fold that is tested on; the next one validates")] = 0
    stratify: Annotated[bool, Field(description="keep the share of each label alike in every split")] = True

    @model_validator(mode="after")
    def _consistent(self) -> "Split":
        if min(self.fractions) < 0 or abs(sum(self.fractions) - 1) > 1e-6:
            raise ValueError(f"fractions must be shares that sum to 1, got {self.fractions}")
        if self.test_fold >= self.folds:
            raise ValueError(f"test_fold must be under folds ({self.folds}), got {self.test_fold}")
        return self

    def decide(self, rows: Sequence[Row], rng: np.random.Generator) -> list[Row]:
        """Return the rows with `split` and `fold` set.

        Raises:
            InputError: `official` was asked for and a row has none, or there are too few groups.
        """
        if self.method == "official":
            missing = [row.id for row in rows if row.split is None]
            if missing:
                raise InputError(
                    f"{len(missing)} rows have no official split (first: {missing[0]}); use --method holdout"
                )
            _warn(rows)
            return list(rows)
        groups = _by_video(rows) if self.method == "random" else _groups(rows)
        labels = {g: _majority(rows[i].label for i in members) for g, members in groups.items()}
        parts = self._kfold(groups, labels, rng) if self.method == "kfold" else self._holdout(groups, labels, rng)
        out: dict[int, Row] = {}
        for group, members in groups.items():
            split, fold = parts[group]
            out |= {i: rows[i].having(split=split, fold=fold) for i in members}
        found = [out[i] for i in range(len(rows))]
        _warn(found)
        return found

    def _holdout(
        self, groups: "Groups", labels: dict[Hashable, str | None], rng: np.random.Generator
    ) -> dict[Hashable, tuple[str, int | None]]:
        """Fill the split that lacks most rows of a group's label, largest groups first."""
        totals: Counter[str | None] = Counter()
        for group, members in groups.items():
            totals[self._stratum(labels[group])] += len(members)
        filled: dict[tuple[str | None, str], int] = defaultdict(int)
        parts: dict[Hashable, tuple[str, int | None]] = {}
        for group in _large_first(groups, rng):
            stratum = self._stratum(labels[group])
            lack = [f * totals[stratum] - filled[stratum, s] for s, f in zip(_SPLITS, self.fractions, strict=True)]
            split = _SPLITS[int(np.argmax([v if f else -np.inf for v, f in zip(lack, self.fractions, strict=True)]))]
            parts[group] = (split, None)
            filled[stratum, split] += len(groups[group])
        self._fill_empty(parts, groups)
        return parts

    def _fill_empty(self, parts: dict[Hashable, tuple[str, int | None]], groups: "Groups") -> None:
        """Give each wanted split at least one group while train keeps one: an empty test set proves nothing."""
        for split, share in zip(_SPLITS, self.fractions, strict=True):
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
            fold = min(range(self.folds), key=lambda k: (counts[stratum, k], sizes[k], k))
            counts[stratum, fold] += len(groups[group])
            sizes[fold] += len(groups[group])
            val = (self.test_fold + 1) % self.folds if self.folds > 2 else None
            split = "test" if fold == self.test_fold else "val" if fold == val else "train"
            parts[group] = (split, fold)
        return parts

    def _stratum(self, label: str | None) -> str | None:
        return label if self.stratify else None


Groups = dict[Hashable, list[int]]


def leaks(rows: Iterable[Video]) -> list[str]:
    """Return a sentence for every person, content group or video that stands in more than one split."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        for column in ("video_id", "subject_id", "group_id"):
            value = getattr(row, column)
            if value is not None and row.split is not None:
                seen[column, value].add(row.split)
    return [f"{c} {v} is in {' and '.join(sorted(s))}" for (c, v), s in sorted(seen.items()) if len(s) > 1]


def _warn(rows: Sequence[Row]) -> None:
    """Say what leaks: nothing does by group, but an official or a random split may."""
    if found := leaks(rows):
        _log.warning("split: %d leaks; the first: %s", len(found), found[0])


def _groups(rows: Sequence[Row]) -> Groups:
    """Join rows that share a person or a content group, also through others, into one group."""
    parent: dict[Hashable, Hashable] = {}

    def find(node: Hashable) -> Hashable:
        parent.setdefault(node, node)
        while parent[node] != node:
            node = parent[node]
        return node

    def keys(row: Row) -> list[Hashable]:
        named = [("subject", row.subject_id), ("group", row.group_id), ("video", row.video_id)]
        return [(kind, value) for kind, value in named if value is not None]

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


def _large_first(groups: Groups, rng: np.random.Generator) -> list[Hashable]:
    names = sorted(groups, key=str)
    order = rng.permutation(len(names))
    return sorted((names[i] for i in order), key=lambda g: -len(groups[g]))
