"""What `shard` may be told."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from vqaprep import measures
from vqaprep.errors import unknown_name
from vqaprep.settings.written import OneOf
from vqaprep.shards import codecs

Spatial = Literal["face", "resize", "center", "native", "fragments"]

_INTER_FRAME = ("h264", "hevc", "h265", "av1", "vp9", "mpeg2", "mpeg4", "mp4", "mkv", "webm")


class ShardSettings(BaseModel):
    """Immutable settings of one shard folder; together with the clips they decide every byte of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spatial: Annotated[
        Spatial,
        Field(
            description="part of the picture that is stored: face, a square that follows the crop track; center, the "
            "middle square; resize, the whole picture with its short side at --size-px; native, the whole"
            " picture as it is; fragments, 7x7 pieces of 32 px (224x224)"
        ),
    ] = "face"
    size_px: Annotated[
        int,
        Field(
            ge=8, le=4096, description="side of face and center, short side of resize; not below what the network sees"
        ),
    ] = 112
    codec: Annotated[
        str,
        OneOf(codecs.names),
        Field(description=f"how frames are stored: {codecs.summaries()}"),
    ] = "npy"
    max_shard_mb: Annotated[
        int,
        Field(
            ge=1,
            description="about the size of the largest tar (small folders have up to 16 smaller ones); raise it for "
            "stores that like few objects",
        ),
    ] = 256
    sources_per_unit: Annotated[
        int,
        Field(
            ge=1,
            description="most videos whose clips are mixed in one tar; raise it for readers that stream without "
            "shuffling",
        ),
    ] = 8
    split_by: Annotated[
        Literal["split", "fold", "none"],
        Field(description="no tar mixes scenes that differ in this, so that a split can be shared by itself"),
    ] = "split"
    measure: Annotated[
        tuple[str, ...],
        Field(description="measures of damage to store of each distorted view, against its reference; vmaf is slow"),
        OneOf(measures.names),
    ] = ()
    fragment_draws: Annotated[
        int,
        Field(
            ge=1, le=8, description="with --spatial fragments: independent draws per clip; 2 for st_vqrl and ssl_vqa"
        ),
    ] = 1
    include_source: Annotated[
        bool,
        Field(description="store path and subject name in the shards, unless they are pseudonymized; not for sharing"),
    ] = False
    carry: Annotated[
        tuple[str, ...],
        Field(description="further columns of your own table to store in the JSON of each sample, by name"),
    ] = ()
    seed: Annotated[int, Field(ge=0, description="seed of the order of samples and of what rendering draws")] = 0

    @field_validator("codec", mode="before")
    @classmethod
    def _only_intra(cls, value: Any) -> Any:
        if value in _INTER_FRAME:
            raise ValueError(
                f"{value!r} codes frames from each other: it sharpens blurred clips and smooths noisy ones, which "
                "is what the labels are about. Use npy, zstd or delta (exact), or jpeg where space matters"
            )
        if value not in codecs.names():
            raise ValueError(str(unknown_name("codec", str(value), codecs.names())))
        return value

    @field_validator("measure")
    @classmethod
    def _has_known_measures(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in measures.names():
                raise unknown_name("measure", name, measures.names())
        return value

    @property
    def num_draws(self) -> int:
        """Views made of each clip."""
        return self.fragment_draws if self.spatial == "fragments" else 1
