"""Split the work of a unit, so that several workers make its tars: runs of tars, each a stretch of every video.

A worker begins a stretch at the key frame before it. What lies between is decoded twice, so a run must be long enough
for that to cost little. The number of workers does not matter, so a run of work is the same job anywhere.
"""

from collections.abc import Sequence
from dataclasses import replace

from vqaprep.media.stretch import key_frames_before
from vqaprep.shards.plan import Unit
from vqaprep.shards.scenes import SourceScenes

_MOST_TWICE = 0.1  # share of the frames on either side of a cut that may be decoded twice
_LEAST_FRAMES = 200  # of a stretch of work: starting one takes about as long as decoding a few dozen


def parts(unit: Unit, shards: Sequence[int]) -> list[Unit]:
    """Return units with the scenes of `shards` alone, tars of the same numbers and order, that may be done apart."""
    whole = [_of(unit, [shard]) for shard in shards]
    frames = [_num_frames(one) for one in whole]
    if len(shards) == 1 or sum(frames) < 2 * _LEAST_FRAMES:
        return [_of(unit, shards)]
    twice = _decoded_twice(unit, shards)
    runs: list[list[int]] = [[shards[0]]]
    before = frames[0]
    for place, shard in enumerate(shards[1:], start=1):
        # Both sides must be long enough: a short rest would be decoded twice for little work.
        needed = max(twice[place] / _MOST_TWICE, _LEAST_FRAMES)
        if before >= needed and sum(frames[place:]) >= needed:
            runs.append([])
            before = 0
        runs[-1].append(shard)
        before += frames[place]
    return [_of(unit, run) for run in runs]


def _decoded_twice(unit: Unit, shards: Sequence[int]) -> list[float]:
    """Return how many frames more are decoded if another worker begins with each of `shards`."""
    twice = [0.0] * len(shards)
    for source in unit.sources:
        firsts = {scene.shard: scene for scene in reversed(source.scenes)}  # the first scene of each tar stays
        clips = {place: firsts[shard].clips[0] for place, shard in enumerate(shards) if shard in firsts}
        starts_s = {place: min(clip.times_s, default=clip.start_s) for place, clip in clips.items()}
        keys_s = key_frames_before(source.scenes[0].clips[0], list(starts_s.values()))
        for place, key_s in zip(starts_s, keys_s, strict=True):
            # Without a key frame that is proved, a run would decode all frames before it, so none begins here.
            from_start = float(min(clips[place].frames))
            twice[place] += from_start if key_s is None else (starts_s[place] - key_s) * clips[place].rate_fps
    return twice


def _num_frames(unit: Unit) -> int:
    """Return how many frames from the first to the last one needed its videos have."""
    return sum(_last(source) - _first(source) + 1 for source in unit.sources)


def _first(source: SourceScenes) -> int:
    return min(min(clip.frames) for scene in source.scenes for clip in scene.clips)


def _last(source: SourceScenes) -> int:
    return max(scene.last_frame for scene in source.scenes)


def _of(unit: Unit, shards: Sequence[int]) -> Unit:
    """Return the unit without the scenes of other tars, and without videos that then have none."""
    wanted = frozenset(shards)
    sources = (
        replace(one, scenes=tuple(scene for scene in one.scenes if scene.shard in wanted)) for one in unit.sources
    )
    return Unit(unit.number, tuple(shards), tuple(source for source in sources if source.scenes))
