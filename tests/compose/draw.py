"""Draw one frame of a composed interview: tiles, faces, captions, title cards."""

from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.compose.interview import Interview, Place, Scene, Style, Truth
from tests.compose.people import Frames, person, tile_frame
from vqaprep.rows import Box

_WALL, _EMPTY, _CARD = 18, 60, 235  # gray levels
_GAP_PX = 4


def frame_at(interview: Interview, t_s: float, footage: Path) -> tuple[Frames, Truth]:
    """Return the picture at `t_s`, uint8 (H, W, 3) RGB, and who is where in it."""
    width, height = interview.size_px
    scene = _scene_at(interview, t_s)
    picture = np.full((height, width, 3), _WALL if scene.places else _CARD, np.uint8)
    tiles: dict[str, Box] = {}
    faces: dict[str, Box | None] = {}
    for place in scene.places:
        x, y, w, h = _pixels(place, interview.size_px)
        picture[y : y + h, x : x + w] = _EMPTY
        if place.person is None:
            continue
        someone = person(footage, place.person)
        tile, face = tile_frame(someone, someone.index_at(t_s), (w, h))
        picture[y : y + h, x : x + w] = tile
        tiles[place.person] = Box(x, y, w, h)
        faces[place.person] = face and Box(face.x_px + x, face.y_px + y, face.w_px, face.h_px)
    overlay, alpha = _writing(scene, interview.size_px, interview.style, interview.caption_scale)
    return np.where(alpha[..., None] > 0, overlay, picture), Truth(t_s, tiles, faces)


def _scene_at(interview: Interview, t_s: float) -> Scene:
    for scene in interview.scenes:
        if t_s < scene.duration_s - 1e-9:
            return scene
        t_s -= scene.duration_s
    return interview.scenes[-1]


def _pixels(place: Place, size_px: tuple[int, int]) -> tuple[int, int, int, int]:
    width, height = size_px
    x, y = round(place.left * width) + _GAP_PX, round(place.top * height) + _GAP_PX
    return x, y, round(place.width * width) - 2 * _GAP_PX, round(place.height * height) - 2 * _GAP_PX


@lru_cache(maxsize=16)
def _writing(scene: Scene, size_px: tuple[int, int], style: Style, scale: float) -> tuple[Frames, Frames]:
    """Return the captions of a scene as a picture, and where they cover what is below (H, W)."""
    ink, cover = Image.new("RGB", size_px), Image.new("L", size_px)
    pens = ImageDraw.Draw(ink), ImageDraw.Draw(cover)
    letter_px = max(5, round(size_px[1] * 0.036 * scale))
    if scene.title:
        text_w = ImageDraw.Draw(ink).textlength(scene.title, font=_font(2 * letter_px))
        _write(
            pens, scene.title, (round((size_px[0] - text_w) / 2), size_px[1] // 2), 2 * letter_px, ("black", "white")
        )
    for place in scene.places:
        if place.caption:
            _caption(pens, place.caption, _pixels(place, size_px), style, letter_px)
    return np.asarray(ink), np.asarray(cover)


def _caption(
    pens: tuple[ImageDraw.ImageDraw, ...], text: str, tile: tuple[int, int, int, int], style: Style, letter_px: int
) -> None:
    x, y, w, h = tile
    text_w = round(pens[0].textlength(text, font=_font(letter_px)))
    bottom = y + h - round(letter_px * 1.9)
    if style == "bottom-bar":
        pens[0].rectangle((x, bottom, x + w - 1, y + h - 1), fill="#202830")
        pens[1].rectangle((x, bottom, x + w - 1, y + h - 1), fill=255)
        _write(pens, text, (x + max(4, (w - text_w) // 2), bottom + letter_px // 3), letter_px, ("white", "#202830"))
    elif style == "above":
        _write(pens, text, (x + 10, y + 8), letter_px, ("black", "#f0f0f0"))
    elif style == "beside":
        left = x - text_w - 14 if x > text_w + 14 else x + w + 8
        _write(pens, text, (left, y + h // 2), letter_px, ("white", "#121212"))
    else:
        _write(pens, text, (x + 10, bottom), letter_px, ("white", "#303030"))


def _write(
    pens: tuple[ImageDraw.ImageDraw, ...], text: str, place: tuple[int, int], letter_px: int, colors: tuple[str, str]
) -> None:
    """Write on a filled backdrop."""
    left, top, right, bottom = pens[0].textbbox(place, text, font=_font(letter_px))
    backdrop = (left - 4, top - 3, right + 4, bottom + 3)
    pens[0].rectangle(backdrop, fill=colors[1])
    pens[1].rectangle(backdrop, fill=255)
    pens[0].text(place, text, fill=colors[0], font=_font(letter_px))


@lru_cache(maxsize=16)
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", size_px)
