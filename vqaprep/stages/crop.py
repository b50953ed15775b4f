"""Decide which face is the participant's, and the square crop around it over time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from vqaprep.detect.observations import Observations
from vqaprep.rows import Dropped, Row, Span, TrackPoint
from vqaprep.stages import Needs, ShownStage

if TYPE_CHECKING:
    import numpy as np

    from vqaprep.detect.by_hand import ChosenTrack
    from vqaprep.detect.choice import Chosen, Refused
    from vqaprep.detect.watch import WatchSettings
    from vqaprep.media.look import Look

_MIN_FRAMES = 16


class Crop(ShownStage):
    """Follow the participant's face, identified by caption or by an explicit rule, with a steady square."""

    name: ClassVar[str] = "crop"
    step: ClassVar[int] = 2
    film: ClassVar[Literal["kept", "crop", "distorted"]] = "crop"
    example: ClassVar[str] = "vqaprep crop 1-trim -o 2-crop --subject 'Jane Miller'"
    is_correctable: ClassVar[bool] = True
    draws: ClassVar[bool] = False

    subject: Annotated[
        str | None,
        Field(
            description="the participant's name as captions show it, spellings separated by |; without it the "
            "row's own name counts"
        ),
    ] = None
    not_: Annotated[
        str | None,
        Field(
            description="captions of others, such as Interviewer|Moderator; without --subject the one name that "
            "is left is the participant's"
        ),
    ] = None
    rule: Annotated[
        Literal["none", "largest", "only", "left", "right"],
        Field(
            description="which face to take if no name is known or no caption could be read; none drops such a video"
        ),
    ] = "none"
    ignore_captions: Annotated[
        bool, Field(description="choose by --rule only; for videos without captions, or with misleading ones")
    ] = False
    size_px: Annotated[int, Field(ge=16, description="side of the films of --render; shards have their own size")] = 224
    margin: Annotated[
        float,
        Field(
            ge=0, le=3, description="room around the face on each side, in face sizes; raise it to see hair and hands"
        ),
    ] = 0.3
    smooth_s: Annotated[
        float,
        Field(ge=0, description="time over which the crop's motion is smoothed; raise it when crops tremble, 0 is off"),
    ] = 0.5
    max_gap_s: Annotated[
        float,
        Field(gt=0, description="longest time without a detected face that the crop bridges; longer gaps are cut out"),
    ] = 3.0
    min_face_px: Annotated[
        float,
        Field(
            ge=0,
            description="smallest median height of the participant's face; lower it for small tiles, though they show "
            "less detail",
        ),
    ] = 40.0
    min_score: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="lowest confidence of a face; lower it for turned or masked faces, raise it if patterns are "
            "taken for faces",
        ),
    ] = 0.8
    detector: Annotated[
        Literal["mnet", "resnet50"],
        Field(description="face detector: mnet is quick; resnet50 is large and slow, for small or turned faces"),
    ] = "mnet"
    ocr: Annotated[
        Literal["rapidocr", "easyocr"],
        Field(description="reader of captions; rapidocr reads smaller letters and is five times faster"),
    ] = "rapidocr"
    sheets: Annotated[
        bool, Field(description="write one contact sheet per video that shows how its face was chosen")
    ] = False
    check_person: Annotated[
        bool,
        Field(
            description="drop a video in which the chosen face starts to look like another person; switch it off if "
            "the light changes"
        ),
    ] = True
    overrides: Annotated[
        Path | None,
        Field(
            description="table of what people decided (columns file, rule or box, start_s, end_s, keep), as "
            "`vqaprep review` saves it; only videos whose decisions changed are done again"
        ),
    ] = None

    @model_validator(mode="after")
    def _needs_a_rule(self) -> "Crop":
        """Refuse --ignore-captions without a rule."""
        if self.ignore_captions and self.rule == "none":
            raise ValueError("--ignore-captions leaves nothing to choose by; add --rule largest|left|right|only")
        return self

    def shows(self) -> bool:
        """Films and sheets, or sheets alone."""
        return self.render or self.sheets

    def corrections(self) -> Path | None:
        """Return the table in which people corrected whom an earlier run chose."""
        return self.overrides

    def needs(self) -> Needs:
        """Faces and captions decide."""
        return "faces"

    def watch(self) -> "WatchSettings":
        """Use the detectors that were asked for."""
        from vqaprep.detect.watch import WatchSettings

        return WatchSettings(detector=self.detector, ocr=self.ocr)

    def __call__(self, row: Row, seen: Observations, rng: "np.random.Generator") -> Iterable[Row | Dropped]:
        """Return `row` with its crop track and usable spans, or the reason why nobody can be cropped."""

        decision = self._decided(row, seen)
        if isinstance(decision, Dropped):
            return [decision]
        # The median: a few faces far away, or a wrong one, must not decide.
        heights = sorted(face.box.h_px for part in decision.parts for face in part.track.faces)
        if heights[len(heights) // 2] < self.min_face_px:
            detail = f"median face height {heights[len(heights) // 2]:.0f} px, --min-face-px {self.min_face_px:g}"
            return [Dropped(row.id, self.name, "face_too_small", detail)]
        points, spans = self._path(row, seen, decision.parts)
        # Half a frame of tolerance: spans end at times, which are rounded.
        if max((span.duration_s for span in spans), default=0.0) * row.rate_fps < _MIN_FRAMES - 0.5:
            return [Dropped(row.id, self.name, "too_short", f"{len(spans)} stretches, none of {_MIN_FRAMES} frames")]
        who = {"subject_name": decision.name, "subject_rule": decision.rule, "subject_decided_by": decision.by}
        return [row.having(crop_track=points, usable_spans=spans, **who)]

    def _decided(self, row: Row, seen: Observations) -> "_Decision | Dropped":
        """Return whom to follow, by the tool and by people, or the reason why nobody can be followed."""
        from vqaprep.detect import by_hand
        from vqaprep.detect.choice import Refused
        from vqaprep.detect.visibility import breaks_s

        assert seen.look is not None and seen.sightings is not None
        if not by_hand.uncut_spans(row.keep, seen.by_hand):
            return Dropped(row.id, self.name, "not_selected", "a person left it out")
        how: dict[str, Any] = {"breaks_s": breaks_s(seen.look), "min_score": self.min_score, "keep": row.keep}
        by_people = by_hand.chosen_parts(seen.sightings, seen.by_hand, **how)
        free = by_hand.free_spans(row.keep, seen.by_hand)
        found = self.choose(row, seen, () if isinstance(by_people, Refused) else by_people) if free else None
        if isinstance(by_people, Refused) or (not by_people and isinstance(found, Refused)):
            refused = by_people if isinstance(by_people, Refused) else found
            assert isinstance(refused, Refused)
            return Dropped(row.id, self.name, refused.reason, refused.detail)
        chosen = None if found is None or isinstance(found, Refused) else found
        own = [] if chosen is None else by_hand.parts_within(chosen.tracks, free)
        chosen = chosen if own else None
        if not (by_people or own):
            return Dropped(row.id, self.name, "no_face", "the participant is not visible in the time that is left")
        rules = [*([chosen.rule] if chosen else []), *(one.rule or "box" for one in seen.by_hand if one.is_choice)]
        by = by_hand.decided_by(seen.by_hand, is_tool=chosen is not None)
        return _Decision([*own, *by_people], self._name(row, chosen), "+".join(dict.fromkeys(rules)), by)

    def choose(self, row: Row, seen: Observations, by_people: "Sequence[ChosenTrack]" = ()) -> "Chosen | Refused":
        """Return the participant's tracks in the kept part of `row`, or the reason why there are none.

        `by_people` are the parts that people chose: who is seen beside them is not the participant.
        """
        from vqaprep.detect.by_hand import without_excluded
        from vqaprep.detect.choice import Who
        from vqaprep.detect.subject import choose
        from vqaprep.detect.tracks import link
        from vqaprep.detect.visibility import breaks_s

        assert seen.look is not None and seen.sightings is not None
        every = link(seen.sightings.faces, breaks_s=breaks_s(seen.look), min_score=self.min_score)
        tracks = without_excluded(every, seen.by_hand, by_people)
        rule = None if self.rule == "none" else self.rule
        who = Who(self.subject or row.subject_name, self.not_, rule, self.check_person, self.ignore_captions)
        return choose(tracks, seen.sightings, who, keep=row.keep)

    def _name(self, row: Row, chosen: "Chosen | None") -> str | None:
        """Return the name that was asked for rather than a reading of it, whose letters may be wrong."""
        from vqaprep.detect.names import meant

        read = chosen.name if chosen else None
        if self.subject and read:
            return meant(read, self.subject)
        return row.subject_name or read

    def _path(
        self, row: Row, seen: Observations, parts: "Iterable[ChosenTrack]"
    ) -> tuple[tuple[TrackPoint, ...], tuple[Span, ...]]:
        from vqaprep.detect.path import crop_points, pieces
        from vqaprep.detect.visibility import visible_span

        frame_s = 1 / row.rate_fps
        points: list[TrackPoint] = []
        spans: list[Span] = []
        unbroken = [(piece, part.limit) for part in parts for piece in pieces(part.track, max_gap_s=self.max_gap_s)]
        for piece, limit in sorted(unbroken, key=lambda entry: entry[0].start_s):
            view = visible_span(piece, limit, seen, frame_s=frame_s)
            points += crop_points(
                piece,
                (view.start_s, _last_before(seen.look, view.end_s)),
                size_px=(row.width_px, row.height_px),
                margin=self.margin,
                smooth_s=self.smooth_s,
            )
            spans.append(view.intersect(limit))
        usable = [both for span in spans for old in row.spans if (both := span.intersect(old)).duration_s > 0]
        return tuple(points), tuple(usable)


@dataclass(frozen=True, slots=True)
class _Decision:
    """Whom to follow when, under which name, by which rules, and who decided."""

    parts: "Sequence[ChosenTrack]"
    name: str | None
    rule: str
    by: str


def _last_before(look: "Look | None", t_s: float) -> float:
    """Return the time of the last frame before `t_s`."""
    assert look is not None
    return float(max(look.times_s[look.times_s < t_s], default=t_s))
