"""Choose the participant's tracks by a rule of place that the user gave."""

from collections.abc import Callable, Sequence
from statistics import median

from vqaprep.detect.choice import Chosen, Refused, Rule, ambiguous
from vqaprep.detect.sightings import Face
from vqaprep.detect.tracks import Track

_CLEARLY_LARGER = 1.3


def by_rule(tracks: Sequence[Track], rule: Rule) -> Chosen | Refused:
    """Return the tracks that `rule` points at, or why they cannot be one person."""
    times_s = sorted({face.t_s for track in tracks for face in track.faces})
    chosen: dict[int, None] = {}
    for t_s in times_s:
        present = [(i, face) for i, track in enumerate(tracks) if (face := track.at(t_s)) is not None]
        if rule == "only" and len(present) > 1:
            return ambiguous(f"--rule only, but {len(present)} faces are there at {t_s:.1f} s")
        chosen[max(present, key=lambda entry: _RANK[rule](entry[1]))[0]] = None
    mine = tuple(tracks[i] for i in chosen)
    overlap = overlap_s(mine)
    if overlap is not None:
        return ambiguous(f"--rule {rule} points at two faces in turn, at {overlap:.1f} s")
    if rule == "largest" and not _is_clearly_larger(mine, tracks):
        return ambiguous("--rule largest, but another face is nearly as large")
    return Chosen(mine, None, rule)


_RANK: dict[Rule, Callable[[Face], float]] = {
    "largest": lambda face: face.box.area_px,
    "left": lambda face: -face.box.center_px[0],
    "right": lambda face: face.box.center_px[0],
    "only": lambda face: face.score,
}


def overlap_s(tracks: Sequence[Track]) -> float | None:
    """Return a time at which two of `tracks` are seen at once."""
    times_s: set[float] = set()
    for track in tracks:
        times = {face.t_s for face in track.faces}
        if both := times_s & times:
            return min(both)
        times_s |= times
    return None


def _is_clearly_larger(mine: Sequence[Track], tracks: Sequence[Track]) -> bool:
    for track in mine:
        size = median(face.box.area_px for face in track.faces)
        others = [t for t in tracks if t not in mine and t.start_s <= track.end_s and t.end_s >= track.start_s]
        if any(median(f.box.area_px for f in t.faces) * _CLEARLY_LARGER > size for t in others):
            return False
    return True
