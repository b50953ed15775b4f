"""What `evaluate` and `compare` may be told."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Crops = Annotated[
    int, Field(ge=1, description="squares a side that each clip is seen in, from edge to edge; 1: the centre")
]


class EvaluateSettings(BaseModel):
    """What `evaluate` may be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shards: Annotated[Path, Field(description="shard folder to evaluate on")]
    split: Annotated[Literal["train", "val", "test", "all"], Field(description="which samples")] = "test"
    epoch: Annotated[
        Literal["last", "best"],
        Field(description="weights to evaluate: of the last epoch, or of the one that was best on split val"),
    ] = "last"
    batch: Annotated[int, Field(ge=1, description="examples at a time")] = 16
    draws: Annotated[int, Field(ge=1, description="times that windows and variants are drawn")] = 1
    crops: Crops = 1
    mapping: Annotated[
        Literal["none", "rescale", "logistic4"], Field(description="map quality to scores before PLCC and RMSE")
    ] = "logistic4"
    fuse: Annotated[
        Literal["mean", "z"], Field(description="join both scores of ssl_vqa as they are, or each standardized first")
    ] = "mean"
    positive: Annotated[
        str | None, Field(description="of two classes the one to be detected, such as MCI; default: the last by name")
    ] = None
    baselines: Annotated[bool, Field(description="also score BRISQUE, NIQE and the network with random weights")] = (
        False
    )
    retrieval: Annotated[
        bool,
        Field(description="find videos of the same label in split train, or without labels clips of the same video"),
    ] = False
    tsne: Annotated[bool, Field(description="draw the features in the plane")] = False
    saliency: Annotated[int, Field(ge=0, description="films of where the network looks, of so many clips")] = 0

    @property
    def only(self) -> str | None:
        """The split as readers name it; None is all of them."""
        return None if self.split == "all" else self.split

    @model_validator(mode="after")
    def _unseen_queries(self) -> Self:
        if self.retrieval and self.split in ("train", "all"):
            raise ValueError("--retrieval finds videos in split train; give --split val or test")
        return self


class CompareSettings(BaseModel):
    """What `compare` may be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    evaluations: Annotated[tuple[Path, ...], Field(description="folders of `evaluate`, or folders that hold some")]
