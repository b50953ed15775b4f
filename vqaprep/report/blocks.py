"""What sections are made of: tables, bars, pictures, strips, curves; `report.html.j2` says how each looks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, ClassVar, Literal

Tone = Literal["plain", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Badge:
    """A word in a coloured pill; a table cell."""

    kind: ClassVar = "badge"
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Folded:
    """Words that may be long; a table cell that opens when they are."""

    kind: ClassVar = "folded"
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as a `data:` address, shown `width_px` wide; also a table cell. `zoom` enlarges without smoothing."""

    kind: ClassVar = "picture"
    uri: str
    width_px: int
    height_px: int
    caption: str = ""
    zoom: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    kind: ClassVar = "text"
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Tiles:
    """Large numbers, each with the word under it."""

    kind: ClassVar = "tiles"
    items: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells: text, numbers (right-aligned), None, or the cells above. `is_folded` opens on a click."""

    kind: ClassVar = "table"
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    title: str = ""
    is_folded: bool = False

    def is_number(self, column: int) -> bool:
        """Return whether a column holds nothing but numbers and gaps."""
        cells = [row[column] for row in self.rows if row[column] is not None]
        return bool(cells) and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; all lengths are shares of the full width in [0, 1].

    `rest` is drawn behind `share` in the colour of loss, `span` as a whisker, `marks` as ticks.
    """

    name: str
    share: float
    text: str
    rest: float = 0.0
    span: tuple[float, float] | None = None
    marks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars with one meaning; `line` is chance, through all of them; `note` says what marks are."""

    kind: ClassVar = "bars"
    title: str
    bars: Sequence[Bar]
    note: str = ""
    line: float | None = None


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures side by side."""

    kind: ClassVar = "gallery"
    pictures: Sequence[Picture]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """The frames of a clip in a row; the frame `change` (a place in `pictures`) opens its second part."""

    kind: ClassVar = "strip"
    title: str
    tags: Sequence[str]
    pictures: Sequence[Picture]
    change: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One curve as SVG points."""

    name: str
    points: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Curves over training steps in a box of 300 x 150 units, with the values at its edges."""

    kind: ClassVar = "lines"
    title: str
    lines: Sequence[Line]
    top: str
    bottom: str
    right: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts of truth (down) against prediction (across)."""

    kind: ClassVar = "matrix"
    title: str
    names: Sequence[str]
    counts: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Blocks side by side where there is room."""

    kind: ClassVar = "row"
    blocks: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: `lead` says what to look for."""

    id: str
    title: str
    lead: str
    blocks: Sequence[Any]


def without_pictures(section: Section) -> Section | None:
    """Return the section without its pictures; None where nothing else is in it."""
    kept = _without_pictures(section.blocks)
    return replace(section, blocks=kept) if kept else None


def _without_pictures(blocks: Sequence[Any]) -> list[Any]:
    kept = []
    for block in blocks:
        inner = _without_pictures(block.blocks) if isinstance(block, SideBySide) else None
        if inner is None and not isinstance(block, Gallery | Strip):
            kept.append(block)
        elif inner:
            kept.append(SideBySide(inner))
    return kept


def cell_text(value: Any) -> str:
    """Return a table cell's words: numbers short and grouped, a dash for what is unknown."""
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return "\N{EN DASH}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)
