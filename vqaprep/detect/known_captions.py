"""Recognize captions by their pixels, so that a layout that returns is not read again."""

from dataclasses import dataclass

from vqaprep.detect.letters import PLAIN, Gray, cut, has_same_letters, is_same
from vqaprep.detect.names import as_pattern, difference, fits, is_name
from vqaprep.detect.sightings import Caption
from vqaprep.detect.text import Reading
from vqaprep.rows import Box

_SURE = 0.5
_MOST_LAYOUTS = 16


@dataclass(frozen=True, slots=True)
class _Layout:
    num_faces: int
    is_mean: bool
    readings: tuple[Reading, ...]
    patches: tuple[tuple[Box, Gray], ...]


class KnownCaptions:
    """The layouts read so far, each with what its sure names look like."""

    def __init__(self) -> None:
        self._layouts: list[_Layout] = []

    def find(self, gray: Gray, *, num_faces: int) -> list[Reading] | None:
        """Return the readings of a known layout if all its names are in `gray`, uint8 (h, w), letter for letter.

        The number of faces must be the same too: who joins may bring a name.
        """
        for layout in self._layouts:
            if layout.num_faces == num_faces and all(is_same(cut(gray, box), patch) for box, patch in layout.patches):
                return list(layout.readings)
        return None

    def recalled(self, gray: Gray, readings: list[Reading]) -> list[Reading]:
        """Return `readings` of `gray` with names as they were read best before, where the letters are still the same.

        A name that is read as another one, or with other digits, stays as it was read.
        """
        best = list(readings)
        for layout in self._layouts:
            for known, patch in zip(layout.readings, (patch for _, patch in layout.patches), strict=True):
                here = [r for r in best if _overlap(r.box, known.box)]
                is_better = all((layout.is_mean or r.score < known.score) and is_bad_reading(r, known) for r in here)
                is_elsewhere = any(r.text == known.text for r in best)
                if (
                    is_better
                    and not is_elsewhere
                    and patch.std() >= PLAIN
                    and has_same_letters(patch, cut(gray, known.box))
                ):
                    best = [*(r for r in best if r not in here), known]
        return best

    def add(self, gray: Gray, readings: list[Reading], *, num_faces: int, is_mean: bool = False) -> None:
        """Remember the sure names among `readings`, whose boxes are in the pixels of `gray`; without one, nothing.

        Those of the mean of several pictures (`is_mean`) are better than any of one picture.
        """
        sure = tuple(r for r in readings if r.score >= _SURE and is_name(r.text))
        if sure:
            patches = tuple((r.box, cut(gray, r.box).copy()) for r in sure)
            self._layouts = [_Layout(num_faces, is_mean, sure, patches), *self._layouts][:_MOST_LAYOUTS]


def _overlap(first: Box, second: Box) -> bool:
    width = min(first.x_px + first.w_px, second.x_px + second.w_px) - max(first.x_px, second.x_px)
    height = min(first.y_px + first.h_px, second.y_px + second.h_px) - max(first.y_px, second.y_px)
    return width > 0 and height > 0.5 * min(first.h_px, second.h_px)


def is_bad_reading(read: Reading | Caption, better: Reading | Caption) -> bool:
    """Say if `read` may be what was read of the writing that is `better`: it overlaps it, and the texts are alike."""
    name = as_pattern(better.text)
    is_alike = fits(read.text, name) or difference(read.text, name).startswith("similar")
    return is_alike and _overlap(read.box, better.box)
