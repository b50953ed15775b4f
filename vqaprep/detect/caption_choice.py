"""Choose the participant's tracks by the names read in the picture."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from statistics import median

from vqaprep.detect.appearance import distance
from vqaprep.detect.choice import Chosen, Refused, Who, ambiguous, listed, quoted, remedy
from vqaprep.detect.doubt_words import readings_in_words
from vqaprep.detect.names import as_pattern, difference, fits, may_fit
from vqaprep.detect.namings import Lines, Naming, are_together
from vqaprep.detect.rule_choice import overlap_s
from vqaprep.detect.sightings import Face, Sightings
from vqaprep.detect.tracks import SAME_PERSON, Track, is_picture

_LEAST_FACES = 3  # fewer looks may belong to a dissolve
_SURELY_SAME, _CLEARLY_OTHER = 0.2, 0.1  # appearance distance at most, and by how much another's must be larger


def by_caption(
    tracks: Sequence[Track], namings: Sequence[Naming], seen: Sequence[Lines], who: Who, *, sightings: Sightings
) -> Chosen | Refused:
    """Return the tracks whose captions are the participant's, or why there are none beyond doubt.

    `namings` and `seen` are what was made of `sightings`, whose tiles say what the doubt is.
    """
    is_mine = _test_of(seen, who)
    if isinstance(is_mine, Refused):
        return is_mine
    verdicts = _verdicts(namings, is_mine, who)
    if isinstance(verdicts, Refused):
        return verdicts
    mine = tuple(track for i, track in enumerate(tracks) if verdicts.get(i) is True)
    if not mine:
        read = listed(quoted(line) for lines in seen for line in lines if is_mine(line))
        readings = readings_in_words(sightings, is_mine)
        return ambiguous(f"the caption {read} is not beyond doubt any face's own{readings}{remedy(who, is_read=True)}")
    others = [track for i, track in enumerate(tracks) if verdicts.get(i) is False]
    badly_named = [tracks[i] for i in dict.fromkeys(naming.track for naming in namings) if i not in verdicts]
    mine += tuple(track for track in badly_named if _is_seen_again(track, mine, others))
    strangers = [track for track in tracks if track in others or any(are_together(track, own) for own in mine)]
    strangers = [track for track in strangers if track not in mine]
    named = {naming.track for naming in namings}
    unnamed = [track for i, track in enumerate(tracks) if i not in named and track not in strangers]
    mine += _recognized(unnamed, mine, strangers)
    if doubt := _doubt(mine, tracks):
        return ambiguous(doubt)
    if who.is_same_checked and _is_seen_under_other_names(mine, others):
        return Refused("subject_changed", "someone who looks like the chosen face carries another name at other times")
    read_names = [line for naming in namings for line in naming.lines if is_mine(line)]
    return Chosen(mine, max(set(read_names), key=read_names.count), "caption" if who.subject else "not")


def _is_seen_again(track: Track, mine: Sequence[Track], others: Sequence[Track]) -> bool:
    """Say if a badly read track looks like the participant at another time, and less like everybody else."""
    if any(are_together(track, own) for own in mine):
        return False
    nearest = min(looks_apart(track, own, unknown=1.0) for own in mine)
    return nearest <= SAME_PERSON and nearest < min((looks_apart(track, o, unknown=1.0) for o in others), default=1.0)


def _recognized(unnamed: Sequence[Track], mine: Sequence[Track], strangers: Sequence[Track]) -> tuple[Track, ...]:
    """Return the tracks without a readable caption that clearly look like the participant at other times.

    Looks are weaker than names: somebody else must have been in view beside the participant, who looks otherwise, and
    of two that look so at once neither is taken.
    """
    alike = []
    for track in unnamed:
        nearest = min(looks_apart(track, own, unknown=1.0) for own in mine)
        others = [looks_apart(track, stranger, unknown=0.0) for stranger in strangers]
        is_clear = nearest <= _SURELY_SAME and bool(others) and min(others) >= nearest + _CLEARLY_OTHER
        if is_clear and len(track.faces) >= _LEAST_FACES:
            alike.append(track)
    return tuple(track for track in alike if not any(o is not track and are_together(o, track) for o in alike))


def _doubt(mine: Sequence[Track], tracks: Sequence[Track]) -> str:
    """Say why the named faces cannot all be the participant, if they cannot."""
    if (twice_s := overlap_s(mine)) is not None:
        return f"two faces carry the participant's name, both in view at {twice_s:.1f} s"
    if any(is_picture(track, tracks) for track in mine):
        return "the face under the participant's name never moves while others do: it is a picture"
    return ""


def _verdicts(namings: Sequence[Naming], is_mine: Callable[[str], bool], who: Who) -> dict[int, bool] | Refused:
    """Say of each track with a name if it is the participant's; a track with two names is refused.

    A track that has only bad readings of the participant's name is left out: they prove nothing.
    """
    asked = [line for naming in namings for line in naming.lines if is_mine(line)]
    names = [*asked, *(who.subject or "").split("|")]
    by_track: dict[int, list[Naming]] = defaultdict(list)
    for naming in namings:
        by_track[naming.track].append(naming)
    verdicts: dict[int, bool] = {}
    for track, those in by_track.items():
        mine = [naming for naming in those if any(map(is_mine, naming.lines))]
        others = [naming for naming in those if naming not in mine]
        rest = [line for naming in others for line in naming.lines]
        if mine or not all(_is_misread(line, names) for line in rest):
            verdicts[track] = bool(mine)
        if mine and others and not (_is_most_read(mine, others) and all(_is_misread(line, names) for line in rest)):
            read = listed(map(quoted, rest))
            return ambiguous(f"one face carries the participant's name and another one at other times: {read}")
    return verdicts


def _is_most_read(mine: Sequence[Naming], others: Sequence[Naming]) -> bool:
    """Say if the participant's name was there at most looks, or was read more often and surely than any other text.

    One writing is read in many wrong ways, and in one right way. A name that is really another one is read as that one.
    """
    if len(mine) > len(others):
        return True
    scores: dict[Lines, dict[float, float]] = defaultdict(dict)
    for naming in others:
        scores[naming.lines][naming.read_s] = naming.score
    own = {naming.read_s: naming.score for naming in mine}
    return all(sum(own.values()) > sum(other.values()) for other in scores.values())


def _is_misread(line: str, right: Sequence[str]) -> bool:
    """Say if `line` may be a bad reading of a name: of the one that was asked for, or of the readings of it."""
    return any(difference(line, as_pattern(name)).startswith("similar") for name in right if name.strip())


def _test_of(seen: Sequence[Lines], who: Who) -> Callable[[str], bool] | Refused:
    """Return the test for the participant's captions, or why there is none."""
    if who.subject is None:
        return _other_than(seen, who)
    pattern, excluded = who.subject, who.excluded or ""
    for lines in seen:
        found = [line for line in lines if fits(line, pattern)]
        if both := [line for line in found if fits(line, excluded)]:
            return ambiguous(f"{quoted(both[0])} fits both the participant's name and --not; change one of them")
        if len(found) > 1:
            return ambiguous(
                f"two captions at once may be the participant's name: {listed(map(quoted, found))}; give the full name"
            )
    if not any(fits(line, pattern) for lines in seen for line in lines):
        read = listed(f"{quoted(line)} ({difference(line, pattern)})" for lines in seen for line in lines)
        return ambiguous(f"no caption is the participant's name; read: {read}{remedy(who, is_read=True)}")
    return lambda line: fits(line, pattern)


def _other_than(seen: Sequence[Lines], who: Who) -> Callable[[str], bool] | Refused:
    """Return the test for the one name that is left when the excluded ones are gone.

    A line that only resembles an excluded name is a bad reading of it, unless that name is read beside it.
    """
    excluded = who.excluded or ""
    for lines in seen:
        alike = [line for line in lines if not fits(line, excluded) and may_fit(line, excluded)]
        for line in alike:
            if any(fits(other, excluded) and may_fit(line, as_pattern(other)) for other in lines):
                return ambiguous(f"{quoted(line)} is read beside a similar name of --not; give --subject NAME")
    left = [[line for line in lines if not may_fit(line, excluded)] for lines in seen]
    most = max(left, key=len, default=[])
    if len(most) != 1:
        read = listed(map(quoted, most)) or listed(quoted(line) for lines in seen for line in lines)
        return ambiguous(f"--not leaves {len(most)} names at once, not one; read: {read}{remedy(who, is_read=True)}")
    names = Counter(line for lines in left for line in lines)
    pattern = as_pattern(names.most_common(1)[0][0])
    if not all(fits(name, pattern) for name in names):
        read = listed(map(quoted, names))
        return ambiguous(f"--not leaves different names at different times: {read}; give --subject NAME")
    return lambda line: fits(line, pattern) and not may_fit(line, excluded)


def _is_seen_under_other_names(mine: Sequence[Track], others: Sequence[Track]) -> bool:
    """Say if one of `others` looks like one of `mine` at another time, and like none at the same time.

    Two people seen at once may look alike; a face that moves under another's caption was never identified by it.
    Where the other person is in view at more than one time, looking more like itself than like `mine` is enough.
    """
    for other in others:
        alike = [track for track in mine if looks_apart(other, track, unknown=1.0) <= SAME_PERSON]
        if not alike or any(are_together(track, other) for track in alike):
            continue
        nearest = min(looks_apart(other, track, unknown=1.0) for track in alike)
        selves = [looks_apart(other, o, unknown=1.0) for o in others if o is not other and not are_together(o, other)]
        if nearest <= min(selves, default=1.0):
            return True
    return False


def looks_apart(first: Track, second: Track, *, unknown: float) -> float:
    """Return the median appearance distance of some faces of two tracks, `unknown` where one has no appearance."""
    looks = [[face.appearance for face in _some(track) if face.appearance] for track in (first, second)]
    return median([distance(a, b) for a in looks[0] for b in looks[1]]) if all(looks) else unknown


def _some(track: Track) -> list[Face]:
    """Return a few faces, spread over the track."""
    return list(track.faces[:: max(1, len(track.faces) // 4)])
