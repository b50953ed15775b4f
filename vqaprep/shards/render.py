"""Render the scenes of one video in a single decode: window, distort, cut, resize.

Memory is bounded by the scenes that are open at one moment: `take.py` says what they keep.
"""

from collections import defaultdict, deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from vqaprep import distortions
from vqaprep.errors import MediaError
from vqaprep.errors.crashes import contained
from vqaprep.errors.heartbeat import heartbeat
from vqaprep.media.convert import Frames, Rect
from vqaprep.media.decode import DecodedFrame
from vqaprep.media.stretch import decode_from
from vqaprep.rows import Clip, Dropped
from vqaprep.settings.seeds import rng_for
from vqaprep.shards.footprint import Fitted, fitted, passes
from vqaprep.shards.geometry import Region, Scaling, finish, stored_shape
from vqaprep.shards.scenes import Scene, SourceScenes
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.take import Key, Take, around, fragment_rng, picked, temporal

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
    scaling: Scaling | None


def render(source: SourceScenes, scenes: Sequence[Scene], settings: ShardSettings) -> Iterator[Rendered]:
    """Yield each of `scenes`, which are in order of their last frame, as soon as that frame is decoded.

    Scenes that do not fit into memory together are rendered in several passes over the video.

    Raises:
        MediaError: the video fails before the scenes are complete; those yielded before are sound.
    """
    for group in passes([fitted(scene, settings) for scene in scenes]):
        yield from _one_pass(source, group, settings)


def _one_pass(source: SourceScenes, scenes: Sequence[Fitted], settings: ShardSettings) -> Iterator[Rendered]:
    waiting = deque(scenes)
    wanted_by: defaultdict[int, list[Take]] = defaultdict(list)
    for take in (take for scene in scenes for take in scene.takes):
        for index in take.needed:
            wanted_by[index].append(take)
    if not wanted_by:
        yield from (_rendered(scene, source, settings) for scene in scenes)
        return
    size_px = _stored_size_px(source, settings)
    with closing(_frames(source, scenes, first=min(wanted_by))) as frames:
        for frame in frames:
            if wanting := wanted_by.pop(frame.index, None):
                _keep(frame, wanting, size_px=size_px)
            while waiting and waiting[0].scene.last_frame == frame.index:
                scene = waiting.popleft()
                if not waiting:
                    frames.close()  # the decoder's pictures would wait for whoever takes the last scene
                yield _rendered(scene, source, settings)
            if not waiting:
                return
    raise MediaError("truncated", f"frame {waiting[0].scene.last_frame} was never decoded")


def _frames(source: SourceScenes, scenes: Sequence[Fitted], *, first: int) -> Generator[DecodedFrame]:
    """Yield the frames of the video, from a key frame before frame `first` on where that gives the same ones."""
    clips = [clip for fit in scenes for take in fit.takes for clip in take.clips[:1]]
    known_s = {index: t_s for clip in clips for index, t_s in zip(clip.frames, clip.times_s, strict=False)}
    return decode_from(clips[0].having(uri=source.uri, num_frames=source.num_frames), first=first, known_s=known_s)


def _stored_size_px(source: SourceScenes, settings: ShardSettings) -> tuple[int, int] | None:
    """Return the width and height that every clip stores of a whole picture; None where clips differ in that."""
    if source.scaling != "planes":
        return None
    _, height_px, width_px, _ = stored_shape(source.scenes[0].clips[0], settings)
    return width_px, height_px


def _keep(frame: DecodedFrame, takes: Sequence[Take], *, size_px: tuple[int, int] | None) -> None:
    """Give each take its window of `frame`, converting no more of the picture than they need together.

    With `size_px` each gets the whole picture, scaled to that.
    """
    for take in takes:
        take.check(frame.index, frame.t_s, is_damaged=frame.is_damaged)
    takes = [take for take in takes if take.error is None]
    if not takes:
        return
    if size_px is not None:
        picture = frame.scaled(size_px)
        for take in takes:
            take.keep_scaled(frame.index, picture)
        return
    x, y, right, bottom = around([take.window for take in takes])
    pixels, finished = frame.rgb((x, y, right, bottom)), dict[Key, Frames]()
    for take in takes:
        left, top, right, bottom = take.window
        take.keep(frame.index, pixels[top - y : bottom - y, left - x : right - x], finished)


def _rendered(fit: Fitted, source: SourceScenes, settings: ShardSettings) -> Rendered:
    views: list[View] = []
    dropped = [Dropped(name, STAGE, "too_large", why) for name, why in fit.refused.items()]
    names = {clip.id: name for clip, name in zip(fit.scene.clips, fit.scene.names, strict=True)}
    for take in fit.takes:
        for clip in take.clips:
            heartbeat()
            try:
                with contained():
                    if take.error is not None:
                        raise take.error
                    views += _views(names[clip.id], clip, take, settings)
            except MediaError as error:
                dropped.append(Dropped(clip.id, STAGE, error.reason, error.detail))
        take.release()
    return Rendered(fit.scene, tuple(views), tuple(dropped), source.scaling)


def _views(name: str, clip: Clip, take: Take, settings: ShardSettings) -> list[View]:
    plain, region = take.plain.get(clip.id), take.regions[clip.id]
    distorted = None if plain else _distorted(clip, take, region.window, settings.seed)
    views = []
    for draw in range(settings.num_draws):
        if plain is not None:
            pixels = plain.frames(draw)
        else:
            assert distorted is not None
            pixels = finish(distorted, region, settings, rng=fragment_rng(clip, settings, draw))
        views.append(View(f"{name}.{draw}" if settings.num_draws > 1 else name, clip, draw, region, pixels))
    return views


def _distorted(clip: Clip, take: Take, window: Rect, seed: int) -> Frames:
    """Return the clip's `window` frames at the source's own scale, as its distortion leaves them.

    The draws know the scene and the role, not the level: levels differ in strength alone.
    """
    # Seeded by names, not by order: any worker that renders the clip draws the same.
    rng = rng_for(seed, clip.video_id, clip.scene_id, clip.role, clip.distortion)
    # A row from elsewhere may have no size; then the rate in bits is 0 and not a division by zero.
    pixels = max(clip.num_frames * clip.width_px * clip.height_px, 1)
    source = distortions.SourceInfo(clip.rate_fps, 8 * clip.num_bytes / pixels)
    contiguous = temporal(clip)
    if contiguous is None:
        return distortions.apply(take.frames(clip.frames, window), clip.distortion, clip.level, rng, source)
    first = max(0, min(clip.frames) - contiguous.lead_in_frames)
    run = take.frames(range(first, max(clip.frames) + 1), window)
    done = distortions.apply(run, clip.distortion, clip.level, rng, source)
    return picked(done, [index - first for index in clip.frames])
