"""Cut any video into the clips that a run wants, in one pass, as its shards were cut: one clip is held at a time."""

from collections.abc import Iterator

import cv2
import numpy as np

from vqaprep.errors import InputError
from vqaprep.evaluate.trained import Trained
from vqaprep.media.convert import Frames
from vqaprep.media.decode import DecodedFrame, decode
from vqaprep.media.render_crop import box_at, cut_out
from vqaprep.rows import Video
from vqaprep.shards.geometry import FRAGMENTS_PX, GRID, PATCH_PX, Region, finish, fragment_origins
from vqaprep.shards.settings import ShardSettings

_EARLY_TICKS = 1e-3  # timestamps are rounded, as in `stages.windows`


def cut(video: Video, trained: Trained, *, interval: int = 1) -> Iterator[tuple[float, float, Frames]]:
    """Yield (start_s, end_s, uint8 (T, side, side, 3)) of each clip: every `interval`-th frame, none in two clips.

    Clips lie in the usable spans of `video`; what is left at the end of a span is too short for one.

    Raises:
        InputError: the run fixes no size of its clips.
        MediaError: the video cannot be decoded.
    """
    if trained.crop_px is None:
        raise InputError("this run takes clips of any size; train it with --crop-px to score videos")
    kept: list[Frames] = []
    place, count, start_s = -1, 0, 0.0
    for t_s, frame in _ticks(video):
        now = next((number for number, span in enumerate(video.spans) if t_s in span), -1)
        if now != place:
            kept, place, count = [], now, 0
        if now >= 0 and count % interval == 0:
            start_s = start_s if kept else t_s
            kept.append(_prepared(frame, video, size_px=trained.crop_px, sees_fragments=trained.sees_fragments))
            if len(kept) == trained.ask.num_frames:
                yield start_s, t_s + interval / video.rate_fps, np.stack(kept)
                kept = []
        count += 1


def centre_fragments(rgb: Frames) -> Frames:
    """Return (224, 224, 3): the middle of each cell of the grid that `shards.geometry.fragments` draws from."""
    height, width = rgb.shape[:2]
    if min(height, width) < FRAGMENTS_PX:
        sides = (max(FRAGMENTS_PX, side * FRAGMENTS_PX // min(height, width)) for side in (width, height))
        rgb = np.asarray(cv2.resize(rgb, tuple(sides), interpolation=cv2.INTER_LINEAR), np.uint8)
    rows, columns = (_middle_pieces(side) for side in rgb.shape[:2])
    return rgb[rows][:, columns]


def _middle_pieces(length_px: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    shift = max(length_px // GRID - PATCH_PX, 1) // 2
    return (fragment_origins(length_px)[:, None] + shift + np.arange(PATCH_PX)).ravel()


def _prepared(frame: DecodedFrame, video: Video, *, size_px: int, sees_fragments: bool) -> Frames:
    """Return the frame as (size_px, size_px, 3): a mosaic, the crop, or the middle of the whole picture."""
    rgb = frame.rgb()
    if sees_fragments:
        return _centre(centre_fragments(rgb), size_px)
    if video.crop_track:
        return cut_out(rgb, box_at(video.crop_track, frame.t_s), size_px)
    whole, scaling = Region((0, 0, *rgb.shape[1::-1]), None), ShardSettings(spatial="resize", size_px=size_px)
    return _centre(finish(rgb[None], whole, scaling, rng=np.random.default_rng(0))[0], size_px)


def _centre(rgb: Frames, size_px: int) -> Frames:
    if min(rgb.shape[:2]) < size_px:
        raise InputError(f"this run takes clips of {size_px} px; of fragments there are {FRAGMENTS_PX} px only")
    top, left = ((side - size_px + 1) // 2 for side in rgb.shape[:2])
    top, left = min(top, rgb.shape[0] - size_px), min(left, rgb.shape[1] - size_px)
    return rgb[top : top + size_px, left : left + size_px]


def _ticks(video: Video) -> Iterator[tuple[float, DecodedFrame]]:
    """Yield time and frame at each tick of the video's clock, where a variable-rate one repeats and skips frames."""
    frames = decode(video.uri, num_frames=video.num_frames)
    if not video.is_vfr:
        yield from ((frame.t_s, frame) for frame in frames)
        return
    tick, before = 0, None
    for frame in frames:
        while before is not None and video.start_s + (tick + _EARLY_TICKS) / video.rate_fps < frame.t_s:
            yield video.start_s + tick / video.rate_fps, before
            tick += 1
        before = frame
    if before is not None and tick <= (before.t_s - video.start_s) * video.rate_fps + _EARLY_TICKS:
        yield video.start_s + tick / video.rate_fps, before
