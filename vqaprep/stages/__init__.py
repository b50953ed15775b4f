"""The stages: each reads one row and its detections, and returns rows or drops. No pixels, no files.

A stage is one file: a frozen settings class with `name`, `step`, `example` and `__call__`. Its fields become the
options of `vqaprep NAME`, the keys of a pipeline file and their documentation.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.detect.observations import Observations
from vqaprep.errors import unknown_name
from vqaprep.rows import Dropped, Row
from vqaprep.rows.pseudonyms import Veil

if TYPE_CHECKING:
    import numpy as np

    from vqaprep.detect.watch import WatchSettings

Needs = Literal["nothing", "times", "look", "faces"]


class Stage(BaseModel):
    """Base of all stages: immutable settings that decide on one row at a time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    step: ClassVar[int]
    """Place in the usual order, for listings."""
    example: ClassVar[str] = ""
    """A command of it, for help."""
    is_correctable: ClassVar[bool] = False
    """Whether people may correct it: it then has a setting `overrides`, and keeps the rows that it refused."""
    version: ClassVar[int] = 1
    """Raise it when the stage decides differently."""
    scope: ClassVar[Literal["row", "all"]] = "row"
    """Whether it decides on one row at a time, or must know them all (`decide`)."""
    draws: ClassVar[bool] = True
    """Whether it uses random draws, so that `--seed` changes what comes out."""

    pseudonymize: Annotated[
        Path | None,
        Field(description="key file; replaces names of people and files by pseudonyms, here and in later steps"),
    ] = None

    @classmethod
    def notes(cls) -> list[str]:
        """Return lines for the end of the help text, such as the names that an option accepts."""
        return []

    def needs(self) -> Needs:
        """Return which observations of the video this stage needs."""
        return "nothing"

    def watch(self) -> "WatchSettings | None":
        """Say which detectors must watch the video, for a stage that needs faces."""
        if self.needs() != "faces":
            return None
        from vqaprep.detect.watch import WatchSettings

        return WatchSettings()

    def corrections(self) -> Path | None:
        """Return the table in which people corrected an earlier run."""
        return None

    def hidden(self, veil: Veil) -> Self:
        """Return these settings as they apply to rows whose people are hidden by `veil`."""
        return self

    def __call__(self, row: Row, seen: Observations, rng: "np.random.Generator") -> Iterable[Row | Dropped]:
        """Return what `row` becomes: no, one or many rows, or drops with a reason.

        `rng` depends on seed, video and stage only, so variants of a video draw alike.
        """
        raise NotImplementedError

    def decide(self, rows: Sequence[Row], rng: "np.random.Generator") -> Sequence[Row | Dropped]:
        """Return what the rows become, decided together; for stages whose `scope` is `all`."""
        raise NotImplementedError


class ShownStage(Stage):
    """Base of stages whose decision people may want to watch."""

    film: ClassVar[Literal["kept", "crop", "distorted"]] = "kept"
    """What the films show: the stretches that are kept, the crop beside its picture, or the distorted picture."""

    render: Annotated[
        bool,
        Field(
            description="also write videos and pictures of the decisions, for people to check; no later step reads them"
        ),
    ] = False

    def shows(self) -> bool:
        """Return whether anything is to be written for people."""
        return self.render


@cache
def stages() -> dict[str, type[Stage]]:
    """Return every stage class by name, in the usual order, by importing each file of this folder."""
    found: list[type[Stage]] = []
    for module in pkgutil.iter_modules(__path__):
        members = vars(importlib.import_module(f"{__name__}.{module.name}")).values()
        found += [m for m in members if isinstance(m, type) and issubclass(m, Stage) and "name" in vars(m)]
    return {kind.name: kind for kind in sorted(found, key=lambda kind: kind.step)}


def get(name: str) -> type[Stage]:
    """Return the stage class called `name`."""
    if name not in stages():
        raise unknown_name("stage", name, stages())
    return stages()[name]
