"""Cut a video into clips as the run's shards were cut, in one pass, with one clip in memory at a time."""

from collections.abc import Iterable, Iterator
from math import prod

import numpy as np

from vqaprep.errors import InputError, memory
from vqaprep.evaluation.trained import Trained
from vqaprep.media.clock import Clock, by_tick
from vqaprep.media.convert import Frames
from vqaprep.media.damage import check_share
from vqaprep.media.decode import DecodedFrame, decode
from vqaprep.media.render_crop import box_at, cut_out
from vqaprep.rows import Video
from vqaprep.shards.geometry import (
    GRID,
    PATCH_PX,
    Region,
    finish,
    fragment_origins,
    grid_places,
    short_side_px,
    squares,
    upsampled,
    upsampled_px,
)
from vqaprep.shards.settings import ShardSettings

_RGB_BYTES = 3


def cut(video: Video, trained: Trained, *, interval: int = 1, crops: int = 1) -> Iterator[tuple[float, float, Frames]]:
    """Yield (start_s, end_s, uint8 (K, T, side, side, 3)) of each clip: every `interval`-th frame, none in two clips.

    The pictures are scaled as those of the run's shards and seen in K = `crops` x `crops` squares. Clips lie in the
    usable spans of `video` and span no gap in time; what is left at the end of such a stretch is too short for one.

    Raises:
        InputError: the run fixes no size of its clips.
        MediaError: the video cannot be decoded.
    """
    if trained.crop_px is None:
        raise InputError("this run takes clips of any size; train it with --crop-px to score videos")
    grid, kept = grid_places(crops), list[Frames]()
    place, count, start_s, last_shown = -1, 0, 0.0, (-1, -1)
    frames = _counted(decode(video.uri, num_frames=video.num_frames, scanned=video))
    for tick, frame, opens in by_tick(frames, Clock.of(video), lambda frame: frame.t_s):
        now = next((number for number, span in enumerate(video.spans) if frame.t_s in span), -1)
        if now != place or opens or frame.is_damaged:
            kept, place, count = [], now, 0
        if last_shown[0] != frame.index:
            last_shown = frame.index, tick
        t_s = frame.t_s + (tick - last_shown[1]) / video.rate_fps  # where a frame is held, its later ticks come later
        if now >= 0 and count % interval == 0 and not frame.is_damaged:
            start_s = start_s if kept else t_s
            kept.append(
                _network_squares(_picture(frame, video, trained, least_px=trained.crop_px), trained.crop_px, grid)
            )
            if len(kept) == trained.kind.num_frames:
                yield start_s, t_s + interval / video.rate_fps, np.stack(kept, axis=1)
                kept = []
        count += 1


def _counted(frames: Iterable[DecodedFrame]) -> Iterator[DecodedFrame]:
    """Yield all frames; refuse the video after the last one if too few were sound."""
    num_frames = num_damaged = 0
    for frame in frames:
        num_frames, num_damaged = num_frames + 1, num_damaged + frame.is_damaged
        yield frame
    check_share(num_damaged, num_frames)


def centre_fragments(rgb: Frames) -> Frames:
    """Return (224, 224, 3): the middle of each cell of the grid that `shards.geometry.fragments` draws from."""
    memory.require(_RGB_BYTES * prod(upsampled_px(*rgb.shape[1::-1])), "enlarging a picture for fragments")
    rgb = upsampled(rgb)
    rows, columns = (_middle_pieces(side) for side in rgb.shape[:2])
    return rgb[rows][:, columns]


def _middle_pieces(length_px: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    shift = max(length_px // GRID - PATCH_PX, 1) // 2
    return (fragment_origins(length_px)[:, None] + shift + np.arange(PATCH_PX)).ravel()


def _picture(frame: DecodedFrame, video: Video, trained: Trained, *, least_px: int) -> Frames:
    """Return the frame as the run's shards hold it: a mosaic, the crop, or the whole picture at its size or scaled.

    A picture that keeps its size is enlarged where it is under `least_px`.
    """
    stored = trained.stored
    if trained.scaling == "planes" and stored.spatial == "resize" and not trained.sees_fragments:
        return frame.scaled(_affordable_px(frame.size_px, stored.size_px))
    rgb = frame.rgb()
    if trained.sees_fragments:
        return centre_fragments(rgb)
    if video.crop_track and stored.spatial == "face":
        return cut_out(rgb, box_at(video.crop_track, frame.t_s), stored.size_px)
    side_px = max(min(rgb.shape[:2]), least_px) if stored.spatial == "native" else stored.size_px
    whole, scaling = Region((0, 0, *rgb.shape[1::-1]), None), ShardSettings(spatial="resize", size_px=side_px)
    _affordable_px(frame.size_px, side_px)
    scaled: Frames = finish(rgb[None], whole, scaling, rng=np.random.default_rng(0))[0]
    return scaled


def _affordable_px(size_px: tuple[int, int], short_px: int) -> tuple[int, int]:
    """Return the size of a picture scaled to `short_px` on its short side; a thin one may not fit into memory."""
    scaled_px = short_side_px(*size_px, short_px)
    memory.require(_RGB_BYTES * prod(scaled_px), f"scaling a picture to {scaled_px[0]}x{scaled_px[1]} px")
    return scaled_px


def _network_squares(picture: Frames, side_px: int, grid: list[tuple[float, float]]) -> Frames:
    """Return the squares (K, side_px, side_px, 3) of a picture that the network sees."""
    held_px = min(picture.shape[:2])
    if held_px < side_px:
        raise InputError(f"this run takes clips of {side_px} px, and its shards hold {held_px} px only")
    return np.stack(squares(picture, side_px, grid))
