"""Render the scenes of one video in a single decode: window, distort, cut, resize.

Memory is bounded by the scenes that are open at one moment: each keeps only its window of only the
frames it needs, and is let go when its last frame has come.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from vqaprep import distortions
from vqaprep.crashes import contained
from vqaprep.draws import rng_for
from vqaprep.errors import MediaError
from vqaprep.heartbeat import heartbeat
from vqaprep.media.convert import Frames, Rect
from vqaprep.media.decode import DecodedFrame, decode
from vqaprep.rows import Clip, Dropped
from vqaprep.shards.geometry import Region, finish, region_of
from vqaprep.shards.scenes import Scene, Source
from vqaprep.shards.settings import ShardSettings

STAGE = "shard"


@dataclass(frozen=True, slots=True)
class View:
    """One clip as stored: uint8 (T, H, W, 3) `pixels`; `name` is its member name without key and extension."""

    name: str
    clip: Clip
    draw: int
    region: Region
    pixels: Frames


@dataclass(frozen=True, slots=True)
class Rendered:
    """A scene with the views that could be made of it, and the clips that could not."""

    scene: Scene
    views: tuple[View, ...]
    dropped: tuple[Dropped, ...]


def render(source: Source, scenes: Sequence[Scene], settings: ShardSettings) -> Iterator[Rendered]:
    """Yield each of `scenes`, which are in order of their last frame, as soon as that frame is decoded.

    Raises:
        MediaError: the video fails before the scenes are complete; those yielded before are sound.
    """
    takes = {scene.key: _takes(scene, settings) for scene in scenes}
    wanted_by: defaultdict[int, list[_Take]] = defaultdict(list)
    for take in (take for found in takes.values() for take in found):
        for index in take.needed:
            wanted_by[index].append(take)
    waiting = iter(scenes)
    scene = next(waiting, None)
    for frame in _frames(source) if scene else ():
        if wanting := wanted_by.pop(frame.index, None):
            _keep(frame, wanting)
        while scene is not None and scene.last_frame == frame.index:
            yield _rendered(scene, takes.pop(scene.key), settings)
            scene = next(waiting, None)
        if scene is None:
            return
    if scene is not None:
        raise MediaError("truncated", f"frame {scene.last_frame} was never decoded")


def _frames(source: Source) -> Iterator[DecodedFrame]:
    return decode(source.uri, num_frames=source.num_frames, scanned=source.scenes[0].clips[0])


@dataclass(slots=True)
class _Take:
    """The clips of a scene that share their frames, and one window of those frames as they come in."""

    clips: tuple[Clip, ...]
    regions: tuple[Region, ...]
    """Where each clip is cut from."""
    window: Rect
    """What holds the windows of all clips."""
    needed: tuple[int, ...]
    """Source frames, in order."""
    kept: Frames | None = None

    def keep(self, index: int, window: Frames) -> None:
        """Take in source frame `index`; all frames of a take lie in one array."""
        if self.kept is None:
            self.kept = np.empty((len(self.needed), *window.shape), np.uint8)
        self.kept[bisect_left(self.needed, index)] = window

    def frames(self, indices: Sequence[int], window: Rect) -> Frames:
        """Return `window` of source frames `indices`, which all came: (len(indices), h, w, 3)."""
        assert self.kept is not None
        (x, y), (left, top, right, bottom) = self.window[:2], window
        return _picked(
            self.kept[:, top - y : bottom - y, left - x : right - x],
            [bisect_left(self.needed, index) for index in indices],
        )


def _keep(frame: DecodedFrame, takes: Sequence[_Take]) -> None:
    """Give each take its window of `frame`, converting no more of the picture than they need together."""
    clip = takes[0].clips[0]
    frame.check_size(clip.width_px, clip.height_px)
    x, y, right, bottom = _around([take.window for take in takes])
    pixels = frame.rgb((x, y, right, bottom))
    for take in takes:
        left, top, right, bottom = take.window
        take.keep(frame.index, pixels[top - y : bottom - y, left - x : right - x])


def _takes(scene: Scene, settings: ShardSettings) -> list[_Take]:
    takes = []
    for _, members in groupby(scene.clips, key=lambda clip: clip.role):
        clips = tuple(members)
        frames = clips[0].frames
        leads = [d.lead_in_frames for d in map(_temporal, clips) if d is not None]
        first = max(0, min(frames) - max(leads, default=0))
        needed = tuple(range(first, max(frames) + 1)) if leads else tuple(sorted(set(frames)))
        regions = tuple(region_of(clip, settings.spatial) for clip in clips)
        takes.append(_Take(clips, regions, _around([region.window for region in regions]), needed))
    return takes


def _around(windows: Sequence[Rect]) -> Rect:
    """Return the smallest rectangle that holds all `windows`."""
    edges = np.asarray(windows)
    (left, top), (right, bottom) = edges[:, :2].min(axis=0).tolist(), edges[:, 2:].max(axis=0).tolist()
    return left, top, right, bottom


def _temporal(clip: Clip) -> distortions.Distortion | None:
    """Return the clip's distortion if it needs contiguous frames."""
    if clip.distortion == "none" or clip.level == 0:
        return None
    found = distortions.get(clip.distortion)
    return found if found.is_temporal else None


def _rendered(scene: Scene, takes: Sequence[_Take], settings: ShardSettings) -> Rendered:
    views: list[View] = []
    dropped: list[Dropped] = []
    names = {clip.id: name for clip, name in zip(scene.clips, scene.names, strict=True)}
    for take in takes:
        for clip, region in zip(take.clips, take.regions, strict=True):
            heartbeat()
            try:
                with contained():
                    frames = _distorted(clip, take, region.window, settings.seed)
                    views += list(_views(names[clip.id], clip, frames, region, settings))
            except MediaError as error:
                dropped.append(Dropped(clip.id, STAGE, error.reason, error.detail))
    return Rendered(scene, tuple(views), tuple(dropped))


def _distorted(clip: Clip, take: _Take, window: Rect, seed: int) -> Frames:
    """Return the clip's `window` frames at the source's own scale, as its distortion leaves them.

    The draws know the scene and the role, not the level: levels differ in strength alone.
    """
    rng = rng_for(seed, clip.video_id, clip.scene_id, clip.role, clip.distortion)
    pixels = max(clip.num_frames * clip.width_px * clip.height_px, 1)
    source = distortions.Source(clip.rate_fps, 8 * clip.num_bytes / pixels)
    temporal = _temporal(clip)
    if temporal is None:
        return distortions.apply(take.frames(clip.frames, window), clip.distortion, clip.level, rng, source)
    first = max(0, min(clip.frames) - temporal.lead_in_frames)
    run = take.frames(range(first, max(clip.frames) + 1), window)
    done = distortions.apply(run, clip.distortion, clip.level, rng, source)
    return _picked(done, [index - first for index in clip.frames])


def _picked(frames: Frames, places: Sequence[int]) -> Frames:
    """Return the frames at `places`; a run of neighbours is not copied."""
    first, num = places[0], len(places)
    is_run = list(places) == list(range(first, first + num))
    return frames[first : first + num] if is_run else frames[list(places)]


def _views(name: str, clip: Clip, frames: Frames, region: Region, settings: ShardSettings) -> Iterator[View]:
    for draw in range(settings.num_draws):
        rng = rng_for(settings.seed, clip.scene_id, "fragments", draw)
        called = f"{name}.{draw}" if settings.num_draws > 1 else name
        yield View(called, clip, draw, region, finish(frames, region, settings, rng=rng))
