"""The options of `train`. Options that are not given take the value of the system's recipe."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from vqaprep import measures
from vqaprep.errors import unknown_name
from vqaprep.settings.written import DefaultOf, OneOf
from vqaprep.training.catalogue import by_system, system_names

SCORES = "mos"
"""The target that is no measure: human opinion scores."""
Crop = Literal["random", "centre"]


class TrainSettings(BaseModel):
    """Immutable settings of one training run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: Annotated[str, Field(description="the system to train"), OneOf(system_names)]
    preset: Annotated[
        Literal["paper", "small", "tiny", "motion"],
        Field(
            description="size of the networks: paper for a GPU, small for a CPU, tiny for tests; speediness also has "
            "motion, a small network of ours that detects changes of speed"
        ),
    ] = "paper"
    set: Annotated[
        tuple[str, ...],
        Field(description="settings of the system's own network and loss, as NAME=VALUE; a wrong NAME lists them"),
    ] = ()
    target: Annotated[
        str,
        Field(
            description="what a quality system learns: human scores (mos), or a measure that `shard --measure` stored"
        ),
        OneOf(lambda: [SCORES, *measures.names()]),
    ] = SCORES
    test_fold: Annotated[
        int | None,
        Field(ge=0, description="fold to test on, of shards split by kfold: training leaves it out"),
        DefaultOf(lambda: "the split that the shards have"),
    ] = None
    validate_next: Annotated[
        bool, Field(description="with --test-fold: validate on the fold after it instead of training on that, too")
    ] = False
    crop_px: Annotated[
        int | None,
        Field(
            ge=8,
            description="side of the square cut from each clip; smaller takes less memory and shows less of "
            "the picture",
        ),
        DefaultOf(lambda: "the short side of the stored picture"),
    ] = None
    crop: Annotated[
        Crop, Field(description="where training cuts the square; validation and evaluation cut the centre")
    ] = "random"
    augment: Annotated[
        bool,
        Field(
            description="draw flips and the system's rotations and colour changes; off to compare with a paper that "
            "has none"
        ),
    ] = True
    epochs: Annotated[
        int | None,
        Field(ge=1, description="passes over the training samples; fewer for a first look, more while the loss falls"),
        DefaultOf(by_system("epochs")),
    ] = None
    batch: Annotated[
        int | None,
        Field(ge=1, description="clips per step over all processes; lower it when memory is short, with --accumulate"),
        DefaultOf(by_system("batch")),
    ] = None
    accumulate: Annotated[
        int,
        Field(ge=1, description="steps whose gradients are summed: a larger batch with the memory of a small one"),
    ] = 1
    optimizer: Annotated[
        Literal["sgd", "adam", "adamw"] | None,
        Field(description="how weights follow gradients"),
        DefaultOf(by_system("optimizer")),
    ] = None
    lr: Annotated[
        float | None,
        Field(gt=0, description="learning rate; change it in proportion to --batch, lower it when the loss jumps"),
        DefaultOf(by_system("lr")),
    ] = None
    weight_decay: Annotated[
        float | None,
        Field(ge=0, description="weight decay; raise it when validation gets worse while training improves"),
        DefaultOf(by_system("weight_decay")),
    ] = None
    schedule: Annotated[
        Literal["constant", "step", "multistep", "cosine", "triangular2"] | None,
        Field(description="how the learning rate changes over the epochs; milestones move with --epochs"),
        DefaultOf(by_system("schedule")),
    ] = None
    warmup_epochs: Annotated[
        float | None,
        Field(
            ge=0, description="epochs over which the learning rate rises from 0; raise it when the first steps diverge"
        ),
        DefaultOf(by_system("warmup_epochs")),
    ] = None
    ema_decay: Annotated[
        float | None,
        Field(gt=0, lt=1, description="also keep a running mean of the weights with this decay, such as 0.999"),
        DefaultOf(lambda: "none"),
    ] = None
    precision: Annotated[
        Literal["32-true", "bf16-mixed", "16-mixed"],
        Field(description="number format; bf16-mixed is faster and takes less memory on recent GPUs"),
    ] = "32-true"
    accelerator: Annotated[
        Literal["auto", "cpu", "cuda"], Field(description="where to train; auto takes a GPU where there is one")
    ] = "auto"
    sync_batch_norm: Annotated[
        bool, Field(description="batch-norm statistics over all processes: the same loss curve with any number of them")
    ] = False
    compile: Annotated[
        bool,
        Field(
            description="compile the network with torch.compile: slow to start, faster steps; for long runs on a GPU"
        ),
    ] = False
    channels_last: Annotated[
        bool,
        Field(
            description="channels-last memory layout of convolutions; often faster on GPUs with --precision bf16-mixed"
        ),
    ] = False
    recompute: Annotated[
        bool,
        Field(
            description="compute blocks again in the backward pass (gradient checkpointing): for a network that does "
            "not fit"
        ),
    ] = False
    init_from: Annotated[
        Path | None,
        Field(description="warm start: run folder or weights file to start from, such as that of a pretext task"),
    ] = None
    pristine: Annotated[
        Path | None,
        Field(
            description="shards of undistorted video, to which ssl_vqa measures distances; only its paper preset needs "
            "them"
        ),
    ] = None
    loader_workers: Annotated[
        int,
        Field(
            ge=0, description="processes that read shards; raise it when steps wait for data, 0 reads in this process"
        ),
    ] = 1
    passes: Annotated[
        int, Field(ge=1, description="times each sample is drawn in an epoch; raise it for few videos")
    ] = 1
    validate_every: Annotated[
        int, Field(ge=1, description="epochs from one validation to the next; raise it when validation takes long")
    ] = 1
    checkpoint_every_s: Annotated[
        float, Field(gt=0, description="time between checkpoints: a killed run loses at most this much")
    ] = 300.0

    @field_validator("target")
    @classmethod
    def _has_known_target(cls, value: str) -> str:
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
