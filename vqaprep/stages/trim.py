"""Decide which part of a video is kept: without a fixed head and tail, or from the first to the last steady face."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from vqaprep.detect.observations import Observations
from vqaprep.rows import Dropped, Row, Span
from vqaprep.settings.written import DefaultOf
from vqaprep.stages import Needs, ShownStage

if TYPE_CHECKING:
    import numpy as np

PRESETS: dict[str, dict[str, float]] = {
    "iconect": {"head_s": 180.0, "tail_s": 150.0},  # the first 3 and last 2.5 minutes, as the I-CONECT study cut
}


class Trim(ShownStage):
    """Keep the part of each video that shows the interview itself."""

    name: ClassVar[str] = "trim"
    step: ClassVar[int] = 1
    example: ClassVar[str] = "vqaprep trim interviews/ -o 1-trim --head-s 180 --tail-s 150"
    draws: ClassVar[bool] = False

    preset: Annotated[
        Literal["none", "iconect"], Field(description="a study's own cut; iconect is --head-s 180 --tail-s 150")
    ] = "none"
    head_s: Annotated[float, Field(ge=0, description="time left out at the start, such as 3m of greetings")] = 0.0
    tail_s: Annotated[float, Field(ge=0, description="time left out at the end")] = 0.0
    auto: Annotated[
        bool,
        Field(
            description="also leave out what comes before the first and after the last steady face, such as title cards"
        ),
    ] = False
    subject: Annotated[
        str | None,
        Field(description="with --auto: the participant's name as captioned; only this face counts"),
        DefaultOf(lambda: "the row's own name, else any face"),
    ] = None
    not_: Annotated[str | None, Field(description="with --auto: captions of others, such as Interviewer|Moderator")] = (
        None
    )
    steady_s: Annotated[
        float, Field(ge=0, description="with --auto: time that a face must stay to count; raise it when people pass by")
    ] = 3.0
    min_score: Annotated[
        float,
        Field(ge=0, le=1, description="with --auto: least confidence of a face; lower it for turned or masked faces"),
    ] = 0.8
    min_s: Annotated[float, Field(ge=0, description="shortest part to keep; a video with less is dropped")] = 1.0

    @model_validator(mode="before")
    @classmethod
    def _apply_preset(cls, values: Any) -> Any:
        """Fill options that are not given from the preset."""
        if not isinstance(values, dict):
            return values
        return PRESETS.get(values.get("preset", "none"), {}) | values

    @model_validator(mode="after")
    def _names_need_auto(self) -> "Trim":
        """Refuse names without --auto, which alone uses them."""
        given = [flag for flag, value in (("--subject", self.subject), ("--not", self.not_)) if value is not None]
        if given and not self.auto:
            raise ValueError(f"{given[0]} is used with --auto only; add --auto, or leave {given[0]} out")
        return self

    def needs(self) -> Needs:
        """Only `--auto` looks at the picture."""
        return "faces" if self.auto else "nothing"

    def __call__(self, row: Row, seen: Observations, rng: "np.random.Generator") -> Iterable[Row | Dropped]:
        """Return `row` with its kept part, in presentation time, or the reason why nothing is left."""
        # Times are presentation times, and a video may start later than 0.
        end_s = row.start_s + row.duration_s - self.tail_s
        if end_s <= row.start_s + self.head_s:
            detail = f"{row.duration_s:.1f} s long, head {self.head_s:g} s, tail {self.tail_s:g} s"
            return [Dropped(row.id, self.name, "span_excluded", detail)]
        kept = Span(row.start_s + self.head_s, end_s)
        if self.auto:
            present = self._presence(row, kept, seen)
            if isinstance(present, Dropped):
                return [present]
            kept = kept.intersect(present)
        if kept.duration_s < self.min_s:
            return [
                Dropped(row.id, self.name, "too_short", f"{kept.duration_s:.2f} s are left, --min-s {self.min_s:g}")
            ]
        return [row.having(keep_start_s=kept.start_s, keep_end_s=kept.end_s)]

    def _presence(self, row: Row, kept: Span, seen: Observations) -> Span | Dropped:
        """Return the stretch in which the first to the last steady track are in view."""
        from vqaprep.detect.choice import Refused, Who
        from vqaprep.detect.subject import choose
        from vqaprep.detect.tracks import link, within
        from vqaprep.detect.visibility import breaks_s, visible_span

        assert seen.look is not None and seen.sightings is not None
        tracks = link(seen.sightings.faces, breaks_s=breaks_s(seen.look), min_score=self.min_score)
        who = Who(self.subject or row.subject_name, self.not_)
        if who.subject or who.excluded:
            chosen = choose(tracks, seen.sightings, who, keep=kept)
            if isinstance(chosen, Refused):
                return Dropped(row.id, self.name, chosen.reason, chosen.detail)
            tracks = chosen.tracks
        tracks = within(tracks, kept)
        # A passer-by or a false detection is seen for a moment; the participant stays.
        steady = [track for track in tracks if track.end_s - track.start_s >= self.steady_s]
        if not steady:
            return Dropped(row.id, self.name, "no_face", f"no face stays for {self.steady_s:g} s")
        views = [visible_span(track, kept, seen, frame_s=1 / row.rate_fps) for track in steady]
        return Span(min(view.start_s for view in views), max(view.end_s for view in views))
