"""The options of `evaluate` and `compare`."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vqaprep.settings.written import DefaultOf

Crops = Annotated[
    int,
    Field(
        ge=1,
        description="mean over N x N squares of each clip, from edge to edge; slower, for pictures larger than the "
        "crop; 1 is the centre",
    ),
]


class EvaluateSettings(BaseModel):
    """Options of `evaluate`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shards: Annotated[Path, Field(description="shard folder to evaluate on")]
    split: Annotated[
        Literal["train", "val", "test", "all"],
        Field(description="which samples to evaluate on; all for a data set that was not used in training"),
    ] = "test"
    epoch: Annotated[
        Literal["last", "best"],
        Field(description="weights to evaluate: of the last epoch, or of the one that was best on split val"),
    ] = "last"
    batch: Annotated[int, Field(ge=1, description="examples per step; changes memory and time, no result")] = 16
    draws: Annotated[
        int,
        Field(
            ge=1, description="times that windows and variants are drawn and averaged; raise it for a steadier figure"
        ),
    ] = 1
    crops: Crops = 1
    mapping: Annotated[
        Literal["none", "rescale", "logistic4"],
        Field(description="map predictions to the scale of the scores before PLCC and RMSE; SROCC does not change"),
    ] = "logistic4"
    fuse: Annotated[
        Literal["mean", "z"],
        Field(description="ssl_vqa: mean of its two scores as they are, or each standardized first (z)"),
    ] = "mean"
    positive: Annotated[
        str | None,
        Field(description="of two classes the one to be detected, such as MCI"),
        DefaultOf(lambda: "the last by name"),
    ] = None
    raters: Annotated[
        int | None,
        Field(
            ge=2,
            description="people who scored each video; with it and `mos_std`, errors are also compared with the "
            "scores' confidence intervals (ITU-T P.1401)",
        ),
        DefaultOf(lambda: "not known, no P.1401"),
    ] = None
    baselines: Annotated[
        bool,
        Field(description="also evaluate all scorers (BRISQUE, NIQE, the shipped one) and random weights"),
    ] = False
    retrieval: Annotated[
        bool,
        Field(description="also find videos of the same label in split train; without labels, clips of the same video"),
    ] = False
    tsne: Annotated[bool, Field(description="also draw the features in the plane (t-SNE)")] = False
    saliency: Annotated[int, Field(ge=0, description="saliency videos of the first N clips")] = 0

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
    """Options of `compare`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    evaluations: Annotated[tuple[Path, ...], Field(description="folders of `evaluate`, or folders that hold some")]
