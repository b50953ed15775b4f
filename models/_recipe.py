"""The numbers a paper trains a system with."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Recipe:
    """Optimizer and schedule of one system; a schedule reads only its own fields.

    - `step`: `lr` times `gamma` after every `step_size_epochs`.
    - `multistep`: `lr` times `gamma` at each of `milestones` (epochs).
    - `cosine`: from `lr` to `min_lr` over `epochs`. A warm-up shifts it without shortening it, as in
      the code of sources 001 and 002, so that it ends above `min_lr`. With `is_warmup_within` it ends at `min_lr`
      (source 004, Eq. 8).
    - `triangular2`: between `lr` and `max_lr`, `step_size_epochs` each way, amplitude halved each cycle.

    `drop_last` leaves the clips of an epoch that fill no whole batch to the next one.

    Any schedule starts with `warmup_epochs` of linear rise from `warmup_lr` to `lr`. `momentum` is
    SGD's; `clip_grad_norm` None leaves gradients as they are.
    Raises ValueError when the schedule lacks a field it needs.
    """

    optimizer: Literal["sgd", "adam", "adamw"]
    lr: float
    epochs: int
    batch: int
    drop_last: bool = True
    momentum: float = 0.0
    weight_decay: float = 0.0
    schedule: Literal["constant", "step", "multistep", "cosine", "triangular2"] = "constant"
    milestones: tuple[int, ...] = ()
    gamma: float = 0.1
    warmup_epochs: float = 0.0
    warmup_lr: float = 0.0
    is_warmup_within: bool = False
    min_lr: float = 0.0
    max_lr: float | None = None
    step_size_epochs: float | None = None
    clip_grad_norm: float | None = None

    def __post_init__(self) -> None:
        """Refuse a schedule without the numbers it is made of."""
        needed = {
            "step": ("step_size_epochs",),
            "multistep": ("milestones",),
            "triangular2": ("max_lr", "step_size_epochs"),
        }
        missing = [name for name in needed.get(self.schedule, ()) if not getattr(self, name)]
        if missing:
            raise ValueError(f"schedule {self.schedule!r} needs {' and '.join(missing)}; set them in the recipe")
