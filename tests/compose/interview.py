"""What a composed interview is made of, and the truth about each of its frames."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from vqaprep.rows import Box

Style = Literal["bottom-left", "bottom-bar", "above", "beside"]


@dataclass(frozen=True)
class Place:
    """A tile: who is in it (None: nobody, a plain tile), where (fractions of the picture), under which name."""

    person: str | None
    left: float
    top: float
    width: float
    height: float
    caption: str | None = None


@dataclass(frozen=True)
class Scene:
    """One layout that lasts `duration_s`; without places it is a title card with `title` on it."""

    duration_s: float
    places: tuple[Place, ...] = ()
    title: str = ""


@dataclass(frozen=True)
class Interview:
    """A video to compose, how its participant is asked for, and what must come of it.

    `noise_sigma` is the noise of its camera, in 8-bit levels. `expected` holds the drop reasons that are right; empty
    means that a crop must come out. `trim` and `crop` are settings of these stages.
    """

    name: str
    scenes: tuple[Scene, ...]
    participant: str
    crop: tuple[tuple[str, str], ...]
    expected: frozenset[str] = frozenset()
    style: Style = "bottom-left"
    size_px: tuple[int, int] = (1280, 720)
    rate: Fraction = Fraction(25)
    is_vfr: bool = False
    crf: int = 23
    noise_sigma: float = 0.0
    preset: str = "ultrafast"
    caption_scale: float = 1.0
    trim: tuple[tuple[str, str], ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of all scenes together."""
        return sum(scene.duration_s for scene in self.scenes)


@dataclass(frozen=True)
class Truth:
    """Who is where in one frame: tile and face (None: turned away) of every person shown."""

    t_s: float
    tiles: dict[str, Box]
    faces: dict[str, Box | None]
