"""From shards to batches: examples drawn by seed, epoch and sample alone, cut to one size, stacked."""

import math
import resource
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from vqaprep.draws import rng_for
from vqaprep.errors import InputError, VqaprepError
from vqaprep.shards.geometry import grid_places, squares
from vqaprep.shards.order import SampleOrder
from vqaprep.training.augment import NUM_DRAWS, Augment, augment, to_float
from vqaprep.training.part import Folds, open_part
from vqaprep.training.settings import Crop
from vqaprep.training.views import Ask, Example, Frames, example, examples_in, together

_NUM_CROPS = 2  # the pairs of source 001 are seen in two crops
_OPEN_FILES, _OPEN_FILES_A_WORKER = 48, 16  # 24 were open in training; two batches wait per worker, of up to 8 tensors


class Examples(Dataset[dict[str, Any]]):
    """The examples that a split of a shard folder gives a system; indexed by (epoch, number).

    With `grid` each clip is cut in grid x grid squares, evenly from edge to edge (1: the centre), stacked in front.
    """

    def __init__(
        self,
        folder: Path,
        ask: Ask,
        *,
        split: str | None,
        seed: int,
        crop_px: int | None = None,
        crop: Crop = "random",
        grid: int | None = None,
        passes: int = 1,
        folds: Folds | None = None,
    ) -> None:
        self.reader = open_part(folder, split, folds)
        self.ask, self.seed, self.crop_px, self.passes = ask, seed, crop_px, passes
        self.grid, self.is_crop_drawn = grid, ask.is_training and crop == "random"
        scores = self.reader.column("mos") if ask.views == "semi" else []
        self._without_scores = [i for i, score in enumerate(scores) if score is None] or list(range(len(scores)))
        about = self._about(scores)
        records = zip(about, self.reader.records(about), strict=True)
        self.together = together(ask)
        self.items = [(i, j) for i, record in records for j in examples_in(record, ask)]
        if not self.items:
            raise InputError(_nothing(folder, split, len(self.reader), ask))

    def __len__(self) -> int:
        return len(self.items) * self.passes

    def record(self, number: int) -> dict[str, Any]:
        """Return the record of the sample that example `number` is drawn from."""
        return self.reader.record(self.items[number % len(self.items)][0])

    def __getitem__(self, where: tuple[int, int]) -> dict[str, Any]:
        epoch, number = where
        turn, number = divmod(number, len(self.items))
        sample, view = self.items[number]
        record = self.reader.record(sample)
        rng = rng_for(self.seed, "example", epoch, turn, record["key"], -1 if view is None else view)
        found = example(record, lambda j: self.reader.view(sample, record["views"][j]), view, self.ask, rng)
        if self.ask.views == "semi":
            found = self._with_unlabelled(found, rng)
        draws = rng.random((_NUM_CROPS, NUM_DRAWS), dtype=np.float32)
        # A key clip has a row of draws of its own: a crop and colours like the query's would be its own answer.
        rows = {name: draws[1:] if name == "key" else draws for name in found.clips}
        clips = {name: self._cut(clip, rows[name]) for name, clip in found.clips.items()}
        return clips | found.numbers | {"draws_u": draws, "example": number}

    def _cut(self, clip: Frames, draws: npt.NDArray[np.float32]) -> Tensor:
        """Cut the squares at `_places`; those of `pairs` and of a grid are stacked in front."""
        is_stacked = self.grid is not None or self.ask.views == "pairs"
        if self.crop_px is None:
            return torch.from_numpy(clip[None] if is_stacked else clip)
        height, width = clip.shape[-3:-1]
        if min(height, width) < self.crop_px:
            raise InputError(f"clips are {width}x{height} px, under crop_px={self.crop_px}: make larger shards")
        crops = squares(clip, self.crop_px, self._places(draws))
        return torch.from_numpy(np.stack(crops) if is_stacked else np.ascontiguousarray(crops[0]))

    def _places(self, draws: npt.NDArray[np.float32]) -> Iterable[tuple[float, float]]:
        """Return the places of the squares: of the grid, drawn, or the centre."""
        if self.grid is not None:
            return grid_places(self.grid)
        drawn = draws[: _NUM_CROPS if self.ask.views == "pairs" else 1]
        return [(u[0], u[1]) if self.is_crop_drawn else (0.5, 0.5) for u in drawn]

    def _about(self, scores: list[float | None]) -> list[int]:
        """Return the samples that examples are about; a semi-supervised system takes those without scores along."""
        return [i for i, score in enumerate(scores) if score is not None] if scores else list(range(len(self.reader)))

    def _with_unlabelled(self, found: Example, rng: np.random.Generator) -> Example:
        """Pair a labelled example with one that has no score, drawn anew each time (source 002 cycles them)."""
        clips, without = {"labelled": found.clips["draws"]}, self._without_scores
        other = without[int(rng.integers(len(without)))]
        record = self.reader.record(other)
        unlabelled = example(record, lambda j: self.reader.view(other, record["views"][j]), None, self.ask, rng)
        return Example(clips | {"unlabelled": unlabelled.clips["draws"]}, found.numbers)


@dataclass
class Places:
    """Which examples, as (epoch, number), make each batch of an epoch on one rank, from a position on."""

    examples: Examples
    batch: int
    epoch: int
    seed: int
    start: int = 0
    rank: int = 0
    world_size: int = 1
    in_order: bool = False
    drop_last: bool = True

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        if self.in_order:
            for first in range(0, len(self.examples), self.batch):
                last = min(first + self.batch, len(self.examples))
                yield [(self.epoch, number) for number in range(first, last)]
            return
        size = self.examples.together
        num, batch, start = (n // size for n in (len(self.examples), self.batch // self.world_size, self.start))
        order = SampleOrder(
            num=num,
            seed=self.seed,
            epoch=self.epoch,
            batch=batch,
            rank=self.rank,
            world_size=self.world_size,
            start=start,
            drop_last=self.drop_last,
        )
        for numbers in order:
            yield [(self.epoch, number * size + place) for number in numbers for place in range(size)]


@dataclass
class Batches:
    """The batches at `places`, the same whatever the number of loader processes.

    Those processes stay when `places` moves on and its batches are asked for again: a fork an epoch would have the
    system copy what training writes, page by page.
    """

    places: Places
    workers: int = 0

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        try:
            yield from self._loader
        except VqaprepError as error:  # from a loader process it comes wrapped in that process's traceback
            raise type(error)(str(error).rpartition(f"{type(error).__name__}: ")[2].strip()) from error

    @cached_property
    def _loader(self) -> DataLoader[dict[str, Any]]:
        _enough_open_files(self.workers)
        return DataLoader(
            self.places.examples,
            batch_sampler=self.places,
            num_workers=self.workers,
            collate_fn=collate,
            multiprocessing_context="fork" if self.workers else None,
            pin_memory=torch.cuda.is_available(),
            persistent_workers=self.workers > 0,
        )


def _enough_open_files(workers: int) -> None:
    """Refuse loader processes where they would hang: each tensor of a batch that waits is an open file.

    Raises:
        InputError: the limit of the shell is too low.
    """
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _OPEN_FILES + workers * _OPEN_FILES_A_WORKER
    if workers and allowed != resource.RLIM_INFINITY and allowed < needed:
        raise InputError(
            f"--loader-workers {workers} needs about {needed} open files, and this shell allows {allowed}; raise that "
            f"(ulimit -n {max(needed, 1024)}), or use --loader-workers 0"
        )


def collate(examples: list[dict[str, Any]]) -> dict[str, Tensor]:
    """Stack examples by key; a number that only some of them have is NaN for the others, such a clip is left out."""
    batch: dict[str, Tensor] = {}
    for name in sorted(set[str]().union(*examples)):
        values = [one.get(name, math.nan) for one in examples]
        if all(isinstance(value, Tensor) for value in values):
            batch[name] = torch.stack(values)
        elif not any(isinstance(value, Tensor) for value in values):
            batch[name] = torch.from_numpy(np.stack([np.asarray(v) for v in values]))
    return batch


def to_model(raw: dict[str, Tensor], ask: Ask, how: Augment | None) -> dict[str, Tensor]:
    """Turn a stacked batch into what models read: float clips (B, 3, T, H, W), augmented, and labels.

    Runs on the device. Query and key are drawn apart; an original and its distorted version alike.
    """
    draws = raw["draws_u"]
    batch = {name: _number(value) for name, value in raw.items() if value.dtype != torch.uint8 and name != "draws_u"}
    for name, value in raw.items():
        if value.dtype != torch.uint8:
            continue
        clip = to_float(value)
        if how is not None:
            clip = _augmented(clip, draws, how, name=name, views=ask.views)
        batch[name] = clip
    if ask.views == "frames_motion":
        batch["frames"] = batch["frames"].transpose(1, 2)
        batch["motion"] = batch["motion"][:, None]  # one window for all frames
    return batch


def _augmented(clip: Tensor, draws: Tensor, how: Augment, *, name: str, views: str) -> Tensor:
    if views == "pairs":
        return torch.stack([augment(clip[:, v], draws[:, v], how) for v in range(clip.shape[1])], 1)
    if views in ("clip", "query_key"):
        return augment(clip, draws[:, 1 if name == "key" else 0], how)
    return clip  # fragments keep their pixels as they are


def _number(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value.long()


def _nothing(folder: Path, split: str | None, num_samples: int, ask: Ask) -> str:
    if num_samples == 0:
        return f"{folder} has no sample in split {split!r}; run `vqaprep split` with a larger share, or another split"
    known = {"label": "a label", "mos": "a score, or --target vmaf"}.get(ask.needs or "", "a score or a label")
    remedy = f"{known} (`vqaprep scan --labels`)" if ask.target == "mos" else f"`vqaprep shard --measure {ask.target}`"
    if ask.views == "pairs":
        remedy = f"distorted views of {', '.join(ask.kinds)} (`vqaprep distort`)"
    return f"none of the {num_samples} samples in {folder} has what this system learns from; it needs {remedy}"
