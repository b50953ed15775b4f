"""Give captions the tiles around them, from the pictures of the stretch in which the layout stayed as it was."""

from dataclasses import replace

from vqaprep.detect.layout import Gray
from vqaprep.detect.rectangles import StillEdges
from vqaprep.detect.sightings import Caption, Tile
from vqaprep.rows import Box

_MOST_PICTURES = 8  # half seconds; people have moved by then
_LATE_PICTURES = 2  # a change is noticed this late, so that the last pictures may show the next layout
_MOST_CAPTIONS = 24  # more writing than this in a picture is no call


class Stretches:
    """Keeps captions until enough pictures of their layout were seen, then finds their tiles."""

    def __init__(self, width_px: int) -> None:
        self._width_px, self._scale = width_px, 1.0  # of the video, and of the video to a picture
        self._pictures: list[Gray] = []
        self._faces: list[Box] = []
        self._edges: StillEdges | None = None
        self._waiting: list[Caption] = []
        self._done: list[Caption] = []

    def see(self, gray: Gray, *, is_changed: bool) -> None:
        """Take the next picture, uint8 (h, w); one that `is_changed` begins a stretch."""
        self._scale = self._width_px / gray.shape[1]
        if is_changed or (self._pictures and self._pictures[0].shape != gray.shape):
            self._finish(_LATE_PICTURES)
            self._pictures, self._faces, self._edges = [], [], None
        if self._edges is None:
            self._pictures.append(gray)
            if len(self._pictures) == _MOST_PICTURES:
                self._finish(0)

    def add_faces(self, faces: list[Box]) -> None:
        """Take where people were seen in the picture that was seen last, in pixels of the video."""
        self._faces += [_scaled(face, 1 / self._scale) for face in faces]

    def add(self, captions: list[Caption]) -> None:
        """Take what was read in the picture that was seen last."""
        self._waiting += captions
        if self._edges is not None:
            self._finish(0)

    def captions(self) -> list[Caption]:
        """Return all captions so far, with their tiles."""
        self._finish(0)
        return self._done

    def _finish(self, late: int) -> None:
        if self._edges is None and (self._waiting or len(self._pictures) == _MOST_PICTURES):
            early = self._pictures[:-late] if late and len(self._pictures) > 2 * late else self._pictures
            self._edges = StillEdges(early, self._faces)
        few = len(self._waiting) <= _MOST_CAPTIONS
        self._done += [replace(c, tiles=self._tiles(c)) if few else c for c in self._waiting]
        self._waiting = []

    def _tiles(self, caption: Caption) -> tuple[Tile, ...]:
        assert self._edges is not None
        found = self._edges.tiles_around(_scaled(caption.box, 1 / self._scale))
        return tuple(replace(tile, box=_scaled(tile.box, self._scale)) for tile in found)


def _scaled(box: Box, scale: float) -> Box:
    return Box(box.x_px * scale, box.y_px * scale, box.w_px * scale, box.h_px * scale)
