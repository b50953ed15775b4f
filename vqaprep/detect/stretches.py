"""Follow captions through the stretch in which the layout stays as it is, and give them the tiles around them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vqaprep.detect.known_captions import has_same_letters, may_have_same_letters
from vqaprep.detect.layout import Gray
from vqaprep.detect.rectangles import tiles_of
from vqaprep.detect.sightings import Caption, Tile
from vqaprep.detect.still_edges import StillEdges
from vqaprep.rows import Box

_MOST_PICTURES = 8  # people have moved by then; of a longer stretch, every second, fourth... is kept
_LATE_S = 1.0  # a change is noticed this late, so that the last pictures may show the next layout
_MOST_CAPTIONS = 24  # more writing than this in a picture is no call
_LEAST_LOOKS = 2  # after which writing is known to move
_RARELY = 0.34  # of the looks that show the stillest writing: at no more, writing on somebody who sits still is there


@dataclass(slots=True)
class _Reading:
    """What was read in one picture, and where the letters were still the same at later looks."""

    captions: list[Caption]
    letters: list[Gray]
    num_looks: int = 0
    num_alike: list[int] = field(default_factory=list)
    still_s: list[list[float]] = field(default_factory=list)

    def done(self, tiles: Sequence[tuple[Tile, ...]]) -> list[Caption]:
        most = max(self.num_alike, default=0)
        return [
            replace(
                caption,
                tiles=around,
                still_s=tuple(times_s),
                is_moving=self.num_looks >= _LEAST_LOOKS and num_alike <= _RARELY * most,
            )
            for caption, around, times_s, num_alike in zip(
                self.captions, tiles, self.still_s, self.num_alike, strict=True
            )
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
        letters = [_cut(gray, _scaled(caption.box, 1 / self._scale)).copy() for caption in captions]
        self._readings.append(_Reading(captions, letters, 0, [0] * len(captions), [[] for _ in captions]))

    def look_again(self, gray: Gray, t_s: float) -> None:
        """Note which of the captions that were read last are in a picture, uint8 (h, w), in which faces were found."""
        if not self._readings:
            return
        last = self._readings[-1]
        last.num_looks += 1
        for i, (caption, letters) in enumerate(zip(last.captions, last.letters, strict=True)):
            now = _cut(gray, _scaled(caption.box, 1 / self._scale))
            last.num_alike[i] += may_have_same_letters(letters, now)
            if has_same_letters(letters, now):
                last.still_s[i].append(t_s)

    def captions(self) -> list[Caption]:
        """Return all captions so far, with their tiles."""
        self._finish(float("inf"))
        return self._done

    def _finish(self, until_s: float) -> None:
        """Find the tiles of what was read, in the pictures until then."""
        if not any(reading.captions for reading in self._readings):
            self._readings = []
            return
        early = [gray for t_s, gray in self._pictures if t_s <= until_s] or [gray for _, gray in self._pictures[:1]]
        edges = StillEdges(early, [face for t_s, face in self._faces if t_s <= until_s])
        known: dict[tuple[Box, ...], list[tuple[Tile, ...]]] = {}
        for reading in self._readings:
            boxes = tuple(_scaled(caption.box, 1 / self._scale) for caption in reading.captions)
            if boxes not in known:
                few = len(boxes) <= _MOST_CAPTIONS
                known[boxes] = tiles_of(edges, boxes) if few else [() for _ in boxes]
            self._done += reading.done([self._in_video(tiles) for tiles in known[boxes]])
        self._readings = []

    def _in_video(self, tiles: tuple[Tile, ...]) -> tuple[Tile, ...]:
        return tuple(replace(tile, box=_scaled(tile.box, self._scale)) for tile in tiles)


def _cut(gray: Gray, box: Box) -> Gray:
    left, top = max(0, round(box.x_px)), max(0, round(box.y_px))
    return gray[top : top + max(1, round(box.h_px)), left : left + max(1, round(box.w_px))]


def _scaled(box: Box, scale: float) -> Box:
    return Box(box.x_px * scale, box.y_px * scale, box.w_px * scale, box.h_px * scale)
