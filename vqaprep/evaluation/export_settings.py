"""The options of `export`, apart from the code that needs torch."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Format = Literal["torchscript", "onnx"]


class ExportSettings(BaseModel):
    """The options of `export`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Annotated[
        Format, Field(description="torchscript writes model.pt; onnx writes model.onnx and needs the extra onnx")
    ] = "torchscript"
