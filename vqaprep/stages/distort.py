"""Decide which distorted variants of each video are made."""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from vqaprep import distortions
from vqaprep.detect.seen import Seen
from vqaprep.rows import Row
from vqaprep.stages import ShownStage


class Distort(ShownStage):
    """Make a row for every distorted variant, and one for the reference."""

    name: ClassVar[str] = "distort"
    step: ClassVar[int] = 3

    kinds: Annotated[tuple[str, ...], Field(description="presets (vqa5, ssl12, all), names, or chains a+b")] = ("vqa5",)
    levels: Annotated[
        Literal["draw", "all"], Field(description="one level drawn for each kind and video, or every level")
    ] = "draw"
    draw: Annotated[int | None, Field(ge=1, description="keep only so many variants, drawn for each video")] = None

    @field_validator("kinds")
    @classmethod
    def _known(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for kind in _names(kinds):
            distortions.get(kind)
        return kinds

    def __call__(self, row: Row, seen: Seen, rng: np.random.Generator) -> Iterable[Row]:
        """Return the reference row, then its variants."""
        variants: list[tuple[str, int]] = []
        for kind in _names(self.kinds):
            levels = range(1, len(distortions.get(kind).strengths) + 1)
            chosen = levels if self.levels == "all" else [int(rng.choice(levels))]
            variants += [(kind, level) for level in chosen]
        if self.draw is not None and self.draw < len(variants):
            keep = sorted(rng.choice(len(variants), self.draw, replace=False))
            variants = [variants[i] for i in keep]
        return [row, *(row.having(distortion=kind, level=level) for kind, level in variants)]


def _names(kinds: Iterable[str]) -> list[str]:
    names = [name for kind in kinds for name in distortions.PRESETS.get(kind, (kind,))]
    return list(dict.fromkeys(names))
