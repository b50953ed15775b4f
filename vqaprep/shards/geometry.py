"""Where a clip's pixels come from: the window that is distorted, the boxes cut from it, the final size.

Distortions act at the source's own scale, before any resizing, on a window that does not move during the
clip: a codec must see what a camera sees, not a picture shifted from frame to frame. The boxes that
follow the face are cut from the distorted window. Boxes are (left, top, right, bottom), right and bottom excluded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep import distortions
from vqaprep.media.convert import Frames, Rect
from vqaprep.rows import Clip
from vqaprep.shards.settings import ShardSettings, Spatial

_GRID_PX = 16  # codec blocks of a window fall where those of the whole picture would
GRID, PATCH_PX = 7, 32
FRAGMENTS_PX = GRID * PATCH_PX

Scaling = Literal["planes", "rgb"]
"""What is averaged over the area of a stored pixel: the decoder's planes, which then become RGB, or RGB pixels."""


@dataclass(frozen=True, slots=True)
class Region:
    """The window of the picture that is kept and distorted, and one box a clip frame (None: the window itself)."""

    window: Rect
    boxes: tuple[Rect, ...] | None


def region_of(clip: Clip, spatial: Spatial) -> Region:
    """Return where `clip` is cut from: boxes alike for every variant, in a window as wide as its distortion needs."""
    width, height = clip.width_px, clip.height_px
    if spatial == "face":
        boxes = _face_boxes(clip)
    elif spatial == "center":
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        boxes = ((left, top, left + side, top + side),) * len(clip.frames)
    else:
        return Region((0, 0, width, height), None)
    edges, margin_px = np.asarray(boxes), 0 if clip.level == 0 else distortions.get(clip.distortion).margin_px
    left, top = (int(v) // _GRID_PX * _GRID_PX for v in np.maximum(edges[:, :2].min(axis=0) - margin_px, 0))
    # The double negation rounds up, as `//` rounds down.
    right, bottom = (-(-(int(v) + margin_px) // _GRID_PX) * _GRID_PX for v in edges[:, 2:].max(axis=0))
    return Region((left, top, min(right, width), min(bottom, height)), boxes)


def scaling_of(clips: Sequence[Clip], spatial: Spatial) -> Scaling | None:
    """Return how the pictures of a folder with these clips are scaled; None where they are not.

    Distortions act on RGB pictures of full size. Where the folder holds any, references are scaled from such pictures
    too: what a network sees between the views, and what measures find, must be the distortion and not the scaler.
    """
    if spatial in ("native", "fragments"):
        return None
    is_whole = spatial == "resize"  # boxes begin at odd pixels, where chroma has no sample
    has_planes = all(clip.decoder == "pyav" for clip in clips)  # decord gives RGB alone
    return "planes" if is_whole and has_planes and all(map(is_plain, clips)) else "rgb"


def is_plain(clip: Clip) -> bool:
    """Say whether no distortion touches the clip."""
    return clip.distortion == "none" or clip.level == 0


def finish(frames: Frames, region: Region, settings: ShardSettings, *, rng: np.random.Generator) -> Frames:
    """Cut and resize window frames (T, h, w, 3) to the size that is stored; `rng` draws fragments only."""
    if settings.spatial == "native":
        return frames
    pieces = draw_pieces(frames.shape[1], frames.shape[2], rng) if settings.spatial == "fragments" else None
    return np.stack([finish_frame(f, region, place, settings, pieces) for place, f in enumerate(frames)])


def finish_frame(
    frame: Frames, region: Region, place: int, settings: ShardSettings, pieces: "Pieces | None" = None
) -> Frames:
    """Cut and resize one window frame (h, w, 3), the clip's frame number `place`, to the size that is stored.

    `pieces` are needed for fragments only. A frame that keeps its size is returned as it is.
    """
    if region.boxes is not None:
        return _scaled(_cut(frame, region.boxes[place], region.window), (settings.size_px, settings.size_px))
    if settings.spatial == "resize":
        return _scaled(frame, short_side_px(frame.shape[1], frame.shape[0], settings.size_px))
    return frame if pieces is None else mosaic(frame[None], pieces)[0]


def stored_shape(clip: Clip, settings: ShardSettings) -> tuple[int, int, int, int]:
    """Return the (T, H, W, 3) that `finish` gives for `clip`."""
    width, height = {
        "native": (clip.width_px, clip.height_px),
        "resize": short_side_px(clip.width_px, clip.height_px, settings.size_px),
        "fragments": (FRAGMENTS_PX, FRAGMENTS_PX),
    }.get(settings.spatial, (settings.size_px, settings.size_px))
    return len(clip.frames), height, width, 3


def squares(frames: Frames, side_px: int, places: Iterable[tuple[float, float]]) -> list[Frames]:
    """Cut a square of `side_px` at each place, the shares of the room above and left of it, from (..., H, W, 3)."""
    found, sides = [], frames.shape[-3:-1]
    for place in places:
        # There are n - side + 1 places, the last one included. A share of exactly 1 would be one past it.
        top, left = (min(int(s * (n - side_px + 1)), n - side_px) for s, n in zip(place, sides, strict=True))
        found.append(frames[..., top : top + side_px, left : left + side_px, :])
    return found


def grid_places(num: int) -> list[tuple[float, float]]:
    """Return the places of num x num squares, evenly from edge to edge; of one, the middle."""
    steps = np.linspace(0, 1, num).tolist() if num > 1 else [0.5]
    return list(product(steps, steps))


def fragments(frames: Frames, rng: np.random.Generator) -> Frames:
    """Return (T, 224, 224, 3): one 32 px piece of each cell of a 7 x 7 grid, at the same place in all frames.

    Pictures under 224 px are first upsampled bilinearly, and the grid is laid on the upsampled size.
    FAST-VQA (Wu et al., ECCV 2022), whose code lays it on the size before upsampling.
    """
    return mosaic(frames, draw_pieces(frames.shape[1], frames.shape[2], rng))


@dataclass(frozen=True, slots=True)
class Pieces:
    """The size that a picture is upsampled to, and top and left of each piece of it: two (7, 7)."""

    width_px: int
    height_px: int
    tops: npt.NDArray[np.int64]
    lefts: npt.NDArray[np.int64]


def draw_pieces(height_px: int, width_px: int, rng: np.random.Generator) -> Pieces:
    """Draw the pieces of pictures of this size."""
    width_px, height_px = upsampled_px(width_px, height_px)
    return Pieces(width_px, height_px, *fragment_places(height_px, width_px, rng))


def mosaic(frames: Frames, pieces: Pieces) -> Frames:
    """Return `pieces` of frames (T, H, W, 3) side by side: (T, 224, 224, 3)."""
    out = np.empty((len(frames), FRAGMENTS_PX, FRAGMENTS_PX, 3), np.uint8)
    for frame, made in zip(frames, out, strict=True):  # one after the other: a thin picture is enlarged a lot
        whole = upsampled(frame)
        assert whole.shape[1::-1] == (pieces.width_px, pieces.height_px)
        for i, j in np.ndindex(GRID, GRID):
            top, left = int(pieces.tops[i, j]), int(pieces.lefts[i, j])
            piece = whole[top : top + PATCH_PX, left : left + PATCH_PX]
            made[i * PATCH_PX : (i + 1) * PATCH_PX, j * PATCH_PX : (j + 1) * PATCH_PX] = piece
    return out


def upsampled(frame: Frames) -> Frames:
    """Return one frame (H, W, 3) enlarged bilinearly to 224 px on its short side, or as it is if that has so many."""
    width_px, height_px = upsampled_px(frame.shape[1], frame.shape[0])
    if (width_px, height_px) == frame.shape[1::-1]:
        return frame
    return np.asarray(cv2.resize(frame, (width_px, height_px), interpolation=cv2.INTER_LINEAR), np.uint8)


def upsampled_px(width_px: int, height_px: int) -> tuple[int, int]:
    """Return width and height of a picture from which fragments are taken."""
    short_px = min(height_px, width_px)
    if short_px >= FRAGMENTS_PX:
        return width_px, height_px
    return max(FRAGMENTS_PX, width_px * FRAGMENTS_PX // short_px), max(
        FRAGMENTS_PX, height_px * FRAGMENTS_PX // short_px
    )


def fragment_origins(length_px: int) -> npt.NDArray[np.int64]:
    """Return where the 7 cells of a side begin: (7,)."""
    return np.minimum(length_px // GRID * np.arange(GRID), length_px - PATCH_PX)


def fragment_places(
    height_px: int, width_px: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return top and left of each piece: two (7, 7); a piece never leaves its cell."""
    # `integers` needs at least one place to draw from, also where a piece fills its cell.
    rooms = [max(length_px // GRID - PATCH_PX, 1) for length_px in (height_px, width_px)]
    down, right = (rng.integers(room, size=(GRID, GRID)) for room in rooms)
    return fragment_origins(height_px)[:, None] + down, fragment_origins(width_px)[None, :] + right


def _face_boxes(clip: Clip) -> tuple[Rect, ...]:
    """Return a square a frame: its middle follows the crop track, its side is the largest that the clip needs."""
    assert clip.crop_track
    track = np.asarray([(p.t_s, *p.box.center_px, max(p.w_px, p.h_px)) for p in clip.crop_track])
    # Interpolated at the times of the frames: their numbers are no clock in a video of variable rate.
    x, y, sides = (np.interp(clip.times_s, track[:, 0], track[:, column]) for column in (1, 2, 3))
    side = int(np.clip(np.rint(sides.max()), 2, min(clip.width_px, clip.height_px)))
    lefts = np.clip(np.rint(x - side / 2), 0, clip.width_px - side).astype(int).tolist()
    tops = np.clip(np.rint(y - side / 2), 0, clip.height_px - side).astype(int).tolist()
    return tuple((left, top, left + side, top + side) for left, top in zip(lefts, tops, strict=True))


def _cut(window: Frames, box: Rect, at: Rect) -> Frames:
    """Return the pixels of picture box `box` from a window that lies at `at`."""
    left, top, right, bottom = box
    return window[top - at[1] : bottom - at[1], left - at[0] : right - at[0]]


def short_side_px(width: int, height: int, short_px: int) -> tuple[int, int]:
    """Return width and height of a picture of `width` x `height` px that is scaled to a short side of `short_px`."""
    scale = short_px / min(width, height)
    return max(short_px, round(width * scale)), max(short_px, round(height * scale))


def _scaled(frame: Frames, size: tuple[int, int]) -> Frames:
    """Resize to (width, height) by area averaging when smaller, bicubically when larger."""
    if frame.shape[1::-1] == size:
        return frame
    is_smaller = size[0] <= frame.shape[1] and size[1] <= frame.shape[0]
    # INTER_AREA alone averages all pixels; the other methods would alias when they shrink.
    method = cv2.INTER_AREA if is_smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(frame, size, interpolation=method), np.uint8)
