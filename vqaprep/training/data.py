"""From shards to batches: examples are drawn by seed, epoch and sample only, cropped to one size, and stacked."""

import math
import resource
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from vqaprep.errors import InputError, VqaprepError
from vqaprep.settings.seeds import rng_for
from vqaprep.shards.geometry import grid_places, squares
from vqaprep.shards.order import SampleOrder
from vqaprep.training.augment import NUM_DRAWS, Augment, to_float
from vqaprep.training.examples import Example, Frames, Kind
from vqaprep.training.settings import Crop
from vqaprep.training.subsets import Folds, open_subset

_NUM_CROPS = 2  # rows of draws per example; a kind with other clips or crops apart uses the second
_OPEN_FILES, _OPEN_FILES_A_WORKER = 48, 16  # 24 were open in training; two batches wait per worker, of up to 8 tensors


class Examples(Dataset[dict[str, Any]]):
    """The examples that a split of a shard folder gives a system; indexed by (epoch, number).

    With `grid` each clip is cut in grid x grid squares, evenly from edge to edge (1: the centre), stacked in front.
    `samples` are the numbers of the only ones that are read and used; default: what the kind says.
    """

    def __init__(
        self,
        folder: Path,
        kind: Kind,
        *,
        split: str | None,
        seed: int,
        crop_px: int | None = None,
        crop: Crop = "random",
        grid: int | None = None,
        passes: int = 1,
        folds: Folds | None = None,
        samples: Sequence[int] | None = None,
    ) -> None:
        self.reader = open_subset(folder, split, folds)
        self.kind, self.seed, self.crop_px, self.passes = kind, seed, crop_px, passes
        self.grid, self.is_crop_drawn = grid, kind.is_training and crop == "random"
        self._partners = kind.partners(self.reader)
        samples = kind.samples(self.reader) if samples is None else samples
        records = zip(samples, self.reader.records(samples), strict=True)
        self.together = kind.together
        self.items = [(i, j) for i, record in records for j in kind.examples_in(record)]
        if not self.items:
            raise InputError(_refusal(folder, split, len(self.reader), kind))

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
        alone = self._example(sample, record, view, rng)
        example = self.kind.with_partner(
            alone, lambda other: self._example(other, self.reader.record(other), None, rng), self._partners, rng
        )
        # Drawn last, so that a kind that draws more or fewer numbers does not change the crops of the others.
        draws = rng.random((_NUM_CROPS, NUM_DRAWS), dtype=np.float32)
        clips = {
            name: self._cut(clip, draws[1:] if name in self.kind.key_clips else draws)
            for name, clip in example.clips.items()
        }
        return clips | example.numbers | {"draws_u": draws, "example": number}

    def _example(self, sample: int, record: dict[str, Any], view: int | None, rng: np.random.Generator) -> Example:
        return self.kind.example(record, lambda j: self.reader.view(sample, record["views"][j]), view, rng)

    def _cut(self, clip: Frames, draws: npt.NDArray[np.float32]) -> Tensor:
        """Cut the squares at `_places`; those of a grid, and of a kind with several crops, are stacked in front."""
        is_stacked = self.grid is not None or self.kind.stacks_crops
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
        return [(u[0], u[1]) if self.is_crop_drawn else (0.5, 0.5) for u in draws[: self.kind.num_crops]]


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
        # Examples that belong together move as one: the order is drawn over groups, not over examples.
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

    Those processes stay between epochs. Forking anew in each epoch would copy the parent's pages (copy on write).
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
    """Stack examples by key. Numbers missing from some are NaN there; clips missing from some are not in the batch."""
    batch: dict[str, Tensor] = {}
    for name in sorted(set[str]().union(*examples)):
        values = [one.get(name, math.nan) for one in examples]
        if all(isinstance(value, Tensor) for value in values):
            batch[name] = torch.stack(values)
        elif not any(isinstance(value, Tensor) for value in values):
            batch[name] = torch.from_numpy(np.stack([np.asarray(v) for v in values]))
    return batch


def to_model(raw: dict[str, Tensor], kind: Kind, augment: Augment | None) -> dict[str, Tensor]:
    """Turn a stacked batch into what models read: float clips (B, 3, T, H, W), augmented, and labels.

    Runs on the device. The kind of example says which clips are changed alike.
    """
    draws = raw["draws_u"]
    batch = {name: _number(value) for name, value in raw.items() if value.dtype != torch.uint8 and name != "draws_u"}
    for name, value in raw.items():
        if value.dtype == torch.uint8:
            clip = to_float(value)
            batch[name] = clip if augment is None else kind.augmented(name, clip, draws, augment)
    return kind.finished(batch)


def _number(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value.long()


def _refusal(folder: Path, split: str | None, num_samples: int, kind: Kind) -> str:
    if num_samples == 0:
        return f"{folder} has no sample in split {split!r}; run `vqaprep split` with a larger share, or another split"
    return f"none of the {num_samples} samples in {folder} has what this system learns from; it needs {kind.remedy()}"
