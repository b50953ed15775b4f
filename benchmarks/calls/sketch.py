"""What chance decides of a call that an outsider imagines: people, names, sizes, handwriting."""

from dataclasses import dataclass

import numpy as np

from benchmarks.calls.footage import PEOPLE
from benchmarks.calls.painted import Painted, Pane, Shares, Style
from vqaprep.settings.seeds import rng_for

_NAMES = (
    "Amy Carter",
    "Jonas Weber",
    "Subject 14",
    "K. Ozawa",
    "Lina Haddad",
    "Marta Kowalska",
    "PT-0092",
    "Robert King",
)
_STAFF = ("Researcher", "Dr. Helen Moss", "Ben Clarke", "Clinician", "Yuki Tanaka", "Fatima Ali", "Carlos Diaz")
_SIZES = ((640, 360), (848, 480), (1024, 576), (1280, 720), (1280, 720), (1920, 1080))
_HANDS = (
    "simplex",
    "duplex",
    "DejaVuSerif.ttf",
    "DejaVuSansMono.ttf",
    "STIXGeneralBol.ttf",
    "cmss10.ttf",
    "DejaVuSans.ttf",
)
Scenes = list[tuple[float, Painted]]
LEFT, RIGHT = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 0.5, 1.0)
BOXED = ((0.0, 0.22, 0.5, 0.5), (0.5, 0.22, 0.5, 0.5))  # 16:9 each, in the middle of a black picture
APART = ((0.03, 0.16, 0.455, 0.6), (0.515, 0.16, 0.455, 0.6))


@dataclass(frozen=True)
class Sketch:
    """What chance decides of one film."""

    people: tuple[str, ...]
    name: str
    staff: tuple[str, ...]
    size_px: tuple[int, int]
    hand: str
    letter_px: int
    crf: int
    rng: np.random.Generator

    def me(self, rect: Shares, **more: object) -> Pane:
        return Pane(rect, self.people[0], **{"name": self.name, "shift_s": 0.7, **more})  # type: ignore[arg-type]

    def other(self, number: int, rect: Shares, **more: object) -> Pane:
        who = {"name": self.staff[number], "zoom": float(self.rng.uniform(1, 1.25)), **more}
        return Pane(rect, self.people[1 + number], **who)  # type: ignore[arg-type]

    def style(self, **more: object) -> Style:
        return Style(self.hand, self.letter_px, **more)  # type: ignore[arg-type]

    def view(self, *panes: Pane, **more: object) -> Painted:
        return Painted(self.size_px, panes, **{"style": self.style(), **more})  # type: ignore[arg-type]


def sketch(series: str, kind: str, copy: int, letters: float) -> Sketch:
    """Draw the people, names and sizes of one film."""
    rng = rng_for(0, "outsiders", series, kind, copy)
    size = _SIZES[rng.integers(len(_SIZES))]
    letter = max(round(8 * letters), round(float(rng.uniform(0.016, 0.026)) * size[1] * letters))
    people = tuple(str(who) for who in rng.permutation(list(PEOPLE)))
    staff = tuple(str(who) for who in rng.permutation(_STAFF))
    return Sketch(
        people, str(rng.choice(_NAMES)), staff, size, str(rng.choice(_HANDS)), letter, int(rng.integers(20, 30)), rng
    )
