"""The description of a run's weights, `meta.json`. It is checked when read: people copy and edit files."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.errors import InputError, IntegrityError
from vqaprep.settings import validated
from vqaprep.shards.geometry import Scaling
from vqaprep.sources.kinds import not_a
from vqaprep.storage.durable import read_json
from vqaprep.training import examples
from vqaprep.training.checkpoint import META
from vqaprep.training.examples import Kind
from vqaprep.training.systems import restore_settings

VERSION = 2
"""The layout of `meta.json`. Version 1 had `ask` in place of `example`, one record for all kinds of example."""
_REMEDY = "put back a copy of it, or train the run again"
_RENAMED = {"kinds": "distortions", "versions": "num_versions", "segments": "num_segments"}


class Meta(BaseModel):
    """The entries of `meta.json` that loading a run needs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[int, Field(ge=1, le=VERSION, description="the layout of the file")] = VERSION
    system: Annotated[str, Field(description="the system that was trained")]
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63, description="the seed of the run")]
    settings: Annotated[dict[str, Any], Field(description="the settings of the network")]
    example: Annotated[dict[str, Any], Field(description="its kind of example, and the fields of that kind")]
    stored: Annotated[dict[str, Any], Field(description="how the pictures of its shards were cut and scaled")]
    scaling: Annotated[Scaling | None, Field(description="what was averaged to scale them; older runs: rgb")] = "rgb"
    crop_px: Annotated[int | None, Field(ge=1, le=65536, description="side of the square that the network sees")] = None
    folds: Annotated[dict[str, Any] | None, Field(description="the fold that was left out")] = None

    def kind(self) -> Kind:
        """Return the kind of example with its fields.

        Raises:
            InputError: no such kind, or fields that this version does not know.
        """
        values = dict(self.example)
        return restore_settings(examples.get(str(values.pop("kind", None))), values)


def described(
    system: str, settings: Any, kind: Kind, *, stored: dict[str, Any], crop_px: int | None, seed: int
) -> dict[str, Any]:
    """Return the entries of `meta.json` for a run; `settings` are those of its system, a dataclass."""
    return {
        "version": VERSION,
        "system": system,
        "settings": dataclasses.asdict(settings),
        "example": {"kind": examples.name_of(kind)} | dataclasses.asdict(kind),
        "stored": stored,
        "crop_px": crop_px,
        "seed": seed,
    }


def read_meta(run: Path) -> Meta:
    """Return what `meta.json` in `run` states; a file of version 1 is converted.

    Raises:
        InputError: the folder is no run, the file is damaged, or an early version wrote it without what is needed.
    """
    path = run / META
    if not path.is_file():
        raise not_a("run", run)
    try:
        values = read_json(path, remedy=_REMEDY)
    except IntegrityError as error:
        raise InputError(str(error)) from error
    if "stored" not in values:
        raise InputError(f"{run} does not describe its shards, as it is from an earlier version; train it again")
    # A run costs hours, so a file of an older layout is converted, and not refused.
    if "ask" in values and "example" not in values:
        values = _from_version_1(values)
    try:
        return validated(
            Meta, {name: value for name, value in values.items() if name in Meta.model_fields}, where=str(path)
        )
    except InputError as error:
        raise InputError(f"{error}; {_REMEDY}") from error


def _from_version_1(values: dict[str, Any]) -> dict[str, Any]:
    """Return the entries with `ask`, which had the fields of all kinds, as the fields of its kind alone."""
    ask = values["ask"] if isinstance(values["ask"], dict) else {}
    name = str(ask.get("views"))
    renamed = {_RENAMED.get(field, field): value for field, value in ask.items()}
    wanted = {one.name for one in dataclasses.fields(examples.get(name))}
    example = {"kind": name} | {field: value for field, value in renamed.items() if field in wanted}
    return {key: value for key, value in values.items() if key != "ask"} | {"example": example}
