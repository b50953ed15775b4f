"""Identify the participant's tracks by caption or by an explicit rule, never by a guess."""

from collections.abc import Sequence
from dataclasses import replace

from vqaprep.detect.caption_choice import by_caption, looks_apart
from vqaprep.detect.choice import Chosen, Refused, Who, ambiguous, listed, quoted, remedy
from vqaprep.detect.names import unreadable
from vqaprep.detect.namings import Lines, Naming, namings_of
from vqaprep.detect.rule_choice import by_rule
from vqaprep.detect.sightings import Sightings
from vqaprep.detect.tracks import SAME_PERSON, Track, within
from vqaprep.rows import Span


def choose(tracks: Sequence[Track], sightings: Sightings, who: Who, *, keep: Span) -> Chosen | Refused:
    """Return what the participant's tracks show in `keep`, or the reason why they cannot be distinguished from others.

    A caption also names a track that reaches into `keep` when it was read outside: it is read only as it changes.
    """
    kept = within(tracks, keep)
    if not kept:
        return Refused("no_face", "no face is clear enough anywhere")
    reaching = [track for track in tracks if within([track], keep)]
    namings, seen = _captions(reaching, sightings, who)
    if seen:
        chosen = by_caption(reaching, namings, seen, who, sightings=sightings)
    elif who.rule is not None:
        chosen = by_rule(kept, who.rule)
    else:
        people = max(sum(t.at(t_s) is not None for t in kept) for t_s in sightings.face_times_s)
        chosen = ambiguous(_undecided(who, people))
    if isinstance(chosen, Refused):
        return chosen
    chosen = replace(chosen, tracks=within(chosen.tracks, keep))
    if who.is_same_checked and (gap := _largest_change(chosen.tracks)) > SAME_PERSON:
        return Refused("subject_changed", f"two of the chosen tracks look {gap:.2f} apart (most {SAME_PERSON})")
    return chosen


def _captions(tracks: Sequence[Track], sightings: Sightings, who: Who) -> tuple[list[Naming], list[Lines]]:
    """Return the captions that may decide: none where none are asked for, or none could be compared."""
    if who.are_captions_ignored or not (who.subject or who.excluded) or _unreadable(who):
        return [], []
    return namings_of(tracks, sightings, who)


def _unreadable(who: Who) -> tuple[str, ...]:
    """Return names that no caption can be compared with: all of the subject's, or any that is excluded."""
    if who.subject is None:
        return unreadable(who.excluded or "")
    names = unreadable(who.subject)
    return names if len(names) == len(who.subject.split("|")) else ()


def _undecided(who: Who, people: int) -> str:
    """Say why neither a caption nor a rule decided."""
    ways = remedy(who, is_read=False)
    if names := _unreadable(who):
        return f"captions are read in Latin letters and Chinese signs, {listed(map(quoted, names))} is in others{ways}"
    if who.subject or who.excluded:
        return f"no caption could be read{ways}"
    return f"nothing says which of up to {people} people is meant{ways}"


def _largest_change(tracks: Sequence[Track]) -> float:
    """Return how far the looks of the first of `tracks` and of any other are apart; 0 where they are not known."""
    return max((looks_apart(tracks[0], track, unknown=0.0) for track in tracks[1:]), default=0.0)
