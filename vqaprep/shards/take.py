"""The frames that a scene keeps for its clips: only what each clip needs, and each frame once.

A clip that no distortion touches is cut and resized frame by frame, while frames come in. A distorted one needs
its window at full size until the last frame is there. Takes that overlap share those frames: each keeps a part of
the same array.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from vqaprep import distortions
from vqaprep.errors import MediaError
from vqaprep.errors.crashes import contained
from vqaprep.media.convert import Frames, Rect
from vqaprep.rows import Clip
from vqaprep.settings.seeds import rng_for
from vqaprep.shards.geometry import Pieces, Region, draw_pieces, finish_frame, is_plain, region_of
from vqaprep.shards.settings import ShardSettings

Key = tuple[object, ...]
_SAME_FRAME = 0.75  # of a step: times in rows may be rounded, the next frame is a whole step off


@dataclass(slots=True)
class PlainClip:
    """A clip without distortion, and its frames as they are stored, as far as they came."""

    clip: Clip
    region: Region
    settings: ShardSettings
    pieces: tuple[Pieces | None, ...]
    """Of each draw; None where the spatial mode draws nothing."""
    shown: list[list[Frames]] = field(default_factory=list)
    """[draw][place in the clip]: (h, w, 3)."""
    error: MediaError | None = None

    def __post_init__(self) -> None:
        nothing = np.empty((0, 0, 3), np.uint8)
        self.shown = [[nothing] * len(self.clip.frames) for _ in self.pieces]

    def keep_scaled(self, place: int, picture: Frames) -> None:
        """Take in the clip's frame number `place` as it is stored."""
        for shown in self.shown:
            shown[place] = picture

    def keep(self, place: int, window: Frames, finished: dict[Key, Frames]) -> None:
        """Take in the clip's frame number `place`; `finished` holds what other clips made of the same source frame."""
        try:
            with contained():
                for draw, pieces in enumerate(self.pieces):
                    self.shown[draw][place] = self._finished(place, window, pieces, finished)
        except MediaError as error:
            self.error = error

    def _finished(self, place: int, window: Frames, pieces: Pieces | None, finished: dict[Key, Frames]) -> Frames:
        box = self.region.window if self.region.boxes is None else self.region.boxes[place]
        key = (box, id(pieces))  # draws differ from scene to scene; None is one object
        if key not in finished:
            made = finish_frame(window, self.region, place, self.settings, pieces)
            is_part = made.base is not None and made.nbytes < window.nbytes
            finished[key] = made.copy() if is_part else made  # a part would keep all of the picture alive
        return finished[key]

    def frames(self, draw: int) -> Frames:
        """Return all frames as they are stored: uint8 (T, H, W, 3).

        Raises:
            MediaError: one of them could not be made.
        """
        if self.error is not None:
            raise self.error
        return np.stack(self.shown[draw])


@dataclass(slots=True)
class Take:
    """The clips of a scene that share their frames, those of one role, and what was kept of these so far."""

    clips: tuple[Clip, ...]
    regions: dict[str, Region]
    """Where each clip is cut from, by its id."""
    plain: dict[str, PlainClip]
    """The clips without a distortion, by id."""
    window: Rect
    """What holds the windows of all clips."""
    source_places: dict[int, int]
    """Source frame that distorted clips need at full size -> its place among them, in order."""
    places: dict[int, list[int]]
    """Source frame -> its places in plain clips."""
    kept: dict[int, Frames] = field(default_factory=dict)
    error: MediaError | None = None
    """Why its clips cannot be made."""
    source: Frames | None = None
    """What was kept, in one array (N, h, w, 3), once the scene is rendered."""

    @property
    def needed(self) -> frozenset[int]:
        """Every source frame that some clip needs."""
        return frozenset(self.source_places).union(self.places if self.plain else ())

    def keep_scaled(self, index: int, picture: Frames) -> None:
        """Take in source frame `index`, which every clip stores as `picture`."""
        for one in self.plain.values():
            for place in self.places.get(index, ()):
                one.keep_scaled(place, picture)

    def keep(self, index: int, window: Frames, finished: dict[Key, Frames]) -> None:
        """Take in this take's window of source frame `index`."""
        x, y = self.window[:2]
        for one in self.plain.values():
            left, top, right, bottom = one.region.window
            for place in self.places.get(index, ()):
                one.keep(place, window[top - y : bottom - y, left - x : right - x], finished)
        # A plain clip is finished above. Only a distorted one needs the frame at full size later on.
        if index in self.source_places:
            self.kept[index] = window

    def frames(self, indices: Sequence[int], window: Rect) -> Frames:
        """Return `window` of source frames `indices`, which all came: (len(indices), h, w, 3)."""
        if self.source is None:
            self.source = self._gathered()
        (x, y), (left, top, right, bottom) = self.window[:2], window
        windows = self.source[:, top - y : bottom - y, left - x : right - x]
        return picked(windows, [self.source_places[index] for index in indices])

    def check(self, index: int, t_s: float, *, is_damaged: bool) -> None:
        """Compare a source frame with the rows of its clips, and note what is wrong with it.

        The look left damaged frames out of every clip. Rows that were made without it can name one, or one that
        the decoder never gives, after which each frame has the number of another.
        """
        first = self.clips[0]
        if index not in first.frames or self.error is not None:
            return
        if is_damaged:
            self.error = MediaError("corrupt", f"frame {index} is damaged")
        elif not first.is_vfr and len(first.times_s) == len(first.frames):
            due_s = first.times_s[first.frames.index(index)]
            if abs(t_s - due_s) > _SAME_FRAME / first.rate_fps:
                self.error = MediaError("corrupt", f"frame {index} is shown at {t_s:.3f} s, not at {due_s:.3f} s")

    def release(self) -> None:
        """Let go of all frames, once the scene is rendered."""
        self.kept, self.source = {}, None
        for one in self.plain.values():
            one.shown = []

    def _gathered(self) -> Frames:
        """Move the kept frames into one array, letting each go that no other take holds."""
        left, top, right, bottom = self.window
        gathered = np.empty((len(self.source_places), bottom - top, right - left, 3), np.uint8)
        for index, place in self.source_places.items():
            gathered[place] = self.kept.pop(index)
        return gathered


def takes_of(clips: Sequence[Clip], settings: ShardSettings) -> list[Take]:
    """Return the takes of these clips of one scene, which are ordered by role."""
    return [_take(tuple(members), settings) for _, members in groupby(clips, key=lambda clip: clip.role)]


def _take(clips: tuple[Clip, ...], settings: ShardSettings) -> Take:
    frames, places = clips[0].frames, defaultdict[int, list[int]](list)
    for place, index in enumerate(frames):
        places[index].append(place)
    regions = {clip.id: region_of(clip, settings.spatial) for clip in clips}
    plain = {clip.id: _plain(clip, regions[clip.id], settings) for clip in clips if is_plain(clip)}
    leads = [d.lead_in_frames for d in map(temporal, clips) if d is not None]
    # A codec needs frames before the clip to be in the state in which a viewer would see it.
    first = max(0, min(frames) - max(leads, default=0))
    # `range` excludes its end, and the last frame of the clip is needed.
    source_frames = range(first, max(frames) + 1) if leads else sorted(set(frames))
    source_places = {} if len(plain) == len(clips) else {index: place for place, index in enumerate(source_frames)}
    return Take(clips, regions, plain, around([r.window for r in regions.values()]), source_places, dict(places))


def _plain(clip: Clip, region: Region, settings: ShardSettings) -> PlainClip:
    if settings.spatial != "fragments":
        return PlainClip(clip, region, settings, (None,) * settings.num_draws)
    left, top, right, bottom = region.window
    draws = (fragment_rng(clip, settings, draw) for draw in range(settings.num_draws))
    return PlainClip(clip, region, settings, tuple(draw_pieces(bottom - top, right - left, rng) for rng in draws))


def fragment_rng(clip: Clip, settings: ShardSettings, draw: int) -> np.random.Generator:
    """Return the generator of a draw of fragments: all variants of a scene have the same."""
    return rng_for(settings.seed, clip.scene_id, "fragments", draw)


def temporal(clip: Clip) -> distortions.Distortion | None:
    """Return the clip's distortion if it needs contiguous frames."""
    if is_plain(clip):
        return None
    chosen = distortions.get(clip.distortion)
    return chosen if chosen.is_temporal else None


def around(windows: Sequence[Rect]) -> Rect:
    """Return the smallest rectangle that holds all `windows`."""
    lefts, tops, rights, bottoms = zip(*windows, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def picked(frames: Frames, places: Sequence[int]) -> Frames:
    """Return the frames at `places`; a run of neighbours is not copied."""
    first, num = places[0], len(places)
    return frames[first : first + num] if are_neighbours(places) else frames[list(places)]


def are_neighbours(places: Sequence[int]) -> bool:
    """Say whether `places` follow each other without a hole."""
    return list(places) == list(range(places[0], places[0] + len(places)))
