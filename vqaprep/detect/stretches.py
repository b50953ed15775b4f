"""Track captions while the layout does not change, and find the tiles around them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vqaprep.detect.known_captions import is_bad_reading
from vqaprep.detect.letters import Gray, cut, has_same_letters, is_in_place
from vqaprep.detect.rectangles import tiles_of
from vqaprep.detect.sightings import Caption, Tile
from vqaprep.detect.still_edges import StillEdges
from vqaprep.rows import Box

_MOST_PICTURES = 8  # people have moved by then; of a longer stretch, every second, fourth... is kept
_LATE_S = 1.0  # a change is noticed this late, so that the last pictures may show the next layout
_MOST_CAPTIONS = 24  # more writing than this in a picture is no call
_RARELY = 0.34  # of the looks that show the stillest writing in its place: writing that is there no more often moves
_MOVED = 2, 0.2  # looks, and share of those that show writing, elsewhere than in its place from which it moves


LEAST_LOOKS = 2
"""Looks after which writing that was not seen again is known to move."""


@dataclass(slots=True)
class _Line:
    """One caption, its letters, and what later looks said of them."""

    caption: Caption
    letters: Gray
    num_in_place: int = 0
    num_moved: int = 0
    still_s: list[float] = field(default_factory=list)

    def look_again(self, gray: Gray, box: Box, t_s: float) -> None:
        where = is_in_place(self.letters, gray, box)
        self.num_in_place += where is True
        self.num_moved += where is False
        if has_same_letters(self.letters, cut(gray, box)):
            self.still_s.append(t_s)

    def is_moving(self, num_looks: int, most: int) -> bool:
        """Say if it is somewhere else, or is not seen again while other writing, at `most` looks, is in its place."""
        is_lost = num_looks >= LEAST_LOOKS and self.num_in_place <= _RARELY * most
        is_elsewhere = self.num_moved > _MOVED[1] * (self.num_in_place + self.num_moved)
        return is_lost or (is_elsewhere and self.num_moved >= _MOVED[0])


@dataclass(slots=True)
class _Reading:
    """What was read in one picture, and how often it was looked at again."""

    lines: list[_Line]
    num_looks: int = 0

    def done(self, tiles: Sequence[tuple[Tile, ...]]) -> list[Caption]:
        most = max((line.num_in_place for line in self.lines), default=0)
        return [
            replace(
                line.caption,
                tiles=around,
                still_s=tuple(line.still_s),
                is_moving=line.is_moving(self.num_looks, most),
            )
            for line, around in zip(self.lines, tiles, strict=True)
        ]


class Stretches:
    """Keeps captions until the end of their stretch, looks after them meanwhile, and finds their tiles then."""

    def __init__(self, width_px: int) -> None:
        self._width_px, self._scale = width_px, 1.0  # of the video, and of the video to a picture
        self._pictures: list[tuple[float, Gray]] = []
        self._faces: list[tuple[float, Box]] = []
        self._step = self._until_next = 1
        self._readings: list[_Reading] = []
        self._done: list[Caption] = []

    def see(self, gray: Gray, t_s: float, *, is_changed: bool) -> None:
        """Take the next picture, uint8 (h, w); one that `is_changed` begins a stretch."""
        self._scale = self._width_px / gray.shape[1]
        if is_changed or (self._pictures and self._pictures[0][1].shape != gray.shape):
            self._finish(t_s - _LATE_S)
            self._pictures, self._faces, self._step, self._until_next = [], [], 1, 1
        self._until_next -= 1
        if self._until_next == 0:
            self._pictures.append((t_s, gray))
            if len(self._pictures) == 2 * _MOST_PICTURES:
                self._pictures, self._step = self._pictures[::2], 2 * self._step
            self._until_next = self._step

    def add_faces(self, faces: list[Box], t_s: float) -> None:
        """Take where people were seen in the picture that was seen last, in pixels of the video."""
        self._faces += [(t_s, _scaled(face, 1 / self._scale)) for face in faces]

    def add(self, captions: list[Caption], gray: Gray) -> None:
        """Take what was read in the picture that was seen last, uint8 (h, w)."""
        boxes = (_scaled(caption.box, 1 / self._scale) for caption in captions)
        lines = [_Line(c, cut(gray, box).copy()) for c, box in zip(captions, boxes, strict=True)]
        self._readings.append(_Reading(lines))

    def correct(self, captions: list[Caption], gray: Gray) -> None:
        """Take a better reading of the writing that was read before in the stretch, and is still there in `gray`."""
        for line in (line for reading in self._readings for line in reading.lines):
            box = _scaled(line.caption.box, 1 / self._scale)
            better = next((c for c in captions if is_bad_reading(line.caption, c)), None)
            if better is not None and has_same_letters(line.letters, cut(gray, box)):
                line.caption = replace(line.caption, text=better.text, score=better.score)

    def look_again(self, gray: Gray, t_s: float) -> None:
        """Note which of the captions that were read last are in a picture, uint8 (h, w), in which faces were found."""
        if not self._readings:
            return
        self._readings[-1].num_looks += 1
        for line in self._readings[-1].lines:
            line.look_again(gray, _scaled(line.caption.box, 1 / self._scale), t_s)

    def captions(self) -> list[Caption]:
        """Return all captions so far, with their tiles."""
        self._finish(float("inf"))
        return self._done

    def _finish(self, until_s: float) -> None:
        """Find the tiles of what was read, in the pictures until then."""
        if not any(reading.lines for reading in self._readings):
            self._readings = []
            return
        early = [gray for t_s, gray in self._pictures if t_s <= until_s] or [gray for _, gray in self._pictures[:1]]
        edges = StillEdges(early, [face for t_s, face in self._faces if t_s <= until_s])
        known: dict[tuple[Box, ...], list[tuple[Tile, ...]]] = {}
        for reading in self._readings:
            boxes = tuple(_scaled(line.caption.box, 1 / self._scale) for line in reading.lines)
            if boxes not in known:
                few = len(boxes) <= _MOST_CAPTIONS
                known[boxes] = tiles_of(edges, boxes) if few else [() for _ in boxes]
            self._done += reading.done([self._in_video(tiles) for tiles in known[boxes]])
        self._readings = []

    def _in_video(self, tiles: tuple[Tile, ...]) -> tuple[Tile, ...]:
        return tuple(replace(tile, box=_scaled(tile.box, self._scale)) for tile in tiles)


def _scaled(box: Box, scale: float) -> Box:
    return Box(box.x_px * scale, box.y_px * scale, box.w_px * scale, box.h_px * scale)
