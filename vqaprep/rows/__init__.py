"""The rows: one row is one video (or one variant of it), later one clip."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self

from vqaprep.rows.reasons import AWAY, REASONS, UNSETTLED, Dropped
from vqaprep.rows.shapes import Box, Span, TrackPoint

__all__ = [
    "AWAY", "COLUMN_NAMES", "REASONS", "UNSETTLED", "Box", "Cell", "Clip", "Decoder", "Deinterlace", "Dropped", "Extra",
    "OnDamage", "Pixels", "Role", "Row", "Span", "TrackPoint", "Video", "as_clip",
]  # fmt: skip

Role = Literal["query", "key"]
Pixels = Literal["square", "stored"]
Deinterlace = Literal["off", "frame", "field"]
OnDamage = Literal["skip", "drop"]
Decoder = Literal["pyav", "decord"]
Cell = str | int | float | bool
Extra = tuple[tuple[str, Cell], ...]
"""Further columns of a user's table: (name, value) in the order of the table, without those that are empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """One source video, or one distorted variant of it.

    Sizes are as displayed: turned upright as `orientation` says, with square pixels unless `pixels` is `stored`.
    `pixel_aspect` is width over height of a pixel as stored.
    """

    video_id: str
    uri: str
    sha256: str
    num_bytes: int
    container: str
    codec: str
    width_px: int
    height_px: int
    rate_fps: float
    num_frames: int
    duration_s: float
    start_s: float = 0.0
    is_vfr: bool = False
    num_gaps: int = 0
    stream_index: int | None = None
    num_video_streams: int = 1
    orientation: str = "upright"
    pixel_aspect: float = 1.0
    pixels: Pixels = "square"
    is_interlaced: bool = False
    deinterlace: Deinterlace = "off"
    on_damage: OnDamage = "skip"
    decoder: Decoder = "pyav"
    num_damaged_frames: int | None = None
    dataset: str | None = None
    subject_id: str | None = None
    label: str | None = None
    theme: str | None = None
    mos: float | None = None
    mos_std: float | None = None
    group_id: str | None = None
    split: str | None = None
    fold: int | None = None
    keep_start_s: float | None = None
    keep_end_s: float | None = None
    usable_spans: tuple[Span, ...] | None = None
    crop_track: tuple[TrackPoint, ...] | None = None
    subject_name: str | None = None
    subject_rule: str | None = None
    subject_decided_by: str | None = None
    distortion: str = "none"
    level: int = 0
    extra: Extra = ()

    @property
    def id(self) -> str:
        """Name of this row in drops and messages."""
        return self.variant_id

    @property
    def variant_id(self) -> str:
        """Name of the variant that this row is, or that its clip is cut from."""
        return self.video_id if self.distortion == "none" else f"{self.video_id}:{self.variant}"

    @property
    def variant(self) -> str:
        """Name of the view made from this variant, such as `none` or `h264-2`."""
        return self.distortion if self.level == 0 else f"{self.distortion}-{self.level}"

    @property
    def keep(self) -> Span:
        """The stretch that trim kept, or the whole video, in presentation time."""
        start_s = self.start_s if self.keep_start_s is None else self.keep_start_s
        end_s = self.start_s + self.duration_s if self.keep_end_s is None else self.keep_end_s
        return Span(start_s, end_s)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The stretches that clips may be cut from."""
        return (self.keep,) if self.usable_spans is None else self.usable_spans

    def having(self, **changes: Any) -> Self:
        """Return a copy with these columns changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip(Video):
    """One clip of one variant: source `frames` in presentation order, their places on the clock, their own times."""

    clip_id: str
    scene_id: str
    role: Role = "query"
    frames: tuple[int, ...]
    ticks: tuple[int, ...]
    times_s: tuple[float, ...]
    task: str = "none"
    interval: int = 1
    pool: int = 1
    rate_first: int = 1
    rate_second: int = 1
    change_index: int | None = None
    speed_class: int | None = None
    localization_class: int | None = None
    motion: float = 0.0

    @property
    def id(self) -> str:
        """Name of this row in drops and messages."""
        return self.clip_id


Row = Video | Clip
COLUMN_NAMES = frozenset(column.name for column in fields(Clip)) - {"extra"}
"""Names of all columns of ours."""


def as_clip(video: Video, **columns: Any) -> Clip:
    """Return a clip with all columns of `video` and these columns of its own."""
    return Clip(**{f.name: getattr(video, f.name) for f in fields(Video)}, **columns)
