"""Decide which tracks are the participant: by caption or by an explicit rule, and never by a guess."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from vqaprep.detect.appearance import distance
from vqaprep.detect.captioned import labels_of, owners
from vqaprep.detect.names import ALIKE, is_name, likeness
from vqaprep.detect.sightings import Face, Sightings
from vqaprep.detect.tracks import SAME_PERSON, Track, within
from vqaprep.rows import Span

Rule = Literal["largest", "left", "right", "only"]


@dataclass(frozen=True, slots=True)
class Who:
    """How the participant is told: a name pattern, a pattern of who it is not, or a rule of place.

    Names decide where any can be read. The rule does where none was asked for, or no caption could be read at
    all: captions that do not tell are a reason to drop the video, not to guess.
    """

    subject: str | None = None
    excluded: str | None = None
    rule: Rule | None = None
    is_same_checked: bool = True


@dataclass(frozen=True, slots=True)
class Chosen:
    """The participant's tracks, the name read there (None by rule), and the rule that decided."""

    tracks: tuple[Track, ...]
    name: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nobody was chosen: a code of `rows.REASONS`, and words that name no person."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Naming:
    """A label that was beyond doubt some track's own, at one reading."""

    t_s: float
    lines: tuple[str, ...]
    track: int


def choose(tracks: Sequence[Track], sightings: Sightings, who: Who, *, keep: Span) -> Chosen | Refused:
    """Return what the participant's tracks show in `keep`, or the reason why they cannot be told from others.

    A caption also names a track that reaches into `keep` when it was read outside: it is read only as it changes.
    """
    kept = within(tracks, keep)
    if not kept:
        return Refused("no_face", "no face is clear enough anywhere")
    reaching = [track for track in tracks if within([track], keep)]
    namings, seen = _namings(reaching, sightings) if who.subject or who.excluded else ([], [])
    if seen or ((who.subject or who.excluded) and who.rule is None):
        chosen = _by_caption(reaching, namings, seen, who)
    elif who.rule is not None:
        chosen = _by_rule(kept, who.rule)
    else:
        people = max(sum(t.at(t_s) is not None for t in kept) for t_s in sightings.face_times_s)
        chosen = Refused("subject_ambiguous", f"nothing says who of up to {people} is meant; {_REMEDY}")
    if isinstance(chosen, Refused):
        return chosen
    chosen = replace(chosen, tracks=within(chosen.tracks, keep))
    if who.is_same_checked and (gap := _largest_change(chosen.tracks)) > SAME_PERSON:
        return Refused("subject_changed", f"two of the chosen tracks look {gap:.2f} apart (most {SAME_PERSON})")
    return chosen


_REMEDY = "give --subject NAME, --not NAMES, or --rule largest|left|right|only"
_CLEARLY_LARGER = 1.3


def _by_caption(
    tracks: Sequence[Track], namings: Sequence[Naming], seen: Sequence[tuple[str, ...]], who: Who
) -> Chosen | Refused:
    if not seen:
        return Refused("subject_ambiguous", f"no caption could be read; {_REMEDY}")
    fits = _subject_fits(seen, who)
    if isinstance(fits, Refused):
        return fits
    names: dict[int, set[bool]] = defaultdict(set)
    for naming in namings:
        names[naming.track].add(any(fits(line) for line in naming.lines))
    if any(len(verdicts) > 1 for verdicts in names.values()):
        return Refused("subject_ambiguous", "one face carries the participant's name and another one at other times")
    mine = tuple(track for i, track in enumerate(tracks) if names.get(i) == {True})
    if not mine:
        return Refused("subject_ambiguous", f"the participant's caption is not beyond doubt any face's own; {_REMEDY}")
    others = [track for i, track in enumerate(tracks) if names.get(i) == {False}]
    if who.is_same_checked and _is_seen_under_other_names(mine, others):
        return Refused("subject_changed", "someone who looks like the chosen face carries another name at other times")
    read = [line for naming in namings for line in naming.lines if fits(line)]
    return Chosen(mine, max(set(read), key=read.count), "caption" if who.subject else "not")


def _namings(tracks: Sequence[Track], sightings: Sightings) -> tuple[list[Naming], list[tuple[str, ...]]]:
    """Return the labels that have an owner, and the name lines of each reading."""
    namings, seen = [], []
    for t_s in sightings.caption_times_s:
        labels = labels_of([c for c in sightings.captions if c.t_s == t_s])
        present = [(i, face) for i, track in enumerate(tracks) if (face := track.at(t_s)) is not None]
        pairs = owners(labels, [face for _, face in present])
        namings += [Naming(t_s, labels[i].lines, present[j][0]) for i, j in pairs.items()]
        seen.append(tuple(line for label in labels for line in label.lines if is_name(line)))
    return namings, [lines for lines in seen if lines]


def _subject_fits(seen: Sequence[tuple[str, ...]], who: Who) -> Callable[[str], bool] | Refused:
    """Return the test that tells the participant's captions, or why there is none."""
    if who.subject is None:
        return _other_than(seen, who.excluded or "")
    pattern = who.subject
    least = ALIKE
    for lines in seen:
        scores = sorted((likeness(line, pattern) for line in lines), reverse=True)
        if sum(score >= ALIKE for score in scores) > 1:
            least = 100.0  # two people have names this close: only the exact one will do
            if sum(score >= least for score in scores) != 1:
                return Refused("subject_ambiguous", "two captions at once fit --subject; give the full name")
    return lambda line: likeness(line, pattern) >= least


def _other_than(seen: Sequence[tuple[str, ...]], excluded: str) -> Callable[[str], bool] | Refused:
    """Return the test for the one name that is left when the `excluded` ones are gone."""
    others = [[line for line in lines if likeness(line, excluded) < ALIKE] for lines in seen]
    names = [line for lines in others for line in lines]
    if not names or max(map(len, others)) > 1:
        return Refused("subject_ambiguous", f"--not leaves {max(map(len, others), default=0)} names at once, not one")
    if any(likeness(name, names[0]) < ALIKE for name in names):
        return Refused("subject_ambiguous", "--not leaves different names at different times")
    return lambda line: likeness(line, names[0]) >= ALIKE and likeness(line, excluded) < ALIKE


def _by_rule(tracks: Sequence[Track], rule: Rule) -> Chosen | Refused:
    times_s = sorted({face.t_s for track in tracks for face in track.faces})
    chosen: dict[int, None] = {}
    for t_s in times_s:
        present = [(i, face) for i, track in enumerate(tracks) if (face := track.at(t_s)) is not None]
        if rule == "only" and len(present) > 1:
            return Refused("subject_ambiguous", f"--rule only, but {len(present)} faces are there at {t_s:.1f} s")
        chosen[max(present, key=lambda entry: _RANK[rule](entry[1]))[0]] = None
    mine = tuple(tracks[i] for i in chosen)
    overlap = _overlap_s(mine)
    if overlap is not None:
        return Refused("subject_ambiguous", f"--rule {rule} points at two faces in turn, at {overlap:.1f} s")
    if rule == "largest" and not _is_clearly_larger(mine, tracks):
        return Refused("subject_ambiguous", "--rule largest, but another face is nearly as large")
    return Chosen(mine, None, rule)


_RANK: dict[Rule, Callable[[Face], float]] = {
    "largest": lambda face: face.box.area_px,
    "left": lambda face: -face.box.center_px[0],
    "right": lambda face: face.box.center_px[0],
    "only": lambda face: face.score,
}


def _overlap_s(tracks: Sequence[Track]) -> float | None:
    """Return a time at which two of `tracks` are seen at once."""
    seen: set[float] = set()
    for track in tracks:
        times = {face.t_s for face in track.faces}
        if both := seen & times:
            return min(both)
        seen |= times
    return None


def _is_clearly_larger(mine: Sequence[Track], tracks: Sequence[Track]) -> bool:
    for track in mine:
        size = median(face.box.area_px for face in track.faces)
        others = [t for t in tracks if t not in mine and t.start_s <= track.end_s and t.end_s >= track.start_s]
        if any(median(f.box.area_px for f in t.faces) * _CLEARLY_LARGER > size for t in others):
            return False
    return True


def _is_seen_under_other_names(mine: Sequence[Track], others: Sequence[Track]) -> bool:
    """Say if one of `others` looks like one of `mine` at another time, and like none at the same time.

    Two people seen at once may look alike; a face that moves under another's caption was never told by it.
    """
    for other in others:
        alike = [track for track in mine if _looks_apart(other, track, unknown=1.0) <= SAME_PERSON]
        if alike and not any(t.start_s <= other.end_s and t.end_s >= other.start_s for t in alike):
            return True
    return False


def _largest_change(tracks: Sequence[Track]) -> float:
    """Return how far the looks of the first of `tracks` and of any other are apart; 0 where they are not known."""
    return max((_looks_apart(tracks[0], track, unknown=0.0) for track in tracks[1:]), default=0.0)


def _looks_apart(first: Track, second: Track, *, unknown: float) -> float:
    """Return the appearance distance of the middle faces of two tracks, `unknown` where one has no appearance."""
    looks = [track.faces[len(track.faces) // 2].appearance for track in (first, second)]
    return distance(*looks) if all(looks) else unknown
