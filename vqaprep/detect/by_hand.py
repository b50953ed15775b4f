"""Decisions by people about a video, and the participant's tracks that follow from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from vqaprep.detect.caption_choice import looks_apart
from vqaprep.detect.choice import Refused, Rule, ambiguous
from vqaprep.detect.rule_choice import by_rule, overlap_s
from vqaprep.detect.sightings import Face, Sightings
from vqaprep.detect.tracks import SAME_PERSON, Track, link, within
from vqaprep.rows import Box, Span

ALWAYS = Span(float("-inf"), float("inf"))
_DIM = 0.5  # score from which a face counts where a person says that one is there


@dataclass(frozen=True, slots=True)
class Override:
    """One decision of a person about one video.

    Attributes:
        span: when it holds, in presentation time.
        keep: with `box` or `rule`, True says who the participant is and False who it is not. Without them, False
            leaves the time out.
        box: the face is the one whose middle lies here, in displayed pixels.
        rule: the face is the one at this place.
        by: who decided, where that is known.
        where: the row of the table, for messages.
    """

    span: Span = ALWAYS
    keep: bool = True
    box: Box | None = None
    rule: Rule | None = None
    by: str | None = None
    where: str = field(default="", compare=False)

    @property
    def is_choice(self) -> bool:
        """Whether it says who the participant is."""
        return self.keep

    @property
    def is_exclusion(self) -> bool:
        """Whether it says who the participant is not."""
        return not self.keep and self.box is not None

    @property
    def is_cut(self) -> bool:
        """Whether it leaves time out."""
        return not self.keep and self.box is None


@dataclass(frozen=True, slots=True)
class ChosenTrack:
    """A track of the participant, and the time within which it may be used."""

    track: Track
    limit: Span


def without_excluded(
    tracks: Sequence[Track], overrides: Iterable[Override], by_people: Sequence[ChosenTrack]
) -> list[Track]:
    """Return `tracks` without those that are not the participant by what people said.

    `by_people` are the parts that people chose. A track is one person in one place, so it goes as a whole: when most of
    its faces at that time are in a box of who it is not, or when it is seen beside a face that people chose. Tracks of
    other times that look like one that goes, and less like those chosen, go with it.
    """
    boxes = [one for one in overrides if one.is_exclusion]
    chosen = [track for track in tracks if any(_shares_a_face(track, part.track) for part in by_people)]
    others = [
        track for track in tracks
        if track not in chosen
        and (
            any(_is_mostly_in(track, one) for one in boxes)
            or any(_is_beside(track, part.track) for part in by_people)
        )
    ]  # fmt: skip
    own = [*chosen, *(part.track for part in by_people)]
    return [
        track for track in tracks
        if track in chosen or (track not in others and not any(_is_like(track, other, own) for other in others))
    ]  # fmt: skip


def chosen_parts(
    sightings: Sightings, overrides: Iterable[Override], *, breaks_s: Sequence[float], min_score: float, keep: Span
) -> list[ChosenTrack] | Refused:
    """Return the tracks that people chose within `keep`, or why one of their decisions cannot be followed.

    In a box without any face, also a dim one, the box itself is the face: detectors miss some that people see.
    """
    parts: list[ChosenTrack] = []
    every = list(overrides)
    for one in (override for override in every if override.is_choice):
        for limit in uncut_spans(keep.intersect(one.span), every):
            tracks = _picked(one, sightings, breaks_s, min_score, limit)
            if isinstance(tracks, Refused):
                return Refused(tracks.reason, f"{one.where}: {tracks.detail}" if one.where else tracks.detail)
            parts += [ChosenTrack(track, limit) for track in tracks]
    return parts


def free_spans(keep: Span, overrides: Iterable[Override]) -> list[Span]:
    """Return the parts of `keep` about which no person decided who is seen there or that it is left out."""
    return _less(keep, [one.span for one in overrides if one.is_choice or one.is_cut])


def uncut_spans(keep: Span, overrides: Iterable[Override]) -> list[Span]:
    """Return the parts of `keep` that no person left out."""
    return _less(keep, [one.span for one in overrides if one.is_cut])


def parts_within(tracks: Sequence[Track], spans: Iterable[Span]) -> list[ChosenTrack]:
    """Return what each of `tracks` shows in each of `spans`."""
    return [ChosenTrack(track, span) for span in spans for track in within(tracks, span)]


def decided_by(overrides: Iterable[Override], *, is_tool: bool) -> str:
    """Return who decided, for the manifest: `tool`, `person`, or both, with the names that people gave."""
    used = list(overrides)
    names = ", ".join(dict.fromkeys(one.by for one in used if one.by))
    people = ["person" + (f" {names}" if names else "")] if used else []
    return "+".join([*(["tool"] if is_tool else []), *people])


def _less(keep: Span, taken: Iterable[Span]) -> list[Span]:
    left, start_s = list[Span](), keep.start_s
    for span in sorted(taken, key=lambda span: span.start_s):
        if span.start_s > start_s:
            left.append(keep.intersect(Span(start_s, span.start_s)))
        start_s = max(start_s, span.end_s)
    left += [Span(start_s, keep.end_s)] if start_s < keep.end_s else []
    return [span for span in left if span.duration_s > 0]


def _picked(
    one: Override, sightings: Sightings, breaks_s: Sequence[float], min_score: float, limit: Span
) -> Sequence[Track] | Refused:
    if one.rule is not None:
        tracks = within(link(sightings.faces, breaks_s=breaks_s, min_score=min_score), limit)
        chosen = by_rule(tracks, one.rule) if tracks else Refused("no_face", "no face is clear enough at that time")
        return chosen if isinstance(chosen, Refused) else chosen.tracks
    assert one.box is not None
    for score in dict.fromkeys((min_score, min(_DIM, min_score))):
        tracks = within(link(sightings.faces, breaks_s=breaks_s, min_score=score), limit)
        inside = [Track(faces) for track in tracks if (faces := tuple(f for f in track.faces if _is_in(f, one.box)))]
        if (twice_s := overlap_s(inside)) is not None:
            return ambiguous(f"two faces are in the box at {twice_s:.1f} s; draw it around one of them")
        if inside:
            return inside
    return [_still(one.box, sightings, limit)]


def _still(box: Box, sightings: Sightings, limit: Span) -> Track:
    """Return a face that fills `box` at every look within `limit`."""
    times_s = [t_s for t_s in sightings.face_times_s if t_s in limit] or [(limit.start_s + limit.end_s) / 2]
    return Track(tuple(Face(t_s, 0, box, 0.0) for t_s in times_s))


def _shares_a_face(track: Track, part: Track) -> bool:
    faces = set(part.faces)
    return any(face in faces for face in track.faces)


def _is_beside(track: Track, part: Track) -> bool:
    """Say whether `track` shows another face at a time at which `part` shows its own."""
    mine = {face.t_s: face.box for face in part.faces}
    return any(not _is_in(face, mine[face.t_s]) for face in track.faces if face.t_s in mine)


def _is_like(track: Track, other: Track, own: Sequence[Track]) -> bool:
    """Say whether `track` looks like `other` at another time, and less like any of the participant's `own`."""
    if track.start_s <= other.end_s and track.end_s >= other.start_s:
        return False
    apart = looks_apart(track, other, unknown=1.0)
    return apart <= SAME_PERSON and apart < min((looks_apart(track, one, unknown=1.0) for one in own), default=1.0)


def _is_mostly_in(track: Track, one: Override) -> bool:
    inside = [_is_in(face, one.box) for face in track.faces if face.t_s in one.span]
    return bool(inside) and median(inside) > 0


def _is_in(face: Face, box: Box | None) -> bool:
    if box is None:
        return False
    x, y = face.box.center_px
    return box.x_px <= x <= box.x_px + box.w_px and box.y_px <= y <= box.y_px + box.h_px
