"""What `train` may be told; where nothing is said the system's own recipe holds."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from vqaprep import measures
from vqaprep.errors import unknown_name
from vqaprep.settings.written import OneOf
from vqaprep.training.catalogue import system_names

SCORES = "mos"
"""The target that is no measure: human opinion scores."""
Crop = Literal["random", "centre"]


class TrainSettings(BaseModel):
    """Immutable settings of one training run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: Annotated[str, Field(description="the system to train"), OneOf(system_names)]
    preset: Annotated[Literal["paper", "small", "tiny"], Field(description="size of the networks")] = "paper"
    set: Annotated[tuple[str, ...], Field(description="NAME=VALUE of the system's own settings")] = ()
    target: Annotated[
        str,
        Field(
            description="what a quality system learns: human scores (mos), or a measure that `shard --measure` stored"
        ),
        OneOf(lambda: [SCORES, *measures.names()]),
    ] = SCORES
    test_fold: Annotated[
        int | None, Field(ge=0, description="fold to leave out, of shards split by kfold; default: the split they have")
    ] = None
    validate_next: Annotated[bool, Field(description="validate on the fold after --test-fold, not train on it")] = False
    crop_px: Annotated[int | None, Field(ge=8, description="square cut from each clip; default: its short side")] = None
    crop: Annotated[Crop, Field(description="where training cuts that square; elsewhere it is the centre")] = "random"
    augment: Annotated[bool, Field(description="draw flips and the system's turns and changes of colour")] = True
    epochs: Annotated[int | None, Field(ge=1, description="default: the recipe's")] = None
    batch: Annotated[int | None, Field(ge=1, description="clips a step over all processes; default: the recipe's")] = (
        None
    )
    accumulate: Annotated[int, Field(ge=1, description="steps whose gradients are summed")] = 1
    optimizer: Annotated[Literal["sgd", "adam", "adamw"] | None, Field(description="default: the recipe's")] = None
    lr: Annotated[float | None, Field(gt=0, description="learning rate; default: the recipe's")] = None
    weight_decay: Annotated[float | None, Field(ge=0, description="default: the recipe's")] = None
    schedule: Annotated[
        Literal["constant", "step", "multistep", "cosine", "triangular2"] | None,
        Field(description="default: the recipe's; milestones shrink with --epochs"),
    ] = None
    warmup_epochs: Annotated[float | None, Field(ge=0, description="default: the recipe's")] = None
    ema_decay: Annotated[float | None, Field(gt=0, lt=1, description="also keep a running mean of the weights")] = None
    precision: Annotated[Literal["32-true", "bf16-mixed", "16-mixed"], Field(description="number format")] = "32-true"
    accelerator: Annotated[Literal["auto", "cpu", "cuda"], Field(description="where to train")] = "auto"
    sync_batch_norm: Annotated[
        bool, Field(description="batch statistics over all processes: the same curve with any number of them")
    ] = False
    compile: Annotated[bool, Field(description="torch.compile the network")] = False
    channels_last: Annotated[bool, Field(description="channels-last memory layout of convolutions")] = False
    recompute: Annotated[
        bool, Field(description="compute blocks again in the backward pass: less memory, more time, the same weights")
    ] = False
    init_from: Annotated[Path | None, Field(description="run folder or weights file to start from")] = None
    pristine: Annotated[
        Path | None, Field(description="shards of undistorted video, which ssl_vqa measures distances to")
    ] = None
    loader_workers: Annotated[int, Field(ge=0, description="processes that read shards")] = 1
    passes: Annotated[int, Field(ge=1, description="times each sample is drawn in an epoch")] = 1
    validate_every: Annotated[int, Field(ge=1, description="epochs between validations")] = 1
    checkpoint_every_s: Annotated[float, Field(gt=0, description="longest stretch that a kill may cost")] = 300.0

    @field_validator("target")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in (targets := (SCORES, *measures.names())):
            raise unknown_name("target", value, targets)
        return value

    @model_validator(mode="after")
    def _one_way_of_running(self) -> Self:
        if self.recompute and self.compile:
            raise ValueError("recompute and compile exclude each other; leave one out")
        return self

    @model_validator(mode="after")
    def _next_of_a_fold(self) -> Self:
        if self.validate_next and self.test_fold is None:
            raise ValueError("validate_next needs test_fold beside it; else validation has the split of the shards")
        return self
