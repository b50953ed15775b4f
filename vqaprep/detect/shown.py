"""Say how long a face that was looked at now and then was in view: to the change of the picture next to its ends."""

import numpy as np

from vqaprep.detect.seen import Seen
from vqaprep.detect.tracks import Track
from vqaprep.media.look import Look
from vqaprep.rows import Span

_HOLD_S = 1.5  # how far from a layout change or an end a sighting still counts
_AROUND_FRAMES, _SUDDEN_LEVELS, _SUDDEN_RATIO = 25, 6.0, 4.0  # motion of a layout change, and against its surroundings


def shown(track: Track, keep: Span, seen: Seen, *, frame_s: float) -> Span:
    """Return how long `track` is in view within `keep`: to the layout change next to its ends, if no look missed it.

    `frame_s` is how long its last frame stays where nothing changes.
    """
    assert seen.look is not None and seen.sightings is not None
    limits_s = [*_changes_s(seen.look), keep.start_s, keep.end_s]
    looks_s = seen.sightings.face_times_s
    after_s = min((t_s for t_s in looks_s if t_s > track.end_s), default=float("inf"))
    before_s = max((t_s for t_s in looks_s if t_s < track.start_s), default=-float("inf"))
    until = [t_s for t_s in limits_s if track.end_s < t_s <= min(after_s, track.end_s + _HOLD_S)]
    since = [t_s for t_s in limits_s if max(before_s, track.start_s - _HOLD_S) < t_s <= track.start_s]
    return Span(max(since, default=track.start_s), min(until, default=track.end_s + frame_s))


def cuts_s(look: Look) -> list[float]:
    """Return when shots open."""
    return [float(t_s) for t_s in look.times_s[look.is_cut]]


def _changes_s(look: Look) -> list[float]:
    """Return when most of the picture changed at once: cuts, and tiles that came, went or moved."""
    from scipy.ndimage import median_filter

    usual = median_filter(look.motion, _AROUND_FRAMES, mode="nearest")
    sudden = look.motion > np.maximum(_SUDDEN_LEVELS, _SUDDEN_RATIO * usual)
    return [float(t_s) for t_s in look.times_s[sudden | look.is_cut]]
