"""The training loop: epochs, batches, one step, validation."""

import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from vqaprep.errors import VqaprepError
from vqaprep.training import checkpoint
from vqaprep.training.agreement import merit
from vqaprep.training.data import to_model
from vqaprep.training.log import Curve, Meter
from vqaprep.training.memory import memory_explained
from vqaprep.training.schedule import lr_at
from vqaprep.training.settings import TrainSettings
from vqaprep.training.setup import Run, prepare
from vqaprep.training.shares import gradient_shares
from vqaprep.training.systems import BatchStep
from vqaprep.training.validation import losses_on, validated

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
    curve = Curve(path, run.where.step, run.where.curve) if run.fabric.is_global_zero else None
    meter = Meter(total_steps=run.recipe.epochs * run.steps_an_epoch)
    losses: dict[str, float] = {}
    if run.where.epoch >= run.recipe.epochs:  # only what it wrote was lost or damaged
        run.save()
        losses = curve.last("train") if curve is not None else {}
    while run.where.epoch < run.recipe.epochs:
        with memory_explained(_LESS_MEMORY):
            losses = _epoch(run, curve, meter) or losses
            run.where.epoch, run.where.seen = run.where.epoch + 1, 0
            is_due = run.where.epoch % settings.validate_every == 0 or run.where.epoch == run.recipe.epochs
            measures = validated(run) if is_due else {}
        if curve is not None and measures:
            _keep(run, curve, measures)
        if run.pristine is not None and run.where.epoch == run.recipe.epochs:
            run.pristine.fit_all(run.model)
        run.save()
    if curve is not None:
        checkpoint.check_best(path)
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
        is_last = done == run.steps_an_epoch  # it is kept after its validation, which is logged once
        if is_whole and not is_last and time.monotonic() - saved_s > run.settings.checkpoint_every_s:
            run.save()
            saved_s = time.monotonic()
        asked_s = time.monotonic()
    return losses


def _step(run: Run, raw: dict[str, Tensor]) -> dict[str, float]:
    """Do one forward and backward pass, and an update when enough gradients are summed."""
    index = run.where.seen // run.batch
    step = BatchStep(run.where.epoch, index, is_last=index == run.steps_an_epoch - 1, gather=run.gather)
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
        parts = losses_on(run, inputs, step)
        # Once an epoch, as each part costs a backward pass. Other processes and a compiled graph allow only one.
        is_shared_out = index == 0 and run.fabric.world_size == 1 and not run.settings.compile
        shares = gradient_shares(parts, run.model) if is_shared_out else {}
        run.fabric.backward(parts["loss"] / run.settings.accumulate)
    if is_update:
        if run.recipe.clip_grad_norm:
            run.fabric.clip_gradients(run.network, run.optimizer, max_norm=run.recipe.clip_grad_norm)
        run.optimizer.step()
        run.optimizer.zero_grad(set_to_none=True)
        if run.ema is not None:
            run.ema.update_parameters(run.model)
    return _finite(run, parts) | shares | {"lr": lr}


def _keep(run: Run, curve: Curve, found: Mapping[str, Mapping[str, float]]) -> None:
    """Write what validation found, by phase, and keep the weights if they are the best so far."""
    epoch = run.where.epoch - 1
    for phase, values in found.items():
        curve.add(phase, epoch, run.where.step, dict(values))
        _log.info("epoch %d  %s  %s", epoch, phase, _words(values))
    if checkpoint.save_best(run.path, run.model, epoch=epoch, merit=merit(found["val"])):
        _log.info("epoch %d is the best so far", epoch)


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


def _words(values: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in values.items())
