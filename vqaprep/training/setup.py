"""Set up a run before its first step: devices, examples, network, optimizer, and position."""

import dataclasses
import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from vqaprep.errors import InputError
from vqaprep.rows.outfolder.record import read_run
from vqaprep.shards.geometry import Scaling
from vqaprep.shards.order import SampleOrder
from vqaprep.shards.read import ShardReader
from vqaprep.training import checkpoint
from vqaprep.training.augment import Augment
from vqaprep.training.batch_norm import with_shared_statistics
from vqaprep.training.checkpoint import Position
from vqaprep.training.data import Batches, Examples, Places
from vqaprep.training.devices import fabric_for
from vqaprep.training.examples import Kind
from vqaprep.training.meta import described
from vqaprep.training.optimize import optimizer_for, running_mean
from vqaprep.training.pretrained import start_from
from vqaprep.training.pristine import Pristine, pristine_for
from vqaprep.training.processes import gather
from vqaprep.training.recompute import recompute
from vqaprep.training.requirements import requirements
from vqaprep.training.settings import TrainSettings
from vqaprep.training.subsets import folds_of, open_subset
from vqaprep.training.systems import Recipe, System, build, contract_of, recipe_of

_log = logging.getLogger(__name__)
_MOST_SEEN = 256
"""Samples of the training split that are predicted beside the validation split: over-fitting shows as a gap."""


@dataclass
class Run:
    """A training run, ready to step. `batch` counts clips over all processes."""

    path: Path
    settings: TrainSettings
    seed: int
    fabric: Fabric
    recipe: Recipe
    augment: Augment | None
    train: Examples
    val: Examples | None
    seen: Examples | None
    model: System
    network: Any
    optimizer: Any
    ema: AveragedModel | None
    pristine: Pristine | None
    batch: int
    where: Position

    @property
    def steps_an_epoch(self) -> int:
        """Batches of an epoch."""
        return num_steps(self.recipe, len(self.train), self.batch, world_size=self.fabric.world_size)

    def batches(self) -> Batches:
        """Return the rest of the current epoch's batches of this process."""
        places = self._train_batches.places
        places.epoch, places.start = self.where.epoch, self.where.seen
        return self._train_batches

    @cached_property
    def val_batches(self) -> Batches | None:
        """The batches of the validation split, alike at every call; one example alone tells nothing."""
        if self.val is None or len(self.val) < min(2, self.batch):
            return None
        return self._in_order(self.val)

    def _in_order(self, examples: Examples) -> Batches:
        places = Places(examples, min(self.batch, len(examples)), epoch=0, seed=0, in_order=True)
        return Batches(places, self.settings.loader_workers)

    @cached_property
    def seen_batches(self) -> Batches | None:
        """Batches of some samples of the training split, as validation sees them; alike at every call."""
        return None if self.seen is None else self._in_order(self.seen)

    @cached_property
    def _train_batches(self) -> Batches:
        places = Places(
            self.train, self.batch, self.where.epoch, self.seed, rank=self.fabric.global_rank,
            world_size=self.fabric.world_size, drop_last=self.recipe.drop_last,
        )  # fmt: skip
        return Batches(places, self.settings.loader_workers)

    def gather(self, values: Tensor) -> Tensor:
        """Join a tensor across processes along dimension 0, with its gradient."""
        return values if self.fabric.world_size == 1 else gather(values)

    def save(self) -> None:
        """Keep weights and state on disk, written by the first process."""
        if self.fabric.is_global_zero:
            precision = self.fabric.strategy.precision
            checkpoint.save(self.path, self.model, self.optimizer, self.ema, self.where, precision=precision)
        self.fabric.barrier()


def num_steps(recipe: Recipe, num: int, batch: int, *, world_size: int = 1) -> int:
    """Return the batches of an epoch of `num` examples; what is left fills a smaller one where the recipe keeps it."""
    how: dict[str, Any] = {"batch": batch // world_size, "world_size": world_size, "drop_last": recipe.drop_last}
    return len(SampleOrder(num=num, seed=0, epoch=0, **how))


def prepare(settings: TrainSettings, shards: Path, path: Path, *, seed: int) -> Run:
    """Set up a run, or the rest of one that an earlier call left in `path`.

    Raises:
        InputError: the shards do not hold what the system learns from, or settings do not fit them.
    """
    fabric = fabric_for(settings)
    # Every process starts from the same weights, whatever its rank.
    torch.manual_seed(seed)
    kind, chosen = requirements(settings, shards)
    recipe = recipe_of(settings)
    crop_px = settings.crop_px or getattr(chosen, "size_px", None)
    train, val, seen = _examples(settings, shards, kind, seed=seed, crop_px=crop_px)
    batch = _batch(recipe, train, world_size=fabric.world_size)
    model = _network(settings, chosen)
    pristine = pristine_for(settings.system, settings.pristine, seed=seed, crop_px=crop_px)
    optimizer = optimizer_for(model, recipe)
    network, wrapped = fabric.setup(model, optimizer)
    network.mark_forward_method("loss_on")
    # From here on the network is on its device; the optimizer's state and the running mean follow it only there.
    ema = running_mean(model, settings.ema_decay)
    where = checkpoint.resume(path, model, optimizer, ema, precision=fabric.strategy.precision)
    if settings.channels_last:
        _lay_out(model)
    if settings.recompute:
        recompute(model)
    if settings.compile:
        # Compiled last: what is compiled must already have its memory layout and its recomputed blocks.
        _compile(model)
    if fabric.is_global_zero:
        meta = described(settings.system, chosen, kind, stored=_stored(shards, crop_px), crop_px=crop_px, seed=seed)
        meta["scaling"] = _scaling(shards)
        meta |= {"recipe": dataclasses.asdict(recipe), "num_parameters": sum(p.numel() for p in model.parameters())}
        folds = folds_of(settings)
        checkpoint.save_meta(path, meta | {"folds": dataclasses.asdict(folds) if folds else None})
    augment = Augment.of(contract_of(settings.system).augment) if settings.augment else None
    return Run(
        path, settings, seed, fabric, recipe, augment, train, val, seen, model, network, wrapped, ema, pristine, batch,
        where,
    )  # fmt: skip


def _stored(shards: Path, crop_px: int | None) -> dict[str, Any]:
    """Return how the shards' pictures were cut and scaled; of shards without `run.json`, as if to `crop_px`."""
    run = read_run(shards)
    made = run["settings"] if run else {"spatial": "face", "size_px": crop_px}
    return {name: made[name] for name in ("spatial", "size_px") if made.get(name) is not None}


def _scaling(shards: Path) -> Scaling | None:
    """Return how the shards' pictures were scaled, as their first sample says; older ones do not say it."""
    scaling: Scaling | None = ShardReader(shards).record(0).get("scaling", "rgb")
    return scaling


def _examples(
    settings: TrainSettings, shards: Path, kind: Kind, *, seed: int, crop_px: int | None
) -> tuple[Examples, Examples | None, Examples | None]:
    """Return the examples to train on and, if there are any, to validate on, with the first cut as the second."""
    folds = folds_of(settings)
    cut: dict[str, Any] = {"seed": seed, "crop_px": crop_px, "folds": folds}
    train = Examples(shards, kind, split="train", passes=settings.passes, crop=settings.crop, **cut)
    unseen = dataclasses.replace(kind, is_training=False)
    has_val = len(open_subset(shards, "val", folds)) > 0
    if not has_val:
        return train, None, None
    # A few, spread evenly: a store would otherwise be asked for the records of the whole split twice.
    used = sorted({sample for sample, _ in train.items})
    seen = Examples(shards, unseen, split="train", samples=used[:: -(-len(used) // _MOST_SEEN)], **cut)
    return train, Examples(shards, unseen, split="val", **cut), seen


def _batch(recipe: Recipe, train: Examples, *, world_size: int) -> int:
    """Return the clips of a step: the recipe's, or all where there are fewer."""
    # A batch that the epoch cannot fill would be dropped, and nothing would be trained.
    batch = min(recipe.batch, len(train))
    if batch < recipe.batch:
        _log.info(
            "--batch %d is more than the %d examples of an epoch: every step takes all %d", recipe.batch, batch, batch
        )
    if batch % (world_size * train.together):
        raise InputError(
            f"a batch of {batch} cannot be shared by {world_size} processes in groups of {train.together} clips that "
            "belong together; give a --batch that can"
        )
    return batch


def _network(settings: TrainSettings, chosen: Any) -> System:
    """Return the network with the weights it starts from."""
    model = build(settings.system, chosen)
    if settings.sync_batch_norm:
        model = with_shared_statistics(model)
    if settings.init_from is not None:
        _report(start_from(model, settings.init_from))
    return model


def _lay_out(model: nn.Module) -> None:
    """Store the weights of convolutions channels last; what follows them adopts the layout."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # no overload has it alone
        if isinstance(module, nn.Conv3d):
            module.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # its stub knows 4-D only


def _compile(model: nn.Module) -> None:
    """Compile each part of a system that learns; `loss_on`, which is called, is a few lines around the parts.

    What does not learn stays as it is: a queue that is written while it is read breaks torch's compiler (2.13).
    """
    for part in model.children():
        if any(parameter.requires_grad for parameter in part.parameters()):
            part.compile()


def _report(found: dict[str, list[str]]) -> None:
    loaded, left, unused = (len(found[name]) for name in ("loaded", "left", "unused"))
    _log.info("warm start: %d weights loaded, %d left fresh, %d of the file unused", loaded, left, unused)
    for name in ("left", "unused"):
        if found[name]:
            _log.info("  %s: %s%s", name, ", ".join(found[name][:8]), " ..." if len(found[name]) > 8 else "")
