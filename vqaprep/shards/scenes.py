"""Group clips into scenes, one sample each, and scenes into the videos they are decoded from."""

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from vqaprep.errors import InputError
from vqaprep.rows import Clip
from vqaprep.shards import codecs
from vqaprep.shards.geometry import Scaling, scaling_of, stored_shape
from vqaprep.shards.names import view_names
from vqaprep.shards.settings import ShardSettings

_SAFE_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}")
_MEMBER_OVERHEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Scene:
    """One sample to be: all variants of one window, query and key; `shard` is the number of its tar.

    `names` has the name of each clip's view, such as `query.none`: alike in every sample of a data set.
    """

    key: str
    clips: tuple[Clip, ...]
    shard: int
    num_bytes: int
    names: tuple[str, ...] = ()

    @property
    def last_frame(self) -> int:
        """The source frame after which the scene can be rendered."""
        return max(max(clip.frames) for clip in self.clips)


@dataclass(frozen=True, slots=True)
class SourceScenes:
    """One video and its scenes, in order of their last frame."""

    video_id: str
    uri: str
    num_frames: int
    scenes: tuple[Scene, ...]
    scaling: Scaling | None
    """How the pictures of all videos of the folder are scaled."""


def lean(clip: Clip, settings: ShardSettings) -> Clip:
    """Return the clip with only what rendering needs: the track around its frames, no spans, the columns to store.

    Raises:
        InputError: `face` is asked for, and the clip has no crop track.
    """
    clip = clip.having(usable_spans=None, extra=tuple(cell for cell in clip.extra if cell[0] in settings.carry))
    if settings.spatial != "face":
        return clip.having(crop_track=None)
    if not clip.crop_track:
        raise InputError(
            f"clip {clip.id} has no crop track, which spatial=face needs; "
            "run `vqaprep crop` before, or use --spatial center"
        )
    known_s = [point.t_s for point in clip.crop_track]
    first = max(bisect_right(known_s, min(clip.times_s)) - 1, 0)
    last = bisect_left(known_s, max(clip.times_s))
    return clip.having(crop_track=clip.crop_track[first : last + 1] or clip.crop_track[-1:])


def sources_of(clips: Sequence[Clip], settings: ShardSettings) -> list[SourceScenes]:
    """Return the videos of `clips`, by id, with their scenes.

    Raises:
        InputError: clips of one scene disagree.
    """
    scaling = scaling_of(clips, settings.spatial)
    members: defaultdict[str, list[Scene]] = defaultdict(list)
    for scene in _scenes(clips, settings):
        members[scene.clips[0].video_id].append(scene)
    return [
        SourceScenes(video_id, found[0].clips[0].uri, found[0].clips[0].num_frames,
               tuple(sorted(found, key=lambda scene: (scene.last_frame, scene.key))), scaling)
        for video_id, found in sorted(members.items())
    ]  # fmt: skip


def _scenes(clips: Sequence[Clip], settings: ShardSettings) -> list[Scene]:
    members: defaultdict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        members[clip.scene_id].append(clip)
    scenes: list[Scene] = []
    for scene_id, found in sorted(members.items()):
        ordered = tuple(sorted(found, key=lambda c: (c.role != "query", c.distortion != "none", c.distortion, c.level)))
        _check(ordered, settings)
        key = scene_id if _SAFE_KEY.fullmatch(scene_id) else hashlib.sha256(scene_id.encode()).hexdigest()[:32]
        num_bytes = sum(_predicted(clip, settings) for clip in ordered) + _MEMBER_OVERHEAD_BYTES
        scenes.append(Scene(key, ordered, -1, num_bytes))
    _check_fits(scenes, settings)
    names = view_names([scene.clips for scene in scenes])
    return [replace(scene, names=own) for scene, own in zip(scenes, names, strict=True)]


def _check_fits(scenes: Sequence[Scene], settings: ShardSettings) -> None:
    """Refuse settings with which no scene fits; some odd videos that do not are dropped when they are stored."""
    shapes = {stored_shape(scene.clips[0], settings) for scene in scenes}
    if shapes and not any(codecs.fits(shape, settings.codec) for shape in shapes):
        num_frames, height, width, _ = min(shapes)
        raise InputError(
            f"{num_frames} frames of {width}x{height} px do not fit --codec {settings.codec}; use --codec delta"
        )


def _predicted(clip: Clip, settings: ShardSettings) -> int:
    t, h, w, c = stored_shape(clip, settings)
    return settings.num_draws * (round(t * h * w * c * codecs.get(settings.codec).share) + _MEMBER_OVERHEAD_BYTES)


def _check(scene: tuple[Clip, ...], settings: ShardSettings) -> None:
    """Refuse a scene whose clips cannot be one sample."""
    first = scene[0]
    if any((c.video_id, c.split, c.fold) != (first.video_id, first.split, first.fold) for c in scene):
        raise InputError(f"scene {first.scene_id} has clips of different videos, splits or folds")
    if len({(c.role, c.variant) for c in scene}) != len(scene):
        raise InputError(f"scene {first.scene_id} has one variant twice; each may be there once")
    for role, members in groupby(scene, key=lambda c: c.role):
        views = list(members)
        if len({(c.frames, c.ticks) for c in views}) != 1:
            raise InputError(f"the variants of scene {first.scene_id} ({role}) do not share their frames")
        if settings.measure and views[0].distortion != "none":  # references come first
            raise InputError(f"scene {first.scene_id} ({role}) has no reference to measure against; keep `none`")
