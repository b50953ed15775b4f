"""Clips that no camera made, for the scorer to recognise: screens, cartoons, test patterns, and two animated films."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from benchmarks.scorer.contents import LEAD, NUM_FRAMES, Content, clean_frames
from vqaprep.distortions import Frames
from vqaprep.settings.seeds import rng_for

_NUM = LEAD + NUM_FRAMES
_MADE = 24
_SIZES = ((480, 270), (400, 300), (512, 288), (384, 216))
_PATTERNS = ("testsrc2", "mandelbrot", "gradients", "life=mold=10:ratio=0.3", "smptebars", "testsrc", "cellauto")
_FILMS = {"animation/bigbuckbunny.mp4": 4, "animation/caminandes_no_face.mp4": 3}
"""CC BY 3.0, Blender Foundation."""
_LETTERS = "etaoin shrdlu cmfwyp vbgkqj xz ETAOIN 0123456789 .,:()"


def num_drawn() -> int:
    """Return the number of drawn clips."""
    return 2 * _MADE + len(_PATTERNS) + sum(_FILMS.values())


def drawn_clip(place: int, films: Path) -> tuple[str, str, Frames] | None:
    """Return (name, group, frames) of a drawn clip; None where a film is too short."""
    if place < 2 * _MADE:
        kind, number = ("screen", "cartoon")[place // _MADE], place % _MADE
        make: Callable[[np.random.Generator], Frames] = _screen if kind == "screen" else _cartoon
        return f"{kind}-{number}", f"{kind}-{number}", make(rng_for(3, kind, number))
    place -= 2 * _MADE
    if place < len(_PATTERNS):
        return _PATTERNS[place], f"pattern-{_PATTERNS[place]}", _pattern(_PATTERNS[place])
    place -= len(_PATTERNS)
    cuts = [(name, n, num) for name, num in _FILMS.items() for n in range(num)]
    name, n, num = cuts[place]
    frames = clean_frames(Content(f"{name}#{n}", name, films / name, n, num))
    return None if frames is None else (f"{name}#{n}", name, frames)


def _screen(rng: np.random.Generator) -> Frames:
    """Draw windows with lines of text that scroll."""
    width, height = _SIZES[int(rng.integers(len(_SIZES)))]
    is_dark = rng.random() < 0.4
    back, ink = (rng.integers(10, 60, 3), rng.integers(180, 256, 3)) if is_dark else (
        rng.integers(225, 256, 3), rng.integers(0, 90, 3))  # fmt: skip
    page = np.empty((height + 400, width, 3), np.uint8)
    page[:] = back
    size, step = rng.uniform(0.3, 0.7), int(rng.integers(12, 26))
    for y in range(step, page.shape[0], step):
        if rng.random() < 0.15:
            continue
        x = int(rng.integers(8, 60))
        text = "".join(rng.choice(list(_LETTERS), int(rng.integers(5, 70))))
        colour = ink if rng.random() < 0.8 else rng.integers(0, 256, 3)
        cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, tuple(map(int, colour)), 1, cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 6))):
        left, top = int(rng.integers(0, width - 40)), int(rng.integers(0, page.shape[0] - 40))
        corner = left + int(rng.integers(20, 160)), top + int(rng.integers(12, 90))
        cv2.rectangle(page, (left, top), corner, tuple(map(int, rng.integers(0, 256, 3))), -1)
    speed = int(rng.choice([0, 0, 1, 3, 8]))
    frames = [page[n * speed : n * speed + height].copy() for n in range(_NUM)]
    for n, frame in enumerate(frames):
        frame[:18] = tuple(map(int, ink)) if is_dark else (210, 215, 222)
        cv2.circle(frame, (width // 3 + 3 * n, height // 2 + n), 3, (20, 20, 20), -1)
    return np.stack(frames)


def _cartoon(rng: np.random.Generator) -> Frames:
    """Draw flat or softly shaded shapes with outlines that move over a background."""
    width, height = _SIZES[int(rng.integers(len(_SIZES)))]
    top, bottom = rng.integers(0, 256, (2, 3))
    share = np.linspace(0, 1, height)[:, None, None]
    back = np.broadcast_to(top * (1 - share) + bottom * share, (height, width, 3)).astype(np.uint8)
    num = int(rng.integers(4, 14))
    centres = rng.uniform(0, 1, (num, 2)) * (width, height)
    moves, sizes = rng.normal(0, 1.5, (num, 2)), rng.uniform(10, 90, num)
    colours, corners = rng.integers(0, 256, (num, 3)), rng.integers(3, 9, num)
    outline, angles = int(rng.integers(0, 4)), rng.uniform(0, 6, num)
    is_shaded = rng.random() < 0.5
    frames = []
    for n in range(_NUM):
        frame = back.copy()
        for i in range(num):
            x, y = centres[i] + moves[i] * n
            around = angles[i] + np.arange(corners[i]) * 2 * np.pi / corners[i] + 0.02 * n
            points = np.stack([x + sizes[i] * np.cos(around), y + sizes[i] * np.sin(around)], axis=1).astype(np.int32)
            cv2.fillPoly(frame, [points], tuple(map(int, colours[i])), cv2.LINE_AA)
            if outline:
                cv2.polylines(frame, [points], True, (10, 10, 10), outline, cv2.LINE_AA)
        if is_shaded:
            light = 0.8 + 0.3 * np.sin(np.linspace(0, 3, width) + 0.05 * n)[None, :, None]
            frame = np.clip(cv2.GaussianBlur(frame, (0, 0), 1.0) * light, 0, 255).astype(np.uint8)
        frames.append(frame)
    return np.stack(frames)


def _pattern(source: str) -> Frames:
    width, height = 480, 270
    joint = ":" if "=" in source else "="
    graph = f"{source}{joint}s={width}x{height}:r=25"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", graph,
               "-frames:v", str(_NUM), "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]  # fmt: skip
    pixels = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
    return np.frombuffer(pixels, np.uint8).reshape(_NUM, height, width, 3)
