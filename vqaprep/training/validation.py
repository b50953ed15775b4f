"""Validate between epochs: on the validation split, and on some training samples."""

import torch
from torch import Tensor

from vqaprep.errors import InputError
from vqaprep.training.agreement import Agreement
from vqaprep.training.data import Batches, to_model
from vqaprep.training.setup import Run
from vqaprep.training.systems import BatchStep, contract_of


def losses_on(run: Run, inputs: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
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


@torch.no_grad()
def validated(run: Run) -> dict[str, dict[str, float]]:
    """Return the mean losses and the agreement of predictions, by phase; nothing without a validation split.

    `val` is the whole validation split, drawn alike at every call. `seen` is some samples of the training split, cut as
    those are, without augmentation; it has no losses.
    """
    batches = run.val_batches
    if batches is None:
        return {}
    run.network.eval()
    measures = {"val": _judged(run, batches, with_losses=True)}
    if "loss" not in measures["val"]:  # no whole batch
        return {}
    if (seen := run.seen_batches) is not None:
        agreement = _judged(run, seen, with_losses=False)
        measures |= {"seen": agreement} if agreement else {}
    return measures


def _judged(run: Run, batches: Batches, *, with_losses: bool) -> dict[str, float]:
    """Return mean losses over whole batches, and the measures of `Agreement`."""
    totals: dict[str, list[float]] = {}
    agreement, kind = Agreement(), batches.places.examples.kind
    needed = contract_of(run.settings.system).inputs
    for index, raw in enumerate(batches):
        inputs = to_model(run.fabric.to_device(raw), kind, None)
        if all(name in inputs for name in needed):
            with run.fabric.autocast():
                agreement.add(run.model.predict(inputs), inputs)
        # A loss that compares the clips of a batch depends on how many there are, so a smaller last batch is left out.
        if with_losses and len(raw["draws_u"]) == batches.places.batch:
            for name, value in losses_on(run, inputs, BatchStep(0, index, is_last=False)).items():
                totals.setdefault(name, []).append(float(value))
    return {name: sum(values) / len(values) for name, values in totals.items()} | agreement.measures()
