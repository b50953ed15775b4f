"""Read the captions in a picture with PP-OCRv4 (Baidu, Apache-2.0), whose networks the wheel of RapidOCR carries.

The wheel itself is not needed: its networks run on onnxruntime here. One finds writing (DB, Liao et al. 2020,
arXiv:1911.08947), the other reads a line (CTC).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.detect.text import Reading
from vqaprep.packages.weights import weights_path
from vqaprep.rows import Box

Picture = npt.NDArray[np.uint8]

_LONG_SIDE_PX = 1280  # names of 7 px at 360p are 14 px then, and those of 15 px at 1080p are 10 px
_MULTIPLE_PX = 32
_WRITING, _LINE = 0.3, 0.5  # least probability of a pixel, and least mean of a line
_UNCLIP = 1.6  # a line is found shrunk; growing it by this share of area over perimeter undoes that
_SMALLEST_PX = 3
_LEAST_SCORE = 0.5  # names are read at 0.8 and above; hair and clothes give a sign or two below
_SMALL_PX, _LETTERS_PX = 20, 42  # height of a line that is read enlarged, and to what
_ASIDE = 7.0  # heights of a line, beside it, in which more of the name may be
_SURE = 0.75
_HEIGHT_PX = 48
_LEAST_WIDTH_PX, _MOST_WIDTH_PX = 320, 3200  # a rule across a wide picture is no name, and may cost gigabytes


class PaddleReader:
    """The two networks on one processor, for Latin letters, digits and Chinese signs."""

    def __init__(self) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._finder, self._reader = (
            ort.InferenceSession(weights_path(name).read_bytes(), options, providers=["CPUExecutionProvider"])
            for name in ("ppocr_det", "ppocr_rec")
        )
        signs = self._reader.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._signs = ["", *signs, " "]  # CTC's blank comes first, the space last

    def __call__(self, rgb: Picture) -> list[Reading]:
        """Return the lines of text in an RGB picture, uint8 (H, W, 3), top to bottom."""
        bgr = np.ascontiguousarray(rgb[..., ::-1])
        lines = self._readings(bgr, _LONG_SIDE_PX / max(bgr.shape[:2]))
        return self._closer(bgr, lines)

    def _readings(self, bgr: Picture, scale: float) -> list[Reading]:
        """Return the lines of a picture that is looked at enlarged by `scale`."""
        lines = (self._read(bgr, box) for box in self._lines(bgr, scale))
        return [line for line in lines if line.text and line.score >= _LEAST_SCORE]

    def _closer(self, bgr: Picture, lines: list[Reading]) -> list[Reading]:
        """Look at the surroundings of small lines enlarged, where a word on bright ground may have been missed.

        A second reading replaces those that it covers, if it holds no fewer letters and is sure.
        """
        closer: list[Reading] = []
        for line in lines:
            if line.box.h_px > _SMALL_PX or any(_covers(other.box, line.box) for other in closer):
                continue
            left, top, part = _surroundings(bgr, line.box)
            scale = max(1.0, _LETTERS_PX / line.box.h_px)
            for reading in self._readings(part, min(scale, _LONG_SIDE_PX / max(part.shape[:2]))):
                box = Box(reading.box.x_px + left, reading.box.y_px + top, reading.box.w_px, reading.box.h_px)
                replaced = [other for other in lines if _covers(box, other.box)]
                if reading.score >= _SURE and replaced and _num_letters([reading]) >= _num_letters(replaced):
                    closer = [*(other for other in closer if not _covers(box, other.box)), replace(reading, box=box)]
        rest = [line for line in lines if not any(_covers(other.box, line.box) for other in closer)]
        return sorted(_longest([*closer, *rest]), key=lambda line: (line.box.y_px, line.box.x_px))

    def _lines(self, bgr: Picture, scale: float) -> list[Box]:
        height, width = bgr.shape[:2]
        size = tuple(max(_MULTIPLE_PX, round(side * scale / _MULTIPLE_PX) * _MULTIPLE_PX) for side in (width, height))
        small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        chance = self._finder.run(None, {"x": _input(small)})[0][0, 0]
        across, down = width / size[0], height / size[1]
        boxes = [(b.x_px * across, b.y_px * down, b.w_px * across, b.h_px * down) for b in _blobs(chance)]
        return [Box(*sides) for sides in sorted(boxes, key=lambda sides: (sides[1], sides[0]))]

    def _read(self, bgr: Picture, box: Box) -> Reading:
        left, top = max(0, round(box.x_px)), max(0, round(box.y_px))
        line = bgr[top : max(top + 1, round(box.y_px + box.h_px)), left : max(left + 1, round(box.x_px + box.w_px))]
        width = min(max(16, round(_HEIGHT_PX * line.shape[1] / line.shape[0])), _MOST_WIDTH_PX)
        picture = _input(cv2.resize(line, (width, _HEIGHT_PX), interpolation=cv2.INTER_CUBIC))
        blank = max(0, _LEAST_WIDTH_PX - width)
        [chances] = self._reader.run(None, {"x": np.pad(picture, ((0, 0), (0, 0), (0, 0), (0, blank)))})[0]
        best, sure = chances.argmax(1), chances.max(1)
        is_sign = (best > 0) & np.r_[True, best[1:] != best[:-1]]
        text = _one_script("".join(self._signs[i] for i in best[is_sign]).strip())
        return Reading(text, float(sure[is_sign].mean()) if text else 0.0, box)


def _surroundings(bgr: Picture, box: Box) -> tuple[int, int, Picture]:
    """Return the left and upper end of what is around a line, as far as words next to it may reach, and the part."""
    left, top = max(0, round(box.x_px - _ASIDE * box.h_px)), max(0, round(box.y_px - box.h_px))
    right, bottom = round(box.x_px + box.w_px + _ASIDE * box.h_px), round(box.y_px + 2 * box.h_px)
    return left, top, bgr[top:bottom, left:right]


def _covers(box: Box, other: Box) -> bool:
    """Say if most of `other` lies in `box`."""
    width = min(box.x_px + box.w_px, other.x_px + other.w_px) - max(box.x_px, other.x_px)
    height = min(box.y_px + box.h_px, other.y_px + other.h_px) - max(box.y_px, other.y_px)
    return max(0.0, width) * max(0.0, height) >= 0.6 * other.area_px


def _longest(lines: Sequence[Reading]) -> list[Reading]:
    """Return the lines without those mostly within another one that holds more letters."""
    ordered = sorted(lines, key=lambda line: -_num_letters([line]))
    return [line for i, line in enumerate(ordered) if not any(_covers(o.box, line.box) for o in ordered[:i])]


def _num_letters(lines: Sequence[Reading]) -> int:
    return sum(c.isalnum() for line in lines for c in line.text)


def _one_script(text: str) -> str:
    """Return `text` without the Chinese sign that an icon beside Latin letters is read as."""
    latin = "".join(c for c in text if c.isascii() or "LATIN" in unicodedata.name(c, ""))
    return latin.strip() if 2 * sum(map(str.isalnum, latin)) > len(text) else text


def _input(bgr: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return (1, 3, H, W) float32 in [-1, 1]."""
    return np.ascontiguousarray(bgr.transpose(2, 0, 1)[None], np.float32) / 127.5 - 1


def _blobs(chance: npt.NDArray[np.float32]) -> list[Box]:
    """Return upright boxes around the blobs of probable writing, grown to the size of the letters."""
    is_writing = cv2.dilate((chance > _WRITING).astype(np.uint8), np.ones((2, 2), np.uint8))
    count, blobs, stats, _ = cv2.connectedComponentsWithStats(is_writing)
    boxes = []
    for i in range(1, count):
        x, y, w, h = (int(v) for v in stats[i, :4])
        part = slice(y, y + h), slice(x, x + w)
        if min(w, h) < _SMALLEST_PX or chance[part][blobs[part] == i].mean() < _LINE:
            continue
        grown = w * h * _UNCLIP / (2 * (w + h))
        boxes.append(Box(x - grown, y - grown, w + 2 * grown, h + 2 * grown))
    return boxes
