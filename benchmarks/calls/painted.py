"""A third way to draw calls, by OpenCV: written as somebody would who never saw the other two, nor the rules."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.calls.footage import FaceBox, Picture, filling, person
from benchmarks.calls.screen import font

Color = tuple[int, int, int]
Place = Literal["lower left", "lower middle", "lower right", "upper left", "upper right", "below", "bar"]
Shares = tuple[float, float, float, float]
_HERSHEY = {"simplex": cv2.FONT_HERSHEY_SIMPLEX, "duplex": cv2.FONT_HERSHEY_DUPLEX, "complex": cv2.FONT_HERSHEY_COMPLEX}
_HERSHEY_PX = 22  # height of its capitals at scale one


@dataclass(frozen=True)
class Style:
    """How names are written: the font (a file, or one of OpenCV's), the height, the place, what is behind."""

    hand: str = "simplex"
    letter_px: int = 14
    place: Place = "lower left"
    ink: Color = (255, 255, 255)
    backdrop: Color | None = None
    opacity: float = 0.6


@dataclass(frozen=True)
class Pane:
    """Part of the picture (left, top, width, height; shares of it): a person, an avatar (None), or a document."""

    rect: Shares
    who: str | None
    name: str | None = None
    frame: Color | None = None
    is_portrait: bool = False
    zoom: float = 1.0
    shift_s: float = 0.0
    style: Style | None = None


@dataclass(frozen=True)
class Painted:
    """One moment's layout."""

    size_px: tuple[int, int]
    panes: tuple[Pane, ...]
    background: Color = (0, 0, 0)
    style: Style = field(default_factory=Style)
    radius_px: int = 0
    frame_px: int = 4
    clock: tuple[float, float] | None = None
    has_desktop: bool = False
    writing: tuple[tuple[float, float, str], ...] = ()
    writing_ink: Color = (230, 230, 230)

    def drawn(self, t_s: float, footage: Path, work: Path) -> tuple[Picture, dict[str, tuple[Any, Any]]]:
        """Return the picture at `t_s`, uint8 (H, W, 3) RGB, and the tile and face's box of each person in it."""
        canvas = np.full((self.size_px[1], self.size_px[0], 3), self.background, np.uint8)
        if self.has_desktop:
            _desktop(canvas, t_s)
        shown: dict[str, tuple[Any, Any]] = {}
        for pane in self.panes:
            rect = self._pixels(pane.rect)
            face = self._fill(canvas, pane, rect, t_s, footage, work)
            if pane.who in ("document", "poster") or pane.who is None:
                continue
            shown[pane.who] = rect, face
        for pane in self.panes:
            rect = self._pixels(pane.rect)
            if pane.frame:
                cv2.rectangle(
                    canvas, rect[:2], (rect[0] + rect[2] - 1, rect[1] + rect[3] - 1), pane.frame, self.frame_px
                )
            if pane.name and pane.who != "document":
                _name(canvas, pane.name, rect, pane.style or self.style)
        for x, y, words in self.writing:
            _write(
                canvas,
                words,
                (round(x * self.size_px[0]), round(y * self.size_px[1])),
                replace(self.style, ink=self.writing_ink),
            )
        if self.clock:
            words = f"2026-02-11 14:{20 + int(t_s) // 60:02d}:{int(t_s) % 60:02d}"
            at = round(self.clock[0] * self.size_px[0]), round(self.clock[1] * self.size_px[1])
            _write(canvas, words, at, Style("simplex", self.style.letter_px))
        return canvas, shown

    def _pixels(self, rect: Shares) -> tuple[int, int, int, int]:
        width, height = self.size_px
        left, top = round(rect[0] * width), round(rect[1] * height)
        return left, top, round((rect[0] + rect[2]) * width) - left, round((rect[1] + rect[3]) * height) - top

    def _fill(self, canvas: Picture, pane: Pane, rect: tuple[int, int, int, int], t_s: float, *where: Path) -> Any:
        x, y, w, h = rect
        part = canvas[y : y + h, x : x + w]
        if pane.who is None:
            part[:] = (58, 54, 50)
            cv2.circle(part, (w // 2, h // 2), min(w, h) // 5, (190, 110, 60), -1, cv2.LINE_AA)
            return None
        if pane.who == "document":
            _document(part, pane.name, t_s)
            return None
        if pane.who == "poster":
            with Image.open(where[0] / "photos" / "fr_biden.jpg") as image:
                part[:] = np.asarray(image.convert("RGB").resize((w, h)))
            return None
        someone = person(*where, pane.who)
        number = someone.number_at(t_s, pane.shift_s)
        inner = round(h * 9 / 16) if pane.is_portrait else w
        left = (w - inner) // 2
        picture, face = filling(someone, number, (inner, h), pane.zoom)
        content = np.zeros_like(part)
        content[:, left : left + inner] = picture
        mask = _round(w, h, self.radius_px)
        part[:] = np.where(mask[..., None] > 127, content, part)
        return None if face is None else _moved(face, x + left, y)


def _moved(face: FaceBox, x: float, y: float) -> FaceBox:
    return face[0] + x, face[1] + y, face[2], face[3]


def _round(width: int, height: int, radius: int) -> Picture:
    mask = np.zeros((height, width), np.uint8)
    if radius == 0:
        mask[:] = 255
        return mask
    cv2.rectangle(mask, (radius, 0), (width - radius - 1, height - 1), 255, -1)
    cv2.rectangle(mask, (0, radius), (width - 1, height - radius - 1), 255, -1)
    for x in (radius, width - radius - 1):
        for y in (radius, height - radius - 1):
            cv2.circle(mask, (x, y), radius, 255, -1)
    return mask


def _desktop(canvas: Picture, t_s: float) -> None:
    """Paint a desktop: a picture that shades off, a bar with icons and a clock below, a window with a title bar."""
    height, width = canvas.shape[:2]
    shade = np.linspace(0, 1, width)[None, :, None] * (90, 40, 20) + np.linspace(0, 1, height)[:, None, None] * (
        10,
        60,
        80,
    )
    canvas[:] = (30 + shade).astype(np.uint8)
    bar = round(height * 0.05)
    canvas[height - bar :] = (32, 32, 36)
    for i in range(7):
        left = round(width * 0.3) + i * 2 * bar
        cv2.rectangle(
            canvas, (left, height - bar + 6), (left + bar - 12, height - 7), (80 + 20 * i, 200 - 20 * i, 150), -1
        )
    _write(
        canvas,
        f"{9 + int(t_s) // 60}:41 AM",
        (round(width * 0.93), height - bar // 3),
        Style("simplex", max(9, bar // 3)),
    )
    left, top = round(width * 0.06), round(height * 0.05)
    cv2.rectangle(canvas, (left, top), (round(width * 0.94), round(height * 0.93)), (28, 28, 28), -1)
    cv2.rectangle(canvas, (left, top), (round(width * 0.94), top + bar), (235, 235, 235), -1)
    _write(
        canvas,
        "Research Meeting",
        (left + 10, top + round(bar * 0.7)),
        Style("duplex", max(9, bar // 3), ink=(20, 20, 20)),
    )


def _document(part: Picture, words: str | None, t_s: float) -> None:
    part[:] = 248
    height, width = part.shape[:2]
    lines = (
        words or "Study information|Please read this page|The visit takes two hours|You may stop at any time"
    ).split("|")
    scroll = int(t_s // 4) * round(height * 0.03)
    for i, line in enumerate(lines):
        at = round(width * 0.08), round(height * (0.14 + 0.13 * i)) - scroll
        _write(part, line, at, Style("complex", max(9, round(height * (0.05 if i == 0 else 0.033))), ink=(30, 30, 40)))


def _name(canvas: Picture, words: str, rect: tuple[int, int, int, int], style: Style) -> None:
    x, y, w, h = rect
    width, pad = _width(words, style), round(style.letter_px * 0.5)
    left = {"left": x + 2 * pad, "right": x + w - width - 2 * pad}.get(style.place.split()[-1], x + (w - width) // 2)
    base = y + style.letter_px + 2 * pad if style.place.startswith("upper") else y + h - 2 * pad
    base = y + h + style.letter_px + pad if style.place == "below" else base
    box = left - pad, base - style.letter_px - pad, left + width + pad, base + pad
    if style.place == "bar":
        box = x, y + h - style.letter_px - 3 * pad, x + w, y + h
        base = y + h - round(1.5 * pad)
    if style.backdrop is not None:
        part = canvas[max(0, box[1]) : box[3], max(0, box[0]) : box[2]]
        part[:] = (part * (1 - style.opacity) + np.array(style.backdrop) * style.opacity).astype(np.uint8)
    _write(canvas, words, (left, base), style)


def _width(words: str, style: Style) -> int:
    if style.hand in _HERSHEY:
        scale = style.letter_px / _HERSHEY_PX
        return int(cv2.getTextSize(words, _HERSHEY[style.hand], scale, 1)[0][0])
    return int(font(style.hand, round(style.letter_px * 1.35)).getlength(words))


def _write(canvas: Picture, words: str, at: tuple[int, int], style: Style) -> None:
    if style.hand in _HERSHEY:
        thick = 2 if style.letter_px > 16 else 1
        cv2.putText(
            canvas, words, at, _HERSHEY[style.hand], style.letter_px / _HERSHEY_PX, style.ink, thick, cv2.LINE_AA
        )
        return
    image = Image.fromarray(canvas)
    ImageDraw.Draw(image).text(
        at, words, font=font(style.hand, round(style.letter_px * 1.35)), fill=style.ink, anchor="ls"
    )
    canvas[:] = np.asarray(image)
