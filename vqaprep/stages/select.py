"""Decide which videos take part: those of some columns, a number drawn of them, and how many keep their scores."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from vqaprep.errors import unknown_name
from vqaprep.rows import Dropped, Row, Video
from vqaprep.stages import Stage


class Select(Stage):
    """Keep the videos of some columns, and draw a number of them."""

    name: ClassVar[str] = "select"
    step: ClassVar[int] = 0
    scope: ClassVar[Literal["row", "all"]] = "all"

    where: Annotated[
        tuple[str, ...], Field(description="COLUMN=VALUE that a video must have, such as split=train; VALUE|VALUE")
    ] = ()
    draw: Annotated[int | None, Field(ge=1, description="keep so many videos, drawn; all where there are fewer")] = None
    labelled: Annotated[
        int | None, Field(ge=0, description="let so many videos, drawn, keep their score; hide that of the others")
    ] = None

    @field_validator("where")
    @classmethod
    def _known_columns(cls, where: tuple[str, ...]) -> tuple[str, ...]:
        columns = [field.name for field in fields(Video)]
        for word in where:
            column, equals, _ = word.partition("=")
            if not equals:
                raise ValueError(f"{word!r} is not COLUMN=VALUE")
            if column not in columns:
                raise unknown_name("column", column, columns)
        return where

    def decide(self, rows: Sequence[Row], rng: np.random.Generator) -> list[Row | Dropped]:
        """Return the rows of the chosen videos, and a drop for each of the others."""
        fitting = dict.fromkeys(row.video_id for row in rows if self._fits(row))
        chosen = _drawn(list(fitting), self.draw, rng)
        scored = [row.video_id for row in rows if row.video_id in chosen and row.mos is not None]
        hidden = set(scored) - _drawn(list(dict.fromkeys(scored)), self.labelled, rng)
        return [
            Dropped(row.id, self.name, "not_selected", "not drawn" if row.video_id in fitting else "")
            if row.video_id not in chosen
            else (row.having(mos=None, mos_std=None) if row.video_id in hidden else row)
            for row in rows
        ]

    def _fits(self, row: Row) -> bool:
        wanted = (word.partition("=") for word in self.where)
        return all(str(getattr(row, column)) in values.split("|") for column, _, values in wanted)


def _drawn(names: list[str], num: int | None, rng: np.random.Generator) -> set[str]:
    """Return `num` of the names, or all of them."""
    if num is None or num >= len(names):
        return set(names)
    return {names[i] for i in rng.choice(len(names), num, replace=False)}
