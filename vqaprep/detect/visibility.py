"""Estimate how long a face was visible: frames are sampled, so extend its track to the nearest layout change."""

import numpy as np

from vqaprep.detect.observations import Observations
from vqaprep.detect.tracks import Track
from vqaprep.media.clock import NEW_VIEW, Break
from vqaprep.media.look import Look
from vqaprep.media.rate import Times
from vqaprep.rows import Span

_HOLD_S = 1.5  # how far from a layout change or an end a sighting still counts
_AROUND_FRAMES, _SUDDEN_LEVELS, _SUDDEN_RATIO = 25, 6.0, 4.0  # motion of a layout change, and against its surroundings


def visible_span(track: Track, keep: Span, seen: Observations, *, frame_s: float) -> Span:
    """Return how long `track` is in view within `keep`: to the layout change next to its ends, if no look missed it.

    `frame_s` is how long its last frame stays where nothing changes, and where a gap in time follows.
    """
    assert seen.look is not None and seen.sightings is not None
    starts_s, ends_s = changes_s(seen.look, frame_s)
    looks_s = seen.sightings.face_times_s
    after_s = min((t_s for t_s in looks_s if t_s > track.end_s), default=float("inf"))
    before_s = max((t_s for t_s in looks_s if t_s < track.start_s), default=-float("inf"))
    latest_s, earliest_s = min(after_s, track.end_s + _HOLD_S), max(before_s, track.start_s - _HOLD_S)
    until = [t_s for t_s in (*ends_s.tolist(), keep.end_s) if track.end_s < t_s <= latest_s]
    since = [t_s for t_s in (*starts_s.tolist(), keep.start_s) if earliest_s < t_s <= track.start_s]
    return Span(max(since, default=track.start_s), min(until, default=track.end_s + frame_s))


def breaks_s(look: Look) -> list[float]:
    """Return when stretches open after which other people may be in view."""
    return [float(t_s) for t_s in look.times_s[look.breaks & NEW_VIEW != 0]]


def changes_s(look: Look, frame_s: float) -> tuple[Times, Times]:
    """Return when most of the picture has changed at once (cuts, gaps, tiles that came, went or moved).

    That is the time of the first frame after each change, and the time at which the last frame before it ends. They
    are the same, unless time goes on by more than `frame_s`, the length of a frame.
    """
    from scipy.ndimage import median_filter

    usual = median_filter(look.motion, _AROUND_FRAMES, mode="nearest")
    is_sudden = look.motion > np.maximum(_SUDDEN_LEVELS, _SUDDEN_RATIO * usual)
    is_new = is_sudden | (look.breaks & NEW_VIEW != 0)
    ends_s = look.times_s.copy()
    is_late = look.breaks & (Break.GAP | Break.DAMAGE) != 0
    is_late[:1] = False
    ends_s[is_late] = np.minimum(ends_s[is_late], np.roll(look.times_s, 1)[is_late] + frame_s)
    return look.times_s[is_new], ends_s[is_new]
