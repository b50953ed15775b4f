"""The training loop: epochs, batches, one step, validation."""

import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from vqaprep.errors import InputError, VqaprepError
from vqaprep.training.data import to_model
from vqaprep.training.log import Curve, Meter
from vqaprep.training.memory import memory_explained
from vqaprep.training.schedule import lr_at
from vqaprep.training.settings import TrainSettings
from vqaprep.training.setup import Run, prepare
from vqaprep.training.systems import Step

_log = logging.getLogger(__name__)
_LESS_MEMORY = (
    "lower --batch and raise --accumulate as much, use --precision bf16-mixed or --recompute, and start over with "
    "--force; where other programs took the memory, the same command resumes"
)


def train(settings: TrainSettings, shards: Path, path: Path, *, seed: int) -> dict[str, float]:
    """Train a system on `shards` into the folder `path`; go on where an earlier call stopped.

    Returns the last losses by name.

    Raises:
        InputError: the shards do not hold what the system learns from.
        VqaprepError: the loss is not finite, or memory ran out; the message says what to change.
    """
    run = prepare(settings, shards, path, seed=seed)
    curve = Curve(path, run.where.step) if run.fabric.is_global_zero else None
    meter = Meter(total_steps=run.recipe.epochs * run.steps_an_epoch)
    losses: dict[str, float] = {}
    while run.where.epoch < run.recipe.epochs:
        with memory_explained(_LESS_MEMORY):
            losses = _epoch(run, curve, meter) or losses
            run.where.epoch, run.where.seen = run.where.epoch + 1, 0
            is_due = run.where.epoch % settings.validate_every == 0 or run.where.epoch == run.recipe.epochs
            found = _validate(run) if is_due else {}
        if curve is not None and found:
            curve.add("val", run.where.epoch - 1, run.where.step, found)
            _log.info("epoch %d  validation  %s", run.where.epoch - 1, _words(found))
        if run.pristine is not None and run.where.epoch == run.recipe.epochs:
            run.pristine.fit_all(run.model)
        run.save()
    if curve is not None:
        curve.close()
    return losses


def _epoch(run: Run, curve: Curve | None, meter: Meter) -> dict[str, float]:
    """Step through the rest of an epoch; return the last losses."""
    run.network.train()
    losses: dict[str, float] = {}
    saved_s = asked_s = time.monotonic()
    for raw in run.batches():
        ready_s = time.monotonic()
        losses = _step(run, raw)
        run.where.step, run.where.seen = run.where.step + 1, run.where.seen + run.batch
        meter.count(run.batch, ready_s - asked_s)
        if curve is not None:
            curve.add("train", run.where.epoch, run.where.step, losses)
            if meter.is_due():
                meter.say(run.where.epoch, run.where.step, losses)
        done = run.where.seen // run.batch
        is_whole = done % run.settings.accumulate == 0  # gradients half summed are not kept
        is_last = done == run.steps_an_epoch  # it is kept after its validation, which is told once
        if is_whole and not is_last and time.monotonic() - saved_s > run.settings.checkpoint_every_s:
            run.save()
            saved_s = time.monotonic()
        asked_s = time.monotonic()
    return losses


def _step(run: Run, raw: dict[str, Tensor]) -> dict[str, float]:
    """Do one forward and backward pass, and an update when enough gradients are summed."""
    index = run.where.seen // run.batch
    step = Step(run.where.epoch, index, is_last=index == run.steps_an_epoch - 1, gather=run.gather)
    # Dropout is drawn by position, so that a resumed run draws what an unbroken one would have.
    torch.manual_seed(hash((run.seed, run.where.step, run.fabric.global_rank)) % 2**63)
    lr = lr_at(run.recipe, run.where.epoch + index / run.steps_an_epoch)
    for group in run.optimizer.param_groups:
        group["lr"] = group["lr_scale"] * lr
    inputs = to_model(run.fabric.to_device(raw), run.train.kind, run.augment)
    if run.pristine is not None:
        inputs["pristine"] = run.pristine.drawn(run.where.epoch, run.fabric.device)
    is_update = (index + 1) % run.settings.accumulate == 0 or step.is_last
    with run.fabric.no_backward_sync(run.network, enabled=not is_update):
        parts = _losses(run, inputs, step)
        run.fabric.backward(parts["loss"] / run.settings.accumulate)
    if is_update:
        if run.recipe.clip_grad_norm:
            run.fabric.clip_gradients(run.network, run.optimizer, max_norm=run.recipe.clip_grad_norm)
        run.optimizer.step()
        run.optimizer.zero_grad(set_to_none=True)
        if run.ema is not None:
            run.ema.update_parameters(run.model)
    return _finite(run, parts) | {"lr": lr}


def _losses(run: Run, inputs: dict[str, Tensor], step: Step) -> dict[str, Tensor]:
    """Return what the system says of a batch.

    Raises:
        InputError: the batch lacks something, or is too small for the system's loss.
    """
    try:
        with run.fabric.autocast():  # Fabric's own is around `loss_on` where a strategy wraps the network, else not
            parts: dict[str, Tensor] = run.network.loss_on(inputs, step)
    except KeyError as error:
        raise InputError(f"the shards lack {error}, which {run.settings.system} learns from") from error
    except ValueError as error:
        if run.batch > run.fabric.world_size:
            raise
        raise InputError(f"{run.settings.system} cannot learn from single clips, raise --batch: {error}") from error
    return parts


def _finite(run: Run, parts: Mapping[str, Tensor]) -> dict[str, float]:
    """Return the losses averaged over processes.

    Raises:
        VqaprepError: one of them is not a finite number.
    """
    values = torch.stack([value.detach().float() for value in parts.values()])  # so the device is waited for once
    mean = run.fabric.all_reduce(values, reduce_op="mean")
    assert isinstance(mean, Tensor)
    losses = dict(zip(parts, mean.tolist(), strict=True))
    if not all(map(math.isfinite, losses.values())):
        raise VqaprepError(
            f"the loss is not finite at epoch {run.where.epoch}, step {run.where.step} ({_words(losses)}): lower --lr, "
            "add --warmup-epochs, or use --precision 32-true, and start over with --force"
        )
    return losses


@torch.no_grad()
def _validate(run: Run) -> dict[str, float]:
    """Return the mean losses over whole batches of the validation split, drawn alike at every call."""
    batches = run.val_batches
    if batches is None:
        return {}
    run.network.eval()
    totals: dict[str, list[float]] = {}
    for index, raw in enumerate(batches):
        if len(raw["draws_u"]) < batches.places.batch:
            continue
        inputs = to_model(run.fabric.to_device(raw), batches.places.examples.kind, None)
        for name, value in _losses(run, inputs, Step(0, index, is_last=False)).items():
            totals.setdefault(name, []).append(float(value))
    return {name: sum(values) / len(values) for name, values in totals.items()}


def _words(values: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in values.items())
