"""Learning-rate schedules as pure functions of the epoch."""

import math

from vqaprep.training.systems import Recipe


def lr_at(recipe: Recipe, epoch: float) -> float:
    """Return the learning rate at `epoch`, a fraction of epochs done so far (0 at the first step).

    `triangular2` is CyclicLR's: its cycle starts at `lr`, peaks at `max_lr`, and halves each time.
    """
    if epoch < recipe.warmup_epochs:
        return recipe.warmup_lr + (recipe.lr - recipe.warmup_lr) * epoch / recipe.warmup_epochs
    if recipe.schedule == "step":
        return recipe.lr * math.pow(recipe.gamma, epoch // _given(recipe.step_size_epochs))
    if recipe.schedule == "multistep":
        return recipe.lr * math.pow(recipe.gamma, sum(epoch >= milestone for milestone in recipe.milestones))
    if recipe.schedule == "cosine":
        # The code of sources 001 and 002 shifts the cosine by the warm-up; Eq. 8 of source 004 ends with the training.
        length = recipe.epochs - recipe.warmup_epochs * recipe.is_warmup_within
        phase = min(1.0, (epoch - recipe.warmup_epochs) / length)
        return recipe.min_lr + (recipe.lr - recipe.min_lr) * 0.5 * (1 + math.cos(math.pi * phase))
    if recipe.schedule == "triangular2":
        position = epoch / _given(recipe.step_size_epochs)
        # A cycle is two steps long, up and down; cycles count from 1, as in CyclicLR.
        cycle = math.floor(1 + position / 2)
        height = max(0.0, 1 - abs(position - 2 * cycle + 1))
        return recipe.lr + (_given(recipe.max_lr) - recipe.lr) * height / math.pow(2, cycle - 1)
    return recipe.lr


def _given(value: float | None) -> float:
    if value is None:
        raise ValueError("the schedule lacks one of its numbers")
    return value
