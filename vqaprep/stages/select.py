"""Select videos by conditions on columns, draw a number of them, and hide scores."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, field_validator

from vqaprep.rows import Dropped, Row
from vqaprep.rows.pseudonyms import PERSONAL, Veil
from vqaprep.stages import Stage
from vqaprep.stages.conditions import Condition, check_columns


class Select(Stage):
    """Keep the videos of some columns, and draw a number of them."""

    name: ClassVar[str] = "select"
    step: ClassVar[int] = 0
    example: ClassVar[str] = "vqaprep select 0-scan -o 1-select --where split=train --draw 2000"
    scope: ClassVar[Literal["row", "all"]] = "all"

    where: Annotated[
        tuple[str, ...],
        Field(
            description="condition on a column, also one of your own table: =, !=, <, <=, > or >=, such as "
            "split=train, site!=A|B, MoCA>=26; several must all hold. "
            "Put a value that holds one of , | = in double quotes: 'label=\"a, b\"'"
        ),
    ] = ()
    draw: Annotated[int | None, Field(ge=1, description="keep this many videos, drawn at random")] = None
    labelled: Annotated[
        int | None,
        Field(ge=0, description="keep the score of this many videos, drawn at random, and hide all others"),
    ] = None

    @field_validator("where")
    @classmethod
    def _conditions(cls, where: tuple[str, ...]) -> tuple[str, ...]:
        for word in where:
            Condition.parse(word)
        return where

    def hidden(self, veil: Veil) -> Self:
        """Return the same selection with pseudonyms in its conditions: rows of hidden people have no other values."""
        changed = []
        for condition in map(Condition.parse, self.where):
            change = veil.name if condition.column == "subject_name" else veil.word
            changed.append(condition.with_values(change) if condition.column in PERSONAL else condition)
        return self.model_copy(update={"where": tuple(map(str, changed))})

    def decide(self, rows: Sequence[Row], rng: np.random.Generator) -> list[Row | Dropped]:
        """Return the rows of the chosen videos, and a drop for each of the others.

        Raises:
            InputError: a condition names no column of the rows, or cannot be applied to a value there.
        """
        conditions = [Condition.parse(word) for word in self.where]
        check_columns(conditions, rows)
        fitting = dict.fromkeys(row.video_id for row in rows if all(one.fits(row) for one in conditions))
        chosen = _drawn(list(fitting), self.draw, rng)
        scored = [row.video_id for row in rows if row.video_id in chosen and row.mos is not None]
        hidden = set(scored) - _drawn(list(dict.fromkeys(scored)), self.labelled, rng)
        return [
            Dropped(row.id, self.name, "not_selected", "not drawn" if row.video_id in fitting else "")
            if row.video_id not in chosen
            else (row.having(mos=None, mos_std=None) if row.video_id in hidden else row)
            for row in rows
        ]


def _drawn(names: list[str], num: int | None, rng: np.random.Generator) -> set[str]:
    """Return `num` of the names, or all of them."""
    if num is None or num >= len(names):
        return set(names)
    return {names[i] for i in rng.choice(len(names), num, replace=False)}
