"""The picture of a call program at one moment: what is where, and how it is drawn."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.calls.footage import FaceBox, Picture, filling, person

Rect = tuple[int, int, int, int]
_SYSTEM = "/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/truetype/liberation"
Pill = Literal["bar", "pill", "shadow", "none"]


@dataclass(frozen=True)
class Tile:
    """One rectangle (left, top, width, height; canvas pixels) and what fills it.

    `who` is a person of the footage, or None for a plain tile with the initials of `label` in a circle, and "slide"
    or "photo:FILE" for what is shared. `clothes` is written on the chest.
    """

    rect: Rect
    who: str | None
    label: str | None = None
    border: str | None = None
    zoom: float = 1.0
    shift_s: float = 0.0
    clothes: str | None = None
    is_muted: bool = False


@dataclass(frozen=True)
class Text:
    """Free writing on the canvas: a clock, a list of people, a status."""

    place: tuple[int, int]
    words: str
    size_px: int
    color: str = "#e8e8e8"
    backdrop: str | None = None
    is_clock: bool = False


@dataclass(frozen=True)
class Screen:
    """What is shown: the canvas, its tiles from the lowest up, and writing."""

    size_px: tuple[int, int]
    background: str
    tiles: tuple[Tile, ...]
    texts: tuple[Text, ...] = ()
    radius_px: int = 0
    pill: Pill = "bar"
    font: str = "DejaVuSans.ttf"
    letter_px: int = 15
    inset_px: tuple[int, int] = (0, 0)

    def drawn(self, t_s: float, footage: Path, work: Path) -> tuple[Picture, dict[str, tuple[Any, Any]]]:
        """Return the canvas at `t_s`, uint8 (H, W, 3) RGB, and the tile and face's box of each person in it."""
        return draw(self, t_s, footage, work)


def draw(screen: Screen, t_s: float, footage: Path, work: Path) -> tuple[Picture, dict[str, tuple[Rect, Any]]]:
    """Return the canvas at `t_s`, uint8 (H, W, 3) RGB, and for each person shown the tile and the face's box in it."""
    under, over, alpha, places = _still(screen, footage)
    canvas = under.copy()
    truth: dict[str, tuple[Rect, FaceBox | None]] = {}
    for number, tile in enumerate(screen.tiles):
        if tile.who is None or tile.who.startswith(("slide", "photo")):
            continue
        x, y, w, h = tile.rect
        someone = person(footage, work, tile.who)
        shown, face = filling(someone, someone.number_at(t_s, tile.shift_s), (w, h), tile.zoom)
        if tile.clothes and face:
            _print_on(shown, tile.clothes, face)
        if screen.radius_px:
            mask = _mask(screen, number)[..., None]
            part = canvas[y : y + h, x : x + w]
            shown = (part * (1 - mask) + shown * mask).astype(np.uint8)
        canvas[y : y + h, x : x + w] = shown
        truth[tile.who] = tile.rect, None if face is None else (face[0] + x, face[1] + y, face[2], face[3])
    canvas[places] = (canvas[places] * (1 - alpha) + over * alpha).astype(np.uint8)
    for text in screen.texts:
        if text.is_clock:
            canvas = _with_clock(canvas, text, t_s, screen.font)
    return canvas, truth


def font(name: str, size_px: int) -> ImageFont.FreeTypeFont:
    """Return a font by file name, from the system or from matplotlib."""
    for folder in (*_SYSTEM, f"{matplotlib.get_data_path()}/fonts/ttf"):
        if (path := Path(folder) / name).exists():
            return ImageFont.truetype(str(path), size_px)
    raise FileNotFoundError(name)


def _print_on(shown: Picture, words: str, face: FaceBox) -> None:
    """Write on the chest below the face, where it moves with the person."""
    image = Image.fromarray(shown)
    size = max(9, round(face[3] * 0.16))
    pen = ImageDraw.Draw(image)
    place = face[0] - 0.1 * face[2], face[1] + 1.35 * face[3]
    written = font("DejaVuSans-Bold.ttf", size)
    pen.text(place, words, font=written, fill="#f4f4f4", stroke_width=1, stroke_fill="#202020")
    shown[:] = np.asarray(image)


@lru_cache(maxsize=64)
def _mask(screen: Screen, number: int) -> Any:
    """Return float32 (h, w): where tile `number` shows its picture, with soft round corners, less later tiles."""
    w, h = screen.tiles[number].rect[2:]
    big = Image.new("L", (2 * w, 2 * h), 0)
    ImageDraw.Draw(big).rounded_rectangle((0, 0, 2 * w - 1, 2 * h - 1), 2 * screen.radius_px, fill=255)
    return np.asarray(big.resize((w, h), Image.Resampling.BOX), np.float32) / 255


@lru_cache(maxsize=32)
def _still(screen: Screen, footage: Path) -> tuple[Picture, Any, Any, Any]:
    """Return what lies under the people, and over them: float32 (N, 3), how much it covers (N, 1), and the places."""
    under = Image.new("RGB", screen.size_px, screen.background)
    over, cover = Image.new("RGB", screen.size_px), Image.new("L", screen.size_px, 0)
    for tile in screen.tiles:
        _fill(under, tile, screen, footage)
    pens = ImageDraw.Draw(over), ImageDraw.Draw(cover)
    for tile in screen.tiles:
        x, y, w, h = tile.rect
        if tile.border:
            around = (x, y, x + w - 1, y + h - 1)
            pens[0].rounded_rectangle(around, screen.radius_px, outline=tile.border, width=3)
            pens[1].rounded_rectangle(around, screen.radius_px, outline=255, width=3)
        if tile.label and screen.pill != "none" and tile.who != "slide":
            _label(pens, tile, screen)
    for text in screen.texts:
        if not text.is_clock:
            _write(pens, text, screen.font)
    alpha = np.asarray(cover, np.float32)[..., None] / 255
    places = np.nonzero(alpha[..., 0])
    return np.asarray(under).copy(), np.asarray(over, np.float32)[places], alpha[places], places


def _fill(under: Image.Image, tile: Tile, screen: Screen, footage: Path) -> None:
    x, y, w, h = tile.rect
    pen = ImageDraw.Draw(under)
    if tile.who == "slide":
        pen.rectangle((x, y, x + w - 1, y + h - 1), fill="#fdfdfd")
        lines = (tile.label or "Visit schedule|Baseline and follow up|Questions and answers").split("|")
        for i, line in enumerate(lines):
            size = round(h * (0.075 if i == 0 else 0.05))
            pen.text((x + w * 0.07, y + h * (0.1 + 0.13 * i)), line, font=font(screen.font, size), fill="#1c2b4a")
    elif tile.who and tile.who.startswith("photo:"):
        picture = Image.open(footage / "photos" / tile.who.removeprefix("photo:")).convert("RGB")
        under.paste(picture.resize((w, h)), (x, y))
    elif tile.who is None:
        pen.rounded_rectangle((x, y, x + w - 1, y + h - 1), screen.radius_px, fill="#3c4043")
        side = min(w, h) * 0.38
        box = (x + w / 2 - side / 2, y + h / 2 - side / 2, x + w / 2 + side / 2, y + h / 2 + side / 2)
        pen.ellipse(box, fill="#7b4fb3")
        initials = "".join(word[0] for word in (tile.label or "?").split())[:2]
        pen.text(
            (x + w / 2, y + h / 2), initials, font=font(screen.font, round(side * 0.45)), fill="white", anchor="mm"
        )


def _label(pens: tuple[Any, Any], tile: Tile, screen: Screen) -> None:
    """Write the name small at the lower left of its tile, in the client's style."""
    x, y, _, h = tile.rect
    size = screen.letter_px
    left, bottom = x + screen.inset_px[0], y + h - screen.inset_px[1]
    icon = size if tile.is_muted else 0
    width = pens[0].textlength(tile.label, font=font(screen.font, size)) + icon
    pad = round(size * 0.4)
    if screen.pill in ("bar", "pill"):
        box = (left, bottom - size - 2 * pad, left + width + 2 * pad, bottom - 1)
        radius = pad if screen.pill == "pill" else 0
        pens[0].rounded_rectangle(box, radius, fill="#1a1a1a")
        pens[1].rounded_rectangle(box, radius, fill=200 if screen.pill == "bar" else 170)
    if icon:
        _microphone(pens, left + pad, bottom - size - pad, size)
    place = (left + pad + icon, bottom - pad - size * 0.15)
    if screen.pill == "shadow":
        for pen, color in zip(pens, ("#000000", 140), strict=True):
            pen.text((place[0] + 1, place[1] + 1), tile.label, font=font(screen.font, size), fill=color, anchor="ls")
    for pen, color in zip(pens, ("#ffffff", 255), strict=True):
        pen.text(place, tile.label, font=font(screen.font, size), fill=color, anchor="ls")


def _microphone(pens: tuple[Any, Any], x: float, y: float, size: int) -> None:
    for pen, color in zip(pens, ("#ff5c5c", 255), strict=True):
        pen.rounded_rectangle((x + size * 0.3, y, x + size * 0.55, y + size * 0.6), size * 0.12, fill=color)
        pen.line((x + size * 0.1, y, x + size * 0.75, y + size * 0.9), fill=color, width=2)


def _write(pens: tuple[Any, Any], text: Text, name: str) -> None:
    written = font(name, text.size_px)
    if text.backdrop:
        box = pens[0].textbbox(text.place, text.words, font=written)
        for pen, color in zip(pens, (text.backdrop, 255), strict=True):
            pen.rectangle((box[0] - 4, box[1] - 3, box[2] + 4, box[3] + 3), fill=color)
    for pen, color in zip(pens, (text.color, 255), strict=True):
        pen.text(text.place, text.words, font=written, fill=color)


def _with_clock(canvas: Picture, text: Text, t_s: float, name: str) -> Picture:
    image = Image.fromarray(canvas)
    pen = ImageDraw.Draw(image)
    words = f"{text.words} {10 + int(t_s) // 60:02d}:{31 + int(t_s) % 60 // 30:02d}:{int(t_s) % 60:02d}"
    box = pen.textbbox(text.place, words, font=font(name, text.size_px))
    if text.backdrop:
        pen.rectangle((box[0] - 4, box[1] - 3, box[2] + 4, box[3] + 3), fill=text.backdrop)
    pen.text(text.place, words, font=font(name, text.size_px), fill=text.color)
    return np.asarray(image).copy()


def scaled(canvas: Picture, size_px: tuple[int, int]) -> Picture:
    """Return the canvas as a recorder stores it: borders of tiles fall between pixels."""
    method = cv2.INTER_AREA if size_px[0] < canvas.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(canvas, size_px, interpolation=method), np.uint8)
