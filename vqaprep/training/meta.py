"""What a run's weights are, as its `meta.json` says; it is checked where it is read, as people copy and edit files."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.durable import read_json
from vqaprep.errors import InputError, IntegrityError
from vqaprep.kinds import not_a
from vqaprep.settings import validated
from vqaprep.shards.geometry import Scaling
from vqaprep.training.checkpoint import META

_REMEDY = "put back a copy of it, or train the run again"


class Meta(BaseModel):
    """The entries of `meta.json` that loading a run needs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: Annotated[str, Field(description="the system that was trained")]
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63, description="the seed of the run")]
    settings: Annotated[dict[str, Any], Field(description="the settings of the network")]
    ask: Annotated[dict[str, Any], Field(description="what the run asks of its examples")]
    stored: Annotated[dict[str, Any], Field(description="how the pictures of its shards were cut and scaled")]
    scaling: Annotated[Scaling | None, Field(description="what was averaged to scale them; older runs: rgb")] = "rgb"
    crop_px: Annotated[int | None, Field(ge=1, le=65536, description="side of the square that the network sees")] = None
    folds: Annotated[dict[str, Any] | None, Field(description="the fold that was left out")] = None


def read_meta(run: Path) -> Meta:
    """Return what `meta.json` in `run` says.

    Raises:
        InputError: the folder is no run, the file is damaged, or a version wrote it that did not say all.
    """
    path = run / META
    if not path.is_file():
        raise not_a("run", run)
    try:
        values = read_json(path, remedy=_REMEDY)
    except IntegrityError as error:
        raise InputError(str(error)) from error
    if "stored" not in values:
        raise InputError(f"{run} does not say what its shards held, as runs of earlier versions; train it again")
    try:
        return validated(
            Meta, {name: value for name, value in values.items() if name in Meta.model_fields}, where=str(path)
        )
    except InputError as error:
        raise InputError(f"{error}; {_REMEDY}") from error
