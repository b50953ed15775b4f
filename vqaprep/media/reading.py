"""How a file is read: which stream, with which pixels, and what is done about fields."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.rows import Decoder, Deinterlace, OnDamage, Pixels


class Reading(BaseModel):
    """Options of the commands that read files; the rows that `scan` writes carry them on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stream: Annotated[
        int | None,
        Field(
            ge=0,
            description="number of the video stream, as ffprobe counts all streams of a file; default: the one that "
            "is flagged as default, else the one with most pixels, as ffmpeg takes it",
        ),
    ] = None
    pixels: Annotated[
        Pixels,
        Field(description="square: scale the width of videos whose pixels are not square; stored: leave it"),
    ] = "square"
    deinterlace: Annotated[
        Deinterlace,
        Field(
            description="interlaced videos: off leaves both fields in each frame; frame interpolates one moment per "
            "frame (bwdif); field gives one frame per field, at twice the rate"
        ),
    ] = "off"
    on_damage: Annotated[
        OnDamage,
        Field(description="damaged frames: skip uses the stretches between them; drop drops the video"),
    ] = "skip"
    decoder: Annotated[
        Decoder,
        Field(
            description="library that decodes; decord needs the extra decord and is refused for each file of which it "
            "does not give the very frames of pyav"
        ),
    ] = "pyav"

    @property
    def reading(self) -> "Reading":
        """These options alone, where settings add others to them."""
        return Reading(**{name: getattr(self, name) for name in Reading.model_fields if name in self.model_fields_set})
