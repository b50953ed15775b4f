"""Decide which distorted variants of each video are made."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from vqaprep import distortions
from vqaprep.detect.observations import Observations
from vqaprep.errors import unknown_name
from vqaprep.rows import Row
from vqaprep.settings.written import OneOf
from vqaprep.stages import ShownStage


class Distort(ShownStage):
    """Make a row for every distorted variant, and one for the reference."""

    name: ClassVar[str] = "distort"
    step: ClassVar[int] = 3
    film: ClassVar[Literal["kept", "crop", "distorted"]] = "distorted"
    example: ClassVar[str] = "vqaprep distort 2-crop -o 3-distort --kinds vqa5 --levels all"

    kinds: Annotated[
        tuple[str, ...],
        Field(description="distortions to make: presets, kinds, or a chain of kinds such as jpeg+h264"),
        OneOf(lambda: [*distortions.PRESETS, *distortions.names()]),
    ] = ("vqa5",)
    levels: Annotated[
        tuple[str, ...],
        Field(
            description="strengths of each kind: draw (one at random per kind and video), all, or numbers such as 1,3"
        ),
    ] = ("draw",)
    draw: Annotated[
        int | None, Field(ge=1, description="number of variants to keep per video, drawn at random; default: all")
    ] = None

    @classmethod
    def notes(cls) -> list[str]:
        """Return the presets and the kinds they hold."""
        presets = (f"{name}: {', '.join(kinds)}" for name, kinds in distortions.PRESETS.items())
        return ["Presets of --kinds (docs/distortions.md describes every kind and its levels):", *presets]

    @field_validator("levels", mode="before")
    @classmethod
    def _listed(cls, levels: Any) -> Any:
        """Let one level stand without brackets, and numbers without quotes."""
        return tuple(map(str, levels if isinstance(levels, list | tuple) else [levels]))

    @model_validator(mode="after")
    def _has_known_kinds(self) -> "Distort":
        for kind in _names(self.kinds):
            for part in kind.split("+"):
                if part not in distortions.names():
                    raise unknown_name("distortion", part, [*distortions.PRESETS, *distortions.names()])
        if self.levels not in (("draw",), ("all",)):
            for kind in _names(self.kinds):
                self._numbers(kind)
        return self

    def _chosen(self, kind: str, rng: np.random.Generator) -> list[int]:
        every = range(1, len(distortions.get(kind).strengths) + 1)
        if self.levels == ("draw",):
            return [int(rng.choice(every))]
        return list(every) if self.levels == ("all",) else self._numbers(kind)

    def _numbers(self, kind: str) -> list[int]:
        """Return the levels asked for; `kind` must have them."""
        num = len(distortions.get(kind).strengths)
        known = [str(level) for level in range(1, num + 1)]
        for level in self.levels:
            if level not in known:
                raise ValueError(
                    f"--levels {level!r}: give draw, all, or numbers from 1 to {num}, which is as many as {kind} has"
                )
        return [int(level) for level in dict.fromkeys(self.levels)]

    def __call__(self, row: Row, seen: Observations, rng: np.random.Generator) -> Iterable[Row]:
        """Return the reference row, then its variants."""
        variants: list[tuple[str, int]] = []
        for kind in _names(self.kinds):
            variants += [(kind, level) for level in self._chosen(kind, rng)]
        if self.draw is not None and self.draw < len(variants):
            keep = sorted(rng.choice(len(variants), self.draw, replace=False))
            variants = [variants[i] for i in keep]
        return [row, *(row.having(distortion=kind, level=level) for kind, level in variants)]


def _names(kinds: Iterable[str]) -> list[str]:
    names = [name for kind in kinds for name in distortions.PRESETS.get(kind, (kind,))]
    return list(dict.fromkeys(names))
